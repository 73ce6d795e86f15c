// SPDX-License-Identifier: Apache-2.0
import type { Member } from '@aiflow/mesh';
import type { Advert, ExitCostReport, FamilyReport } from '@aiflow/protocol';
import { expect, test } from 'vitest';
import { createMeshDirectory } from './mesh-directory.ts';

const COST: ExitCostReport = {
  exit: 5,
  format: 'fp32',
  stepMs: 4,
  prefillTokenMs: 0.5,
  verify: [{ tokens: 8, ms: 7 }],
};

function family(exitCosts: readonly ExitCostReport[], name = 'nano'): FamilyReport {
  return { family: name, tensorContract: 'c', exits: [5], featureSpaces: [], verifyCurve: [], exitCosts };
}

function member(node: string, says: Partial<Advert>, is: Partial<Member> = {}): Member {
  const advert: Advert = {
    ...{ fleet: 'lab', site: 'main', node, tier: 'edge', bootId: 'b', sequence: 1, publicKey: 'k', state: 'ready' },
    ...{ actors: [], families: [], links: [], loadRatio: 0, memoryBytes: 1, processId: 1 },
    ...{ softwareVersion: '', bootWallMs: 0, ...says },
  };
  return {
    ...{ node, site: 'main', tier: 'edge', state: 'alive', ageMs: 0, bootId: 'b', fingerprint: 'f' },
    ...is,
    advert,
  };
}

const directoryOf = (...members: readonly Member[]) => createMeshDirectory({ members: () => members });

test('a node costs what its advert says of the family', () => {
  const says = { families: [family([], 'other'), family([COST])], watts: 12, activeSessions: 2.5 };
  expect(directoryOf(member('edge-1', says)).costs('edge-1', 'nano')).toEqual({
    ...{ node: 'edge-1', tier: 'edge', load: 2.5, watts: 12 },
    exits: [{ exit: 5, format: 'fp32', stepMs: 4, prefillTokenMs: 0.5, verify: [{ tokens: 8, ms: 7 }] }],
  });
});

test('a node that works for nobody or one session costs what was measured, and draws nothing known', () => {
  for (const activeSessions of [undefined, 0.3, 1]) {
    const says = { families: [family([COST])], ...(activeSessions === undefined ? {} : { activeSessions }) };
    const costs = directoryOf(member('edge-1', says)).costs('edge-1', 'nano');
    expect(costs?.load).toBe(1);
    expect(costs).not.toHaveProperty('watts');
  }
});

test('a node that has not measured itself draws what it states already', () => {
  const directory = directoryOf(member('edge-1', { families: [family([])], watts: 12 }));
  expect(directory.costs('edge-1', 'nano')).toEqual({ node: 'edge-1', tier: 'edge', load: 1, watts: 12, exits: [] });
});

test('what was not measured is left out, for the planner has defaults', () => {
  const costs = directoryOf(
    member('edge-1', { families: [family([{ exit: 5, format: 'fp32', stepMs: 4, verify: [] }])] }),
  );
  expect(costs.costs('edge-1', 'nano')?.exits).toEqual([{ exit: 5, format: 'fp32', stepMs: 4 }]);
});

test('nothing is known of a node without costs, of another family, unheard of, silent or a client', () => {
  const costly = { families: [family([COST])] };
  const directory = directoryOf(
    member('older', { families: [family([])] }),
    member('newer', { families: [family([{ ...COST, format: 'fp8' }])] }),
    member('instant', { families: [family([{ ...COST, stepMs: 0 }])] }),
    member('other', { families: [family([COST], 'other')] }),
    member('silent', costly, { state: 'suspect' }),
    member('leaving', costly, { state: 'draining' }),
    member('client', costly, { tier: 'client' }),
  );
  for (const node of ['older', 'newer', 'instant', 'other', 'silent', 'leaving', 'client', 'unheard']) {
    expect(directory.costs(node, 'nano'), node).toBeUndefined();
  }
});

test('who can do what comes from adverts of nodes that take work, least loaded first', () => {
  const actors = [{ name: 'verifier', capabilities: ['verify:nano:5:fp32', 'other'], mailboxDepth: 0 }];
  const directory = directoryOf(
    member('busy', { actors, loadRatio: 0.5 }),
    member('idle', { actors, loadRatio: 0.1 }),
    member('leaving', { actors }, { state: 'draining' }),
    member('client', { actors }, { tier: 'client' }),
  );
  expect(directory.find('verify:nano:').map(({ address, capability }) => [address.node, capability])).toEqual([
    ['idle', 'verify:nano:5:fp32'],
    ['busy', 'verify:nano:5:fp32'],
  ]);
});
