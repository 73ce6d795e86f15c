// SPDX-License-Identifier: Apache-2.0
import type { Member, Mesh } from '@aiflow/mesh';
import { TIERS, type Tier } from '@aiflow/protocol';
import type { Directory, DirectoryEntry } from '@aiflow/roles';

/** Knows who can do what from the adverts of the members that take work; least loaded first. */
export function createMeshDirectory(mesh: Pick<Mesh, 'members'>): Directory {
  return {
    find: prefix =>
      mesh
        .members()
        .filter(member => member.state === 'alive')
        .sort((one, other) => one.advert.loadRatio - other.advert.loadRatio || (one.node < other.node ? -1 : 1))
        .flatMap(member => entriesOf(member, prefix)),
    costs: () => undefined,
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
