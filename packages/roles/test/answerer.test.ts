import { describe, expect, test } from 'vitest';
import { CLOUD, DEVICE, EDGE, startToyFleet, type ToyFleetOptions } from './toy-fleet.ts';

const question = 'where is the docking station?';
const three: ToyFleetOptions = { nodes: [DEVICE, EDGE, CLOUD], faults: { delayMs: 10, jitterMs: 5 } };

describe('an answer of three tiers', () => {
  test('is what the cloud says alone, shown as it grows and summed up at the end', async () => {
    const fleet = await startToyFleet(three);
    const { revisions, summary, error } = await fleet.ask({ question });
    expect(error).toBeUndefined();
    expect(revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 4), finished: true, modelHash: 'toy' });
    expect(revisions[0]).toMatchObject({ tier: 'device', exit: 1, committed: 0, committedBytes: 0, finished: false });
    expect(new Set(revisions.map(({ tier }) => tier))).toEqual(new Set(['device', 'edge', 'cloud']));
    for (const { text, committedBytes, edgeBytes } of revisions) {
      expect(edgeBytes).toBeGreaterThanOrEqual(committedBytes);
      expect(Buffer.byteLength(text)).toBeGreaterThanOrEqual(edgeBytes);
    }
    expect(summary).toMatchObject({
      mode: 'three',
      exact: true,
      far: false,
      outcome: 'complete',
      exit: 4,
      reasons: [],
    });
    expect(summary?.tiers.map(({ node, exit, role }) => [node, exit, role])).toEqual([
      ['device-1', 1, 'drafter'],
      ['edge-1', 3, 'verifier'],
      ['cloud-1', 4, 'verifier'],
    ]);
    expect(summary?.firstRevisionMs).toBeLessThan(summary?.durationMs ?? 0);
  });

  test('tells which messages and bytes each link carried', async () => {
    const fleet = await startToyFleet(three);
    const { summary } = await fleet.ask({ question });
    const links = summary?.links ?? [];
    const drafts = links.filter(({ kind }) => kind === 'aiflow.decode.draft');
    expect(drafts.map(({ peer }) => peer).sort()).toEqual(['cloud-1', 'edge-1']);
    for (const { messages, bytes } of drafts) expect(bytes / messages).toBeLessThan(100);
    expect(links.find(({ kind, peer }) => kind === 'aiflow.decode.open' && peer === 'cloud-1')?.messages).toBe(1);
  });

  test('an exit that the family lacks is refused with those it has', async () => {
    const fleet = await startToyFleet(three);
    const { error, revisions } = await fleet.ask({ question, exit: 7 });
    expect(error).toMatchObject({ code: 'not-found', hop: 'device-1' });
    expect(error?.message).toContain('has no exit 7: its exits are 1, 2, 3, 4');
    expect(revisions).toEqual([]);
  });

  test('leaves no session behind on any node', async () => {
    const fleet = await startToyFleet(three);
    await fleet.ask({ question });
    await fleet.clock.advance(1000);
    for (const node of ['device-1', 'edge-1', 'cloud-1']) expect((await fleet.engine(node).status()).sessions).toBe(0);
  });

  test('leaves none behind either when the asker goes away half-way', async () => {
    const fleet = await startToyFleet(three);
    const controller = new AbortController();
    fleet.clock.setTimer(120, () => controller.abort());
    const { error, revisions } = await fleet.ask({ question }, { signal: controller.signal });
    expect(error?.code).toBe('cancelled');
    expect(revisions.length).toBeGreaterThan(0);
    await fleet.clock.advance(2000);
    for (const node of ['device-1', 'edge-1', 'cloud-1']) expect((await fleet.engine(node).status()).sessions).toBe(0);
  });

  test('stops at every node when its reader leaves the loop', async () => {
    const fleet = await startToyFleet(three);
    const seen = await fleet.readFirst({ question });
    expect(seen).toMatchObject({ kind: 'revision', revision: { sequence: 1 } });
    await fleet.clock.advance(2000);
    for (const node of ['device-1', 'edge-1', 'cloud-1']) expect((await fleet.engine(node).status()).sessions).toBe(0);
  });

  test('stays the same when it is asked for by two askers at once', async () => {
    const fleet = await startToyFleet(three);
    const [one, other] = await Promise.all([fleet.ask({ question }), fleet.ask({ question: 'and the ladder?' })]);
    expect(one.revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expect(other.revisions.at(-1)?.text).toBe(fleet.alone('and the ladder?', 4));
  });
});

