// SPDX-License-Identifier: Apache-2.0
import type { Member, Mesh } from '@aiflow/mesh';
import { TIERS, type Tier } from '@aiflow/protocol';
import type { Directory, DirectoryEntry } from '@aiflow/roles';
import { placementNodeOf } from './placement-node.ts';

/** Knows who can do what, and at which cost, from the adverts of the members that take work; least loaded first. */
export function createMeshDirectory(mesh: Pick<Mesh, 'members'>): Directory {
  const alive = (): readonly Member[] => mesh.members().filter(member => member.state === 'alive');
  return {
    find: prefix =>
      [...alive()]
        .sort((one, other) => one.advert.loadRatio - other.advert.loadRatio || (one.node < other.node ? -1 : 1))
        .flatMap(member => entriesOf(member, prefix)),
    costs: (node, family) => {
      const member = alive().find(one => one.node === node);
      const held = member?.advert.families.find(one => one.family === family);
      if (member === undefined || held === undefined || !isTier(member.tier)) return undefined;
      const { watts, activeSessions } = member.advert;
      const stated = { node, tier: member.tier, exitCosts: held.exitCosts };
      return placementNodeOf({
        ...stated,
        ...(watts === undefined ? {} : { watts }),
        ...(activeSessions === undefined ? {} : { activeSessions }),
      });
    },
  };
}

function entriesOf({ node, tier, advert }: Member, prefix: string): readonly DirectoryEntry[] {
  if (!isTier(tier)) return [];
  return advert.actors.flatMap(actor =>
    actor.capabilities
      .filter(capability => capability.startsWith(prefix))
      .map(capability => ({ address: { node, actor: actor.name }, tier, capability })),
  );
}

function isTier(tier: string): tier is Tier {
  return (TIERS as readonly string[]).includes(tier);
}
