// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { SAMPLE_ADVERT } from '../testdata/samples.ts';
import { type Advert, decodeAdvert, encodeAdvert, parseAdvert } from './index.ts';

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
