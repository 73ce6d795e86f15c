// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATTRIBUTES, drawTraceTree, parseSpanRecords, type SpanRecord } from './index.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const id = (number: number): string => number.toString(16).padStart(16, '0');

interface Sketch extends Partial<Omit<SpanRecord, 'parentId'>> {
  readonly id: number;
  readonly parent?: number;
  readonly bytes?: readonly [number, number];
}

function span({ id: own, parent, bytes, ...rest }: Sketch): SpanRecord {
  const sizes = bytes === undefined ? {} : { [ATTRIBUTES.requestBytes]: bytes[0], [ATTRIBUTES.replyBytes]: bytes[1] };
  return {
    traceId: TRACE_ID,
    spanId: id(own),
    parentId: parent === undefined ? '' : id(parent),
    name: `span ${own}`,
    kind: 'internal',
    node: 'device-1',
    tier: 'device',
    startMs: 0,
    durationMs: 1,
    status: 'ok',
    events: [],
    links: [],
    ...rest,
    attributes: { ...sizes, ...rest.attributes },
  };
}

const EDGE = { node: 'edge-1', tier: 'edge' };
const CLOUD = { node: 'cloud-1', tier: 'cloud' };

const ANSWER: readonly SpanRecord[] = [
  span({
    id: 1,
    name: 'aiflow.answer',
    startMs: 1000,
    durationMs: 50,
    events: [{ name: 'aiflow.decode.round', offsetMs: 12.5, attributes: { [ATTRIBUTES.draftedTokens]: 4 } }],
    links: [
      { traceId: TRACE_ID, spanId: id(5) },
      { traceId: 'f'.repeat(32), spanId: id(99) },
    ],
  }),
  span({ id: 2, parent: 1, name: 'ask verifier', kind: 'client', startMs: 1002, durationMs: 20, bytes: [128, 64] }),
  span({
    id: 3,
    parent: 2,
    name: 'process verifier',
    kind: 'server',
    ...EDGE,
    startMs: 1006,
    durationMs: 12,
    bytes: [128, 64],
  }),
  span({
    id: 4,
    parent: 3,
    name: 'ask refiner',
    kind: 'client',
    ...EDGE,
    startMs: 1008,
    durationMs: 8,
    bytes: [1500, 2_500_000],
  }),
  span({
    id: 5,
    parent: 4,
    name: 'process refiner',
    kind: 'server',
    ...CLOUD,
    startMs: 1009,
    durationMs: 6,
    status: 'error',
    attributes: { [ATTRIBUTES.errorType]: 'unavailable' },
  }),
  span({ id: 6, parent: 1, name: 'tell log', kind: 'producer', startMs: 1045, durationMs: 1, bytes: [20, 0] }),
  span({ id: 7, parent: 6, name: 'process log', kind: 'consumer', startMs: 1048, durationMs: 9 }),
  span({ id: 9, parent: 8, name: 'process lost', kind: 'server', ...EDGE, startMs: 1010, durationMs: 3 }),
];

test('draws a trace over three nodes with bars, bytes, events, links, a failure and an orphan', () => {
  expect(drawTraceTree(ANSWER, { width: 110 })).toMatchInlineSnapshot(`
    "trace 0af7651916cd43dd8448eb211c80319c  3 nodes  8 spans  57.0 ms  1 failed
    aiflow.answer                device-1 ▕█████████████████████████   ▏    +0.00 ms    50.0 ms
    │ · +12.5 ms aiflow.decode.round aiflow.decode.drafted_tokens=4
    │ ↰ joins process refiner on cloud-1
    │ ↰ joins span 0000000000000063 of another trace
    ├─ ask verifier              device-1 ▕██████████                  ▏     +2.0 ms    20.0 ms  128 B → 64 B
    │  └─ process verifier       edge-1   ▕  ██████                    ▏     +6.0 ms    12.0 ms  128 B → 64 B
    │     └─ ask refiner         edge-1   ▕   ████                     ▏     +8.0 ms     8.0 ms  1.5 kB → 2.5 MB
    │        └─ process refiner  cloud-1  ▕    ███                     ▏     +9.0 ms     6.0 ms  ✗ unavailable
    └─ tell log                  device-1 ▕                      █     ▏    +45.0 ms     1.0 ms  20 B
       └─ process log            device-1 ▕                       ████ ▏    +48.0 ms     9.0 ms
    (parent not collected)
    └─ process lost              edge-1   ▕    █                       ▏    +10.0 ms     3.0 ms
    "
  `);
});

