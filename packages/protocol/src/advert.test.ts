// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SAMPLE_ADVERT } from '../testdata/samples.ts';
import {
  type Advert,
  decodeAdvert,
  type ExitCostReport,
  encodeAdvert,
  type FamilyReport,
  parseAdvert,
} from './index.ts';

test('an advert comes back as it was sent, also with nothing to report and no battery', () => {
  const { batteryRatio: _none, ...mains } = SAMPLE_ADVERT;
  const quiet: Advert = { ...mains, actors: [], families: [], links: [], loadRatio: 0, sequence: 0 };
  expect(decodeAdvert(encodeAdvert(quiet))).toEqual(quiet);
  expect(parseAdvert(JSON.parse(JSON.stringify(SAMPLE_ADVERT)))).toEqual(SAMPLE_ADVERT);
  const long: Advert = { ...SAMPLE_ADVERT, sequence: Number.MAX_SAFE_INTEGER };
  expect(decodeAdvert(encodeAdvert(long)).sequence).toBe(Number.MAX_SAFE_INTEGER);
});

test('an advert of another generation is refused naming the node', () => {
  const bytes = Uint8Array.from(encodeAdvert(SAMPLE_ADVERT));
  bytes[1] = 3;
  expect(() => decodeAdvert(bytes)).toThrow('wire generation 3 from edge-1 is outside 1..1: upgrade this node');
});

test('an advert with impossible claims is refused', () => {
  expect(() => encodeAdvert({ ...SAMPLE_ADVERT, loadRatio: 2 })).toThrow('advert.loadRatio');
  expect(() => encodeAdvert({ ...SAMPLE_ADVERT, node: 'Edge.1' })).toThrow('advert.node must be a name');
  const [link] = SAMPLE_ADVERT.links;
  expect(() => encodeAdvert({ ...SAMPLE_ADVERT, links: [{ ...link!, lossRatio: 1.01 }] })).toThrow(
    'advert.links.lossRatio',
  );
});

/** The golden bytes of an advert as they were before exits had costs. */
const ADVERT_BEFORE_COSTS = Buffer.from(
  [
    '0801120464656d6f1a056e6f7274682206656467652d312a0465646765320962',
    '6f6f742d3766336138808080801042104d436f77425159444b32567741794541',
    '4a08647261696e696e67521b0a087665726966696572120d7665726966793a6e',
    '616e6f3a3618025a340a046e616e6f120b7368613235363a616231321a020306',
    '22080803120466732d332a110a0466703332100819000000000000274062240a',
    '07636c6f75642d311100000000004034401900000000d0123341217b14ae47e1',
    '7a843f69000000000000e03f7080aaea5579000000000000e83f8001e7248a01',
    '05302e312e309101000080aa6db77942',
  ].join(''),
  'hex',
);

const [FAMILY] = SAMPLE_ADVERT.families as readonly [FamilyReport];
const [COST] = FAMILY.exitCosts as readonly [ExitCostReport];

function withCosts(exitCosts: readonly ExitCostReport[]): Advert {
  return { ...SAMPLE_ADVERT, families: [{ ...FAMILY, exitCosts }] };
}

test('costs of any exits and formats come back as they were sent', () => {
  const ms = fc.double({ min: 1e-6, max: 86_400_000, noNaN: true });
  const point = fc.record({ tokens: fc.integer({ min: 0, max: 0xffff_ffff }), ms });
  const cost = fc
    .record({
      exit: fc.integer({ min: 0, max: 0xffff_ffff }),
      format: fc.constantFrom('fp32', 'int8', 'int4', 'bf16-block'),
      stepMs: ms,
      prefillTokenMs: fc.option(ms, { nil: undefined }),
      verify: fc.array(point, { maxLength: 32 }),
    })
    .map(({ prefillTokenMs, ...rest }) => ({ ...rest, ...(prefillTokenMs === undefined ? {} : { prefillTokenMs }) }));
  const costs = fc.uniqueArray(cost, { maxLength: 12, selector: ({ exit, format }) => `${exit} ${format}` });
  fc.assert(
    fc.property(costs, exitCosts => {
      const advert = withCosts(exitCosts);
      expect(decodeAdvert(encodeAdvert(advert))).toEqual(advert);
    }),
  );
});

test.each<[string, Partial<ExitCostReport>, string]>([
  ['a step of NaN', { stepMs: Number.NaN }, 'advert.exitCosts.stepMs must be a finite number'],
  ['a negative step', { stepMs: -1 }, 'advert.exitCosts.stepMs must be a finite number from 0 to 86400000, got -1'],
  ['an endless step', { stepMs: Number.POSITIVE_INFINITY }, 'got Infinity'],
  ['a step of years', { stepMs: 1e12 }, 'got 1000000000000'],
  ['a negative prompt token', { prefillTokenMs: -0.5 }, 'advert.exitCosts.prefillTokenMs'],
  ['a prompt token of NaN', { prefillTokenMs: Number.NaN }, 'advert.exitCosts.prefillTokenMs'],
  ['a negative block', { verify: [{ tokens: 8, ms: -1 }] }, 'advert.exitCosts.verify.ms'],
  ['a block of NaN', { verify: [{ tokens: 8, ms: Number.NaN }] }, 'advert.exitCosts.verify.ms'],
  ['half a token', { verify: [{ tokens: 0.5, ms: 1 }] }, 'advert.exitCosts.verify.tokens'],
  ['too many blocks', { verify: new Array(33).fill({ tokens: 1, ms: 1 }) }, 'must be at most 32, got "33 entries"'],
  ['a format with a space', { format: 'fp 32' }, 'advert.exitCosts.format'],
])('%s is no cost', (_what, change, message) => {
  expect(() => encodeAdvert(withCosts([{ ...COST, ...change }]))).toThrow(message);
});

test('costs beyond a count, and draws and sessions that cannot be, are refused', () => {
  expect(() => encodeAdvert(withCosts(new Array(257).fill(COST)))).toThrow(
    'advert.families.exitCosts must be at most 256',
  );
  expect(() => encodeAdvert({ ...SAMPLE_ADVERT, watts: -1 })).toThrow('advert.watts must be a finite number');
  expect(() => encodeAdvert({ ...SAMPLE_ADVERT, watts: Number.NaN })).toThrow('advert.watts');
  expect(() => encodeAdvert({ ...SAMPLE_ADVERT, activeSessions: 1e9 })).toThrow('advert.activeSessions');
});

test('what an older build says has no costs, no draw and no sessions', () => {
  const decoded = decodeAdvert(ADVERT_BEFORE_COSTS);
  expect(decoded.families.map(({ exitCosts }) => exitCosts)).toEqual([[]]);
  expect(decoded.families[0]?.verifyCurve).toEqual([{ format: 'fp32', tokens: 8, ms: 11.5 }]);
  expect(decoded).not.toHaveProperty('watts');
  expect(decoded).not.toHaveProperty('activeSessions');
  const { exitCosts: _none, ...family } = FAMILY;
  expect(parseAdvert({ ...SAMPLE_ADVERT, families: [family] }).families[0]?.exitCosts).toEqual([]);
});