describe('who answers', () => {
  test.each([
    ['local', 1, ['device-1'], false],
    ['two', 4, ['device-1', 'cloud-1'], true],
    ['three', 4, ['device-1', 'edge-1', 'cloud-1'], true],
    ['auto', 4, ['device-1', 'edge-1', 'cloud-1'], true],
    ['cloud-only', 4, ['cloud-1'], true],
  ] as const)('%s: exit %i has the last word', async (tiers, exit, nodes, exact) => {
    const fleet = await startToyFleet(three);
    const { revisions, summary } = await fleet.ask({ question, tiers });
    expect(revisions.at(-1)).toMatchObject({ text: fleet.alone(question, exit), finished: true });
    expect(summary?.tiers.map(({ node }) => node)).toEqual(nodes);
    expect(summary?.exact).toBe(exact);
    expect(summary?.mode).toBe(tiers === 'auto' ? 'three' : tiers);
    if (!exact)
      expect(summary?.reasons[0]).toContain('exit 1 of device-1 from token 0 on had the last word, not exit 4');
  });

  test('a wanted exit of one’s own is answered alone, and is exact', async () => {
    const fleet = await startToyFleet(three);
    const { revisions, summary } = await fleet.ask({ question, exit: 1 });
    expect(summary).toMatchObject({ mode: 'local', exact: true, exit: 1 });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 1));
  });

  test('a middle exit can be the reference', async () => {
    const fleet = await startToyFleet(three);
    const { revisions, summary } = await fleet.ask({ question, exit: 3, tiers: 'two' });
    expect(summary).toMatchObject({ mode: 'two', exact: true, exit: 3 });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 3));
  });

  test('an isolated device answers by itself and says that this is not the wanted exit', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE] });
    const { revisions, summary } = await fleet.ask({ question });
    expect(summary).toMatchObject({ mode: 'local', exact: false, outcome: 'complete' });
    expect(summary?.reasons.join()).toContain('no verifier deeper than exit 1 is reachable');
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 1));
  });

  test('three tiers without an edge are two, and the summary says so', async () => {
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, CLOUD] });
    const { summary } = await fleet.ask({ question, tiers: 'three', exit: 3 });
    expect(summary).toMatchObject({ mode: 'two', exact: true });
    expect(summary?.reasons).toEqual(['three tiers were asked for, no edge is reachable']);
  });

  test('cloud-only without a cloud fails and names what was looked for', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE] });
    const { error } = await fleet.ask({ question, tiers: 'cloud-only' });
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('answers with exit 4') });
  });

  test('cloud-only goes to the next cloud when the first is gone', async () => {
    const second = { ...CLOUD, node: 'cloud-2' };
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, CLOUD, second] });
    await fleet.kill('cloud-1');
    const { revisions, summary } = await fleet.ask({ question, tiers: 'cloud-only' });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expect(summary?.reasons.join()).toContain('device-1 -> cloud-1');
  });
});

describe('whether drafting pays', () => {
  const farSlow: ToyFleetOptions = {
    nodes: [
      { ...DEVICE, stepMs: 10 },
      { ...CLOUD, stepMs: 4 },
    ],
    faults: { delayMs: 100 },
    answerTokens: 40,
  };

  test('auto turns it off once measured not to, and says so with figures; the text stays the same', async () => {
    const fleet = await startToyFleet(farSlow);
    const first = await fleet.ask({ question });
    const second = await fleet.ask({ question });
    expect(first.summary?.tiers[0]?.drafted).toBeGreaterThan(0);
    expect(second.summary?.tiers[0]?.drafted).toBe(0);
    expect(second.summary?.reasons[0]).toMatch(
      /^drafting was off, as it does not pay here: \d+ ms .*, \d+ ms without$/,
    );
    expect(second.durationMs).toBeLessThan(0.7 * first.durationMs);
    for (const { revisions, summary } of [first, second]) {
      expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
      expect(summary?.exact).toBe(true);
    }
  });

  test('it stays on where it pays, and wherever two tiers are asked for', async () => {
    const nodes = [
      { ...DEVICE, stepMs: 1 },
      { ...CLOUD, stepMs: 20 },
    ];
    const near = await startToyFleet({ ...farSlow, nodes, faults: { delayMs: 5 } });
    const far = await startToyFleet(farSlow);
    for (let round = 0; round < 3; round++) {
      expect((await near.ask({ question })).summary?.tiers[0]?.drafted).toBeGreaterThan(0);
      expect((await far.ask({ question, tiers: 'two' })).summary?.tiers[0]?.drafted).toBeGreaterThan(0);
    }
  });

  test('it is tried again after some answers, as links change', async () => {
    const fleet = await startToyFleet(farSlow);
    const drafted: boolean[] = [];
    for (let round = 0; round < 18; round++) {
      const { summary } = await fleet.ask({ question });
      drafted.push((summary?.tiers[0]?.drafted ?? 0) > 0);
    }
    expect(drafted.filter(Boolean)).toHaveLength(2);
    expect(drafted[16]).toBe(true);
  });
});

