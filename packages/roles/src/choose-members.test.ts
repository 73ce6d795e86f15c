import { expect, test } from 'vitest';
import { parseCapability } from './capability.ts';
import { type ChoiceFacts, chooseMembers } from './choose-members.ts';
import type { DirectoryEntry } from './directory.ts';

const entry = (node: string, exit: number, format = 'fp32'): DirectoryEntry => ({
  address: { node, actor: 'verifier' },
  tier: node.startsWith('edge') ? 'edge' : 'cloud',
  capability: `verify:nano:${exit}:${format}`,
});
const facts = (entries: readonly DirectoryEntry[], exits: readonly number[] = [2]): ChoiceFacts => ({
  engine: { family: 'nano', exits, format: 'fp32' },
  directory: {
    find: prefix => entries.filter(({ capability }) => capability.startsWith(prefix)),
    costs: () => undefined,
  },
  ...{ draftExit: 2, familyExit: 11, maxCandidates: 2 },
});
const nodes = (members: readonly { readonly address: { readonly node: string } }[]): readonly string[] =>
  members.map(({ address }) => address.node);

test('prefers an exact reference to a near-exact one, in the order of the directory, up to the limit', () => {
  const all = [entry('cloud-1', 11, 'int8'), entry('cloud-2', 11), entry('cloud-3', 11), entry('cloud-4', 11)];
  expect(nodes(chooseMembers(facts(all), 'auto', undefined).reference)).toEqual(['cloud-2', 'cloud-3']);
  expect(nodes(chooseMembers(facts(all.slice(0, 1)), 'auto', undefined).reference)).toEqual(['cloud-1']);
});

test('puts an edge in the middle, the deepest exit it has below the reference', () => {
  const all = [entry('cloud-1', 8), entry('edge-1', 5), entry('edge-1', 8), entry('cloud-1', 11)];
  const { middle, reference, mode } = chooseMembers(facts(all), 'auto', undefined);
  expect(mode).toBe('three');
  expect(middle.map(({ exit, address }) => [address.node, exit])).toEqual([['edge-1', 8]]);
  expect(nodes(reference)).toEqual(['cloud-1']);
});

test('puts nobody in the middle who is as far as the reference, or is it', () => {
  const far = [entry('cloud-1', 8), entry('cloud-2', 8), entry('cloud-1', 11)];
  expect(chooseMembers(facts(far), 'auto', undefined)).toMatchObject({ mode: 'two', middle: [] });
  const same = [entry('edge-1', 8), entry('edge-1', 11)];
  expect(chooseMembers(facts(same), 'auto', undefined)).toMatchObject({ mode: 'two', middle: [] });
});

test('takes the deepest exit there is when the wanted one is not reachable', () => {
  const { reference, wantedExit } = chooseMembers(facts([entry('edge-1', 5), entry('edge-1', 8)]), 'auto', undefined);
  expect(wantedExit).toBe(11);
  expect(reference[0]?.exit).toBe(8);
});

test('an owner that holds the wanted exit needs nobody, unless told otherwise', () => {
  const held = facts([entry('cloud-1', 11)], [2, 11]);
  expect(chooseMembers(held, 'auto', undefined)).toMatchObject({ mode: 'local', reference: [] });
  expect(chooseMembers(held, 'cloud-only', undefined)).toMatchObject({ mode: 'local' });
  expect(chooseMembers(held, 'two', undefined)).toMatchObject({ mode: 'two' });
});

test('overlooks capabilities it does not understand', () => {
  const odd = { ...entry('cloud-1', 11), capability: 'verify:nano:deepest' };
  expect(parseCapability(odd.capability)).toBeUndefined();
  expect(chooseMembers(facts([odd]), 'auto', undefined)).toMatchObject({ mode: 'local' });
});

test('refuses an exit that was asked for and that nobody within reach holds, naming those within reach', () => {
  const all = facts([entry('cloud-1', 11), entry('edge-1', 5)]);
  expect(() => chooseMembers(all, 'auto', 8)).toThrow('no reachable node holds exit 8: within reach are 2, 5, 11');
  expect(() => chooseMembers(all, 'local', 5)).toThrow(/no reachable node holds exit 5: this node alone.* has 2$/);
  expect(nodes(chooseMembers(all, 'auto', 5).reference)).toEqual(['edge-1']);
});

test('says what is missing only as far as it is true', () => {
  const alone = chooseMembers(facts([]), 'auto', undefined);
  expect(alone).toMatchObject({
    mode: 'local',
    wantedExit: 11,
    reasons: ['no verifier deeper than exit 2 is reachable'],
  });
  const deeper = chooseMembers(facts([entry('cloud-1', 11)], [2, 5]), 'two', 5);
  expect(deeper).toMatchObject({ mode: 'local', reasons: ['no other verifier of exit 5 is reachable'] });
});
