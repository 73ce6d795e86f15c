// SPDX-License-Identifier: Apache-2.0
import type { Candidate, MemberChangeKind, Mesh } from '@aiflow/mesh';
import type { CourierCollaborators, Destination } from '@aiflow/outbox';
import type { MemberTier } from '@aiflow/protocol';
import type { LinkBook } from '@aiflow/roles';

/** Where this node stands, seen from those it sends to. */
export interface OwnPlace {
  readonly node: string;
  readonly site: string;
}

/** What a courier knows of other nodes. */
export type Peers = Pick<CourierCollaborators, 'resolve' | 'onPeers' | 'linkOf'>;

const COMES: readonly MemberChangeKind[] = ['alive', 'restarted'];
/** The nearest tier first: it is the one with the shortest link. */
const NEAREST: readonly MemberTier[] = ['edge', 'cloud', 'device'];

/** Other nodes as the mesh knows them. A capability is had from the own site if possible, from an edge before a cloud. */
export function createMeshPeers(
  mesh: Pick<Mesh, 'members' | 'find' | 'onChange'>,
  links: LinkBook,
  own: OwnPlace,
): Peers {
  const isAlive = (node: string): boolean =>
    mesh.members().some(member => member.node === node && member.state === 'alive');
  const resolve = (destination: Destination): string | undefined => {
    if ('node' in destination) return isAlive(destination.node) ? destination.node : undefined;
    const others = mesh.find(destination.capability).filter(({ address }) => address.node !== own.node);
    return [...others].sort(byNearness(own.site))[0]?.address.node;
  };
  return {
    resolve,
    onPeers: listener =>
      mesh.onChange(({ kind, member }) => {
        if (COMES.includes(kind)) listener(member.node);
      }),
    linkOf: node => links.to(node),
  };
}

/** Keeps the order of those that are as near: least loaded first. */
function byNearness(site: string): (one: Candidate, other: Candidate) => number {
  const distance = (candidate: Candidate): number =>
    (candidate.site === site ? 0 : NEAREST.length) + NEAREST.indexOf(candidate.tier);
  return (one, other) => distance(one) - distance(other);
}