describe('a split that can not work', () => {
  const mismatches: readonly [string, Partial<typeof CLOUD>, string, string][] = [
    ['family', { family: 'other' }, 'family synthetic', 'family other'],
    ['exit', { exits: [3] }, 'exit 4', 'exit 3'],
    ['format', { format: 'int8' }, 'compute format fp32', 'compute format int8'],
    ['contract', { tensorContract: 'b' }, 'tensor contract synthetic-contract', 'tensor contract b'],
    [
      'feature space',
      { featureSpaces: new Map([[4, 'other-space']]) },
      'feature space synthetic-space-1',
      'feature space other-space',
    ],
  ];

  test.each(mismatches)('of another %s is refused naming both values, and the answer goes on', async (...row) => {
    const [, change, asked, held] = row;
    const fleet = await startToyFleet({
      ...three,
      nodes: [DEVICE, EDGE, { ...CLOUD, ...change }],
      advertise: entry =>
        entry.address.node === 'cloud-1'
          ? { ...entry, capability: entry.capability.replace(/:\d+:.*$/, ':4:fp32') }
          : entry,
    });
    const { summary, revisions } = await fleet.ask({ question });
    const reasons = summary?.reasons.join() ?? '';
    expect(reasons).toContain(`${asked} was asked for, ${held} is held here`);
    expect(summary).toMatchObject({ exact: false, outcome: 'complete' });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 3));
    expect(summary?.tiers.find(({ node }) => node === 'cloud-1')?.openings).toBe(1);
  });

  test('drafts of an int8 device are good for an fp32 cloud', async () => {
    const device = { ...DEVICE, format: 'int8', tensorContract: 'int8-contract' } as const;
    const fleet = await startToyFleet({ ...three, nodes: [device, EDGE, CLOUD] });
    const { summary } = await fleet.ask({ question });
    expect(summary).toMatchObject({ exact: true, mode: 'three' });
  });
});

describe('questions', () => {
  const small: ToyFleetOptions = { nodes: [DEVICE], answerer: { maxQuestionLength: 3000 } };

  test.each([
    ['', 'invalid-argument', 'the question is empty'],
    [' \n\t', 'invalid-argument', 'the question is empty'],
    ['x'.repeat(3001), 'invalid-argument', '3001 characters, at most 3000'],
    ['x'.repeat(2000), 'out-of-range', '2000 tokens, at most 480 fit beside an answer in the context of 512'],
  ])('%# is refused with its limit', async (text, code, message) => {
    const fleet = await startToyFleet(small);
    const { error, revisions } = await fleet.ask({ question: text });
    expect(error).toMatchObject({ code, node: 'device-1', message: expect.stringContaining(message) });
    expect(revisions).toEqual([]);
  });

  test.each(['\u0000\u0007 beep', 'drone 🚁👨‍👩‍👧 where?', '\ud800 half', 'قف'])('%j is answered', async text => {
    const fleet = await startToyFleet(small);
    const { error, summary } = await fleet.ask({ question: text });
    expect(error).toBeUndefined();
    expect(summary?.outcome).toBe('complete');
  });

  test('a question that just fits leaves its answer what room there is', async () => {
    const fleet = await startToyFleet({ ...small, answerTokens: 100 });
    const { summary } = await fleet.ask({ question: 'x'.repeat(480) });
    expect(summary).toMatchObject({ promptTokens: 480, answerTokens: 32, endedByItself: false });
  });

  test.each([
    [{ question, maxTokens: 0 }, 'maxTokens'],
    [{ question, tiers: 'four' }, 'tiers'],
    [{ question, deadlineMs: -1 }, 'deadlineMs'],
    [{ question, sampling: { temperature: 1 } }, 'sampling.seed'],
    [{ question: 7 }, 'question'],
  ])('%# is refused naming the field', async (request, field) => {
    const fleet = await startToyFleet(small);
    const { error } = await fleet.ask(request as never);
    expect(error).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining(`ask: ${field}`) });
  });

  test('a question far from what was trained is refused with examples that work', async () => {
    const scoreDomain = async (): Promise<{ score: number; threshold: number }> => ({ score: 5.25, threshold: 2 });
    const fleet = await startToyFleet({ ...three, textModel: { scoreDomain } });
    const { revisions, summary } = await fleet.ask({ question: 'write a poem about tax law' });
    expect(revisions).toHaveLength(1);
    expect(revisions[0]?.text).toMatch(/^I was not trained for this\..*first example\?.*second.*third example\?$/s);
    expect(summary).toMatchObject({ far: true, outcome: 'far', exact: false, domain: { score: 5.25, threshold: 2 } });
    expect(summary?.reasons[0]).toContain('5.25 bits per byte, the limit is 2');
  });

  test('is answered when it could not be weighed', async () => {
    const scoreDomain = (): Promise<never> => new Promise(() => undefined);
    const fleet = await startToyFleet({ ...three, textModel: { scoreDomain } });
    const { summary } = await fleet.ask({ question, deadlineMs: 8000 });
    expect(summary).toMatchObject({ exact: true, outcome: 'complete' });
  });
});

