// SPDX-License-Identifier: Apache-2.0
import type { FeaturesOpened } from '@aiflow/protocol';
import { expect, test } from 'vitest';
import { checkOpened, checkTerms, describeTerms } from './feature-terms.ts';

const SIDE = {
  engine: {
    family: 'nano',
    format: 'fp32' as const,
    exits: [3, 5],
    tensorContract: 'contract-a',
    featureSpaces: new Map([
      [3, 'space-3'],
      [5, 'space-5'],
    ]),
  },
  width: 384,
};
const WANTED = { session: 's', epoch: 1, layer: 5, wireFormat: 'int8', includesCache: false, from: 0, format: 'fp32' };
const OPENED: FeaturesOpened = {
  ...describeTerms(SIDE, WANTED),
  ownTokens: [],
  finished: false,
  positions: 4,
  reused: 0,
  computeMs: 1,
};

test('what one side asks for the other can give', () => {
  expect(() => checkTerms(describeTerms(SIDE, WANTED), SIDE)).not.toThrow();
});

test('a source of another format is not held to the tensor contract, only to its space', () => {
  const terms = describeTerms(SIDE, { ...WANTED, format: 'int8' });
  const source = { ...SIDE, engine: { ...SIDE.engine, format: 'int8' as const, tensorContract: 'contract-b' } };
  expect(() => checkTerms(terms, source)).not.toThrow();
  expect(() => checkOpened(terms, { ...OPENED, computeFormat: 'int8', tensorContract: 'contract-b' })).not.toThrow();
});

test.each([
  ['featureSpace', 'space-of-a-newer-version', /feature space space-5 was asked for, feature space space-of-a-newer/],
  ['family', 'mini', /family nano .* family mini/],
  ['tensorContract', 'contract-b', /tensor contract contract-a .* contract-b/],
  ['epoch', 2, /epoch 1 .* epoch 2/],
  ['layer', 3, /layer 5 .* layer 3/],
  ['width', 385, /row width 384 .* row width 385/],
  ['wireFormat', 'fp16', /wire format int8 .* fp16/],
  ['computeFormat', 'int8', /compute format fp32 .* int8/],
  ['includesCache', true, /cache false .* cache true/],
  ['from', 2, /first position 0 .* first position 2/],
  ['session', 't', /session s .* session t/],
])('a source that opens another %s than was asked for is refused', (field, value, message) => {
  expect(() => checkOpened(describeTerms(SIDE, WANTED), { ...OPENED, [field]: value })).toThrow(message);
});

test('a layer without a cut is refused with those that have one', () => {
  expect(() => describeTerms(SIDE, { ...WANTED, layer: 4 })).toThrow(/no relay at layer 4: .* cut at 3, 5/);
  expect(() => checkTerms({ ...describeTerms(SIDE, WANTED), layer: 8 }, SIDE)).toThrow(/no relay at layer 8/);
});
