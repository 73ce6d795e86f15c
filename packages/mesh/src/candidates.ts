// SPDX-License-Identifier: Apache-2.0
import type { ActorReport, Address, MemberTier } from '@aiflow/protocol';
import type { Random } from '@aiflow/time';
import type { Member } from './member.ts';

/** An actor that offers a capability, and how busy it is. */
export interface Candidate {
  readonly address: Address;
  readonly site: string;
  readonly tier: MemberTier;
  /** Busy cores plus waiting messages: a hundred messages weigh as much as all cores of the node. */
  readonly load: number;
}

/** A node as far as it can be chosen. */
export interface CandidateNode {
  readonly node: string;
  readonly site: string;
  readonly tier: MemberTier;
  readonly loadRatio: number;
  readonly actors: readonly ActorReport[];
}

/** The actors that offer `capability`, least loaded first, then by name. */
export function findCandidates(nodes: readonly CandidateNode[], capability: string): readonly Candidate[] {
  return nodes
    .flatMap(({ node, site, tier, loadRatio, actors }) =>
      actors
        .filter(actor => actor.capabilities.includes(capability))
        .map(actor => ({
          address: { node, actor: actor.name },
          site,
          tier,
          load: loadRatio + actor.mailboxDepth / 100,
        })),
    )
    .sort((one, other) => one.load - other.load || (one.address.node < other.address.node ? -1 : 1));
}

/** The members that take work: `alive` ones; only when there are none, the `suspect`. */
export function takingWork(members: readonly Member[]): readonly CandidateNode[] {
  const alive = members.filter(member => member.state === 'alive');
  const chosen = alive.length > 0 ? alive : members.filter(member => member.state === 'suspect');
  return chosen.map(({ advert }) => advert);
}

/**
 * The less loaded of two candidates taken at random: callers that see the same stale loads then don't all choose the
 * same one (Mitzenmacher, The Power of Two Choices, 2001). Undefined when there is none.
 */
export function pickCandidate(candidates: readonly Candidate[], random: Random): Candidate | undefined {
  if (candidates.length < 2) return candidates[0];
  const one = random.below(candidates.length);
  const other = (one + 1 + random.below(candidates.length - 1)) % candidates.length;
  return candidates[Math.min(one, other)];
}