test('colours follow the tier and change nothing else', () => {
  const colored = drawTraceTree(ANSWER, { width: 110, color: true });
  expect(colored).toContain('\u001b[33mdevice-1\u001b[0m');
  expect(colored).toContain('\u001b[32mcloud-1 \u001b[0m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are control characters
  expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(drawTraceTree(ANSWER, { width: 110 }));
});

test('a clock that is an hour ahead is corrected, and the correction is stated', () => {
  const hour = 3_600_000;
  const shifted = ANSWER.map(each => (each.node === 'edge-1' ? { ...each, startMs: each.startMs + hour } : each));
  const drawn = drawTraceTree(shifted, { width: 110 });
  expect(drawn).toContain('edge-1 clock +1 h ± 4.0 ms corrected');
  expect(drawn).not.toContain('cloud-1 clock');
  expect(drawn).toContain('57.0 ms  1 failed');
});

test('a clock that is behind is corrected to the middle of the span that waited', () => {
  const late = [
    span({ id: 1, kind: 'client', startMs: 1000, durationMs: 10 }),
    span({ id: 2, parent: 1, kind: 'server', ...EDGE, startMs: 500, durationMs: 4 }),
  ];
  expect(drawTraceTree(late)).toContain('edge-1 clock −503 ms ± 3.0 ms corrected');
  expect(drawTraceTree(late)).toMatch(/span 2 +edge-1 .* \+3\.0 ms +4\.0 ms/);
});

test('what a node asks back says more of its clock than what it was asked', () => {
  const askedBack = [
    span({ id: 1, kind: 'client', startMs: 1000, durationMs: 100 }),
    span({ id: 2, parent: 1, kind: 'server', ...EDGE, startMs: 1005, durationMs: 30 }),
    span({ id: 3, parent: 2, kind: 'client', ...EDGE, startMs: 1010, durationMs: 15 }),
    span({ id: 4, parent: 3, kind: 'server', startMs: 1050, durationMs: 10 }),
  ];
  expect(drawTraceTree(askedBack)).toContain('edge-1 clock −37.5 ms ± 2.5 ms corrected');
});

test('a tell handled long after it was sent is no clock difference', () => {
  const told = [
    span({ id: 1, kind: 'producer', startMs: 1000, durationMs: 1 }),
    span({ id: 2, parent: 1, kind: 'consumer', ...EDGE, startMs: 3000, durationMs: 400 }),
  ];
  expect(drawTraceTree(told)).not.toContain('clock');
  expect(drawTraceTree(told)).toContain('2400 ms');
});

test('a handling that outlasts the ask it answers is cut to it', () => {
  const timedOut = [
    span({ id: 1, kind: 'client', startMs: 1000, durationMs: 10 }),
    span({ id: 2, parent: 1, kind: 'server', ...EDGE, startMs: 1002, durationMs: 500 }),
  ];
  const drawn = drawTraceTree(timedOut);
  expect(drawn).toContain('2 spans  10.0 ms');
  expect(drawn).toMatch(/span 2 +edge-1 .* \+2\.0 ms +500 ms/);
});

test('text from other nodes can not steer the terminal', () => {
  const drawn = drawTraceTree([span({ id: 1, name: '\u001b[2Jwiped\r\nforged line', node: 'a\u0007b' })]);
  expect(drawn).not.toContain('\u001b');
  expect(drawn.split('\n')).toHaveLength(3);
});

test('a span that came twice is drawn once, and no spans give a sentence', () => {
  const once = drawTraceTree([span({ id: 1 })]);
  expect(drawTraceTree([span({ id: 1 }), span({ id: 1 })]).split('\n')).toHaveLength(once.split('\n').length);
  expect(drawTraceTree([])).toBe('no spans were collected\n');
});

test('spans of two traces are drawn one after the other', () => {
  const drawn = drawTraceTree([span({ id: 1 }), { ...span({ id: 2 }), traceId: 'a'.repeat(32) }]);
  expect(drawn.match(/^trace /gm)).toHaveLength(2);
});

test('any spans at all, also ones that are each other’s parents, are drawn completely and within the width', () => {
  const sketch = fc.record({
    id: fc.integer({ min: 1, max: 12 }),
    parent: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    node: fc.constantFrom('device-1', 'edge-1', 'cloud-1'),
    kind: fc.constantFrom('client', 'server', 'producer', 'consumer', 'internal'),
    startMs: fc.integer({ min: 0, max: 100_000 }),
    durationMs: fc.integer({ min: 0, max: 1000 }),
  });
  fc.assert(
    fc.property(fc.array(sketch, { maxLength: 20 }), fc.integer({ min: 60, max: 160 }), (sketches, width) => {
      const spans = sketches.map(each => span(each as Sketch));
      const drawn = drawTraceTree(spans, { width });
      const rows = drawn.split('\n').filter(line => line.includes('▕'));
      expect(rows).toHaveLength(new Set(sketches.map(each => each.id)).size);
      for (const row of rows) expect(row.length).toBeLessThanOrEqual(width);
    }),
  );
});

test('a chain of 5,000 spans is drawn without running out of stack', () => {
  const chain = Array.from({ length: 5000 }, (_, index) =>
    span({ id: index + 1, ...(index === 0 ? {} : { parent: index }) }),
  );
  expect(drawTraceTree(chain).split('\n').length).toBe(5002);
});

test('spans that came from another node are checked', () => {
  const good = JSON.parse(JSON.stringify(ANSWER)) as Record<string, unknown>[];
  expect(parseSpanRecords(good)).toEqual(ANSWER);
  const bad = (change: Record<string, unknown>): unknown => [{ ...good[0], ...change }];
  expect(() => parseSpanRecords({})).toThrow('spans must be a list of at most 4096');
  expect(() => parseSpanRecords(bad({ spanId: 'xyz' }))).toThrow(
    'span 0.spanId must be 16 or 32 lower-case hex digits',
  );
  expect(() => parseSpanRecords(bad({ startMs: null }))).toThrow('span 0.startMs must be a finite number');
  expect(() => parseSpanRecords(bad({ attributes: { deep: {} } }))).toThrow(
    'span 0.attributes.deep must be text, a number or a flag',
  );
  expect(() => parseSpanRecords(bad({ kind: 'weird' }))).toThrow('span 0.kind must be one of internal');
  expect(() => parseSpanRecords(bad({ name: 'x'.repeat(1025) }))).toThrow('span 0.name must be text of at most 1024');
});

test('a deep trace fits a narrow terminal', () => {
  const deep = Array.from({ length: 12 }, (_, index) =>
    span({ id: index + 1, ...(index === 0 ? {} : { parent: index }), node: `node-${index}`.padEnd(30, 'x') }),
  );
  for (const row of drawTraceTree(deep, { width: 60 }).split('\n').slice(1)) expect(row.length).toBeLessThanOrEqual(60);
});

test('names the message of a call, and folds what is alike under one parent', () => {
  const draft = { [ATTRIBUTES.messageType]: 'aiflow.decode.draft', [ATTRIBUTES.peerNode]: 'edge-1' };
  const calls = Array.from({ length: 9 }, (_, index) =>
    span({ id: 2 + index, parent: 1, name: 'ask verifier', startMs: index, durationMs: 5, attributes: draft }),
  );
  const other = span({
    id: 50,
    parent: 1,
    name: 'ask verifier',
    startMs: 20,
    attributes: { ...draft, [ATTRIBUTES.peerNode]: 'cloud-1' },
  });
  const trace = [span({ id: 1, durationMs: 30 }), ...calls, other];
  const folded = drawTraceTree(trace, { keepAlike: 2 });
  expect(folded.match(/─ ask verifier draft /g)).toHaveLength(3);
  expect(folded).toMatch(/^[│ ]+… 7 more like this, 35\.0 ms in all$/m);
  expect(folded).toContain('11 spans');
  expect(drawTraceTree(trace).match(/─ ask verifier draft /g)).toHaveLength(10);
});

const YEAR = 365 * 24 * 3_600_000;
const WAIT = { [ATTRIBUTES.peerNode]: 'edge-1', [ATTRIBUTES.outageCause]: 'no link to the broker' };

/** A question answered alone in a tunnel, and finished an hour later by an edge. */
function tunnel(edgeClockMs: number): readonly SpanRecord[] {
  const at = (ms: number): number => edgeClockMs + ms;
  const hour = 3_600_000;
  return [
    span({ id: 1, name: 'aiflow.answer', startMs: 0, durationMs: 50 }),
    span({ id: 2, parent: 1, name: 'aiflow.outage', startMs: -2000, durationMs: hour + 2000, attributes: WAIT }),
    span({ id: 3, parent: 1, name: 'aiflow.outbox.wait', startMs: 48, durationMs: hour, attributes: WAIT }),
    span({ id: 4, parent: 1, name: 'finish', ...EDGE, startMs: at(hour + 60), durationMs: 80 }),
    span({ id: 5, parent: 4, name: 'ask refiner', kind: 'client', ...EDGE, startMs: at(hour + 70), durationMs: 60 }),
    span({ id: 6, parent: 5, name: 'process refiner', kind: 'server', ...CLOUD, startMs: hour + 80, durationMs: 40 }),
  ];
}

test('an hour in an outbox leaves the work before and after it readable', () => {
  expect(drawTraceTree(tunnel(0), { width: 110 })).toMatchInlineSnapshot(`
    "trace 0af7651916cd43dd8448eb211c80319c  3 nodes  6 spans  1 h 0 min
    ┊ 59 min 59 s in which nothing began or ended: left out of the bars
    aiflow.answer             device-1 ▕████████┊                      ▏    +0.00 ms    50.0 ms
    ├─ outage of edge-1       device-1 ▕░░░░░░░░≈                      ▏    +0.00 ms  1 h 0 min  no link to the broker
    ├─ wait for edge-1        device-1 ▕       ░≈░░░░░░░               ▏    +48.0 ms  1 h 0 min  no link to the broker
    └─ finish                 edge-1   ▕        ┊         █████████████▏  +1 h 0 min    80.0 ms
       └─ ask refiner         edge-1   ▕        ┊           █████████  ▏  +1 h 0 min    60.0 ms
          └─ process refiner  cloud-1  ▕        ┊            ██████    ▏  +1 h 0 min    40.0 ms
    "
  `);
});

test('work that another node finished an hour later is no clock difference', () => {
  expect(drawTraceTree(tunnel(0))).not.toContain('corrected');
});

test.each([
  ['a year ahead', YEAR, '+1 y'],
  ['an hour behind', -3_600_000, '−1 h'],
])('a clock that is %s is corrected by when the work left the outbox', (_what, offsetMs, stated) => {
  const drawn = drawTraceTree(tunnel(offsetMs), { width: 110 });
  expect(drawn).toContain(`edge-1 clock ${stated}`);
  expect(drawn).toMatch(/aiflow.answer +device-1 .* 50\.0 ms$/m);
  expect(drawn.split('\n')[0]).toMatch(/ {2}1 h 0 min$/);
});

test('samples of the clocks make the estimate exact where they fit the trace', () => {
  const clocks = new Map([
    ['device-1', { aheadMs: 2, uncertaintyMs: 1 }],
    ['edge-1', { aheadMs: YEAR + 802, uncertaintyMs: 2 }],
    ['cloud-1', { aheadMs: 2, uncertaintyMs: 1 }],
  ]);
  const drawn = drawTraceTree(tunnel(YEAR + 800), { clocks });
  expect(drawn).toContain('edge-1 clock +1 y 0.8 s ± 3.0 ms corrected');
});

test('a sample of a clock that was set since is not used', () => {
  const equal = { aheadMs: 0, uncertaintyMs: 1 };
  const clocks = new Map([
    ['device-1', equal],
    ['edge-1', equal],
  ]);
  const asked = [
    span({ id: 1, kind: 'client', startMs: 1000, durationMs: 10 }),
    span({ id: 2, parent: 1, kind: 'server', ...EDGE, startMs: 1000 - YEAR + 3, durationMs: 4 }),
  ];
  expect(drawTraceTree(asked, { clocks })).toContain('edge-1 clock −1 y ± 3.0 ms corrected');
});

test('nodes that no exchange ties together are placed by samples alone', () => {
  const clocks = new Map([
    ['device-1', { aheadMs: 0, uncertaintyMs: 1 }],
    ['edge-1', { aheadMs: YEAR, uncertaintyMs: 4 }],
  ]);
  const apart = [
    span({ id: 1, startMs: 1000, durationMs: 10 }),
    span({ id: 3, parent: 2, kind: 'server', ...EDGE, startMs: YEAR + 1003, durationMs: 4 }),
  ];
  const drawn = drawTraceTree(apart, { clocks });
  expect(drawn).toContain('edge-1 clock +1 y ± 5.0 ms corrected');
  expect(drawn).toMatch(/span 3 +edge-1 .* \+3\.0 ms/);
});

test('an outage that was not over is said to be so', () => {
  const attributes = { ...WAIT, [ATTRIBUTES.outageEnded]: false };
  const drawn = drawTraceTree([span({ id: 1, name: 'aiflow.outage', durationMs: 700, attributes })]);
  expect(drawn).toMatch(/^outage of edge-1 .*░.*no link to the broker, not over when it was recorded$/m);
});

test.each([
  ['was set by half a century', 50 * YEAR],
  ['fell back by half a century', -50 * YEAR],
])('a node whose clock %s with a restart in the tunnel tells of the wait by its new clock', (_what, setMs) => {
  const restarted = tunnel(0).map(each => {
    if (each.node !== 'device-1') return each;
    return each.name === 'aiflow.answer'
      ? { ...each, boot: 'one' }
      : { ...each, boot: 'two', startMs: each.startMs + setMs };
  });
  const drawn = drawTraceTree(
    restarted.filter(({ name }) => name !== 'aiflow.outage'),
    { width: 110 },
  );
  expect(drawn.split('\n')[0]).toMatch(/ {2}1 h 0 min$/);
  expect(drawn).toContain(`device-1 clock at another start ${setMs > 0 ? '+' : '−'}50 y`);
});