describe('time', () => {
  test('a deadline of 1 ms fails at once, naming the node and what it waited for', async () => {
    const fleet = await startToyFleet(three);
    const { error, durationMs } = await fleet.ask({ question, deadlineMs: 1 });
    expect(error).toMatchObject({ code: 'deadline-exceeded', node: 'device-1', hop: 'device-1' });
    expect(error?.message).toContain('not answered within the 1 ms that were asked for: ');
    expect(durationMs).toBeLessThan(60);
  });

  test('at the deadline the best answer so far stands, and the summary says how far it got', async () => {
    const slow = { ...DEVICE, stepMs: 20 };
    const fleet = await startToyFleet({ ...three, nodes: [slow, EDGE, CLOUD] });
    const { summary, revisions } = await fleet.ask({ question, deadlineMs: 500 });
    expect(summary).toMatchObject({ outcome: 'deadline', exact: false });
    expect(summary?.durationMs).toBeLessThanOrEqual(500);
    const text = revisions.at(-1)?.text ?? '';
    const committed = Buffer.from(text).subarray(0, revisions.at(-1)?.committedBytes).toString();
    expect(text.length).toBeGreaterThan(0);
    expect(fleet.alone(question, 4).startsWith(committed)).toBe(true);
  });

  test('what the asker still waits bounds the answer, whatever deadline it states', async () => {
    const slow = { ...DEVICE, stepMs: 50 };
    const fleet = await startToyFleet({ nodes: [slow] });
    const { summary, error } = await fleet.ask({ question, deadlineMs: 60_000 }, { timeoutMs: 1000 });
    expect(error).toBeUndefined();
    expect(summary).toMatchObject({ outcome: 'deadline' });
  });
});

describe('audits', () => {
  test('another node that holds the exit derives the answer again', async () => {
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, EDGE, CLOUD, { ...CLOUD, node: 'cloud-2' }] });
    const { summary } = await fleet.ask({ question, audit: true });
    expect(summary?.audit).toEqual({ node: 'cloud-2', exit: 4, agreed: true, differsAt: undefined });
    expect(summary?.exact).toBe(true);
  });

  test('a reference that lies is found out', async () => {
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, EDGE, CLOUD, { ...CLOUD, node: 'cloud-2' }] });
    const engine = fleet.engine('cloud-1');
    const verify = engine.verify.bind(engine);
    engine.verify = async (request, signal) => {
      const honest = await verify(request, signal);
      return honest.correction === undefined || honest.correction === 0
        ? honest
        : { ...honest, correction: honest.correction + 1 };
    };
    const { summary } = await fleet.ask({ question, audit: true });
    expect(summary?.audit?.agreed).toBe(false);
    expect(summary?.exact).toBe(false);
    expect(summary?.reasons[0]).toMatch(/^not exact: an audit by exit 4 of cloud-2 differs at token \d+$/);
  });

  test('without another node the same one audits itself, and the summary says so', async () => {
    const fleet = await startToyFleet(three);
    const { summary } = await fleet.ask({ question, audit: true });
    expect(summary?.audit).toMatchObject({ node: 'cloud-1', agreed: true });
    expect(summary?.reasons.join()).toContain('made by the node that answered');
  });
});
