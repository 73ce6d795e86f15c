// SPDX-License-Identifier: Apache-2.0
import type { Plan, PlanMember } from '@aiflow/placement';
import type { MemberChoice } from './choose-members.ts';
import type { RemoteMember } from './remote-verifier.ts';

/** Who may be asked, and how many may stand in for one another. */
export interface ReachableMembers {
  readonly judges: readonly RemoteMember[];
  readonly answerers: readonly RemoteMember[];
  readonly maxCandidates: number;
}

/**
 * The choice that carries a plan out: its nodes first, behind each those that can stand in for it; whom the plan leaves
 * out of the middle stands by. Undefined when a node
 * of the plan is not within reach after all.
 */
export function plannedChoice(
  { kind, members }: Pick<Plan, 'kind' | 'members'>,
  choice: MemberChoice,
  reach: ReachableMembers,
): MemberChoice | undefined {
  const last = members.at(-1);
  if (last === undefined) return undefined;
  if (kind === 'local') return { ...choice, mode: 'local', middle: [], reference: [] };
  const isHandOver = kind === 'hand-over';
  const reference = candidatesFor(last, isHandOver ? reach.answerers : reach.judges, reach.maxCandidates);
  if (reference.length === 0) return undefined;
  if (isHandOver) return { ...choice, mode: 'cloud-only', middle: [], reference };
  const judges = new Set(reference.map(({ address }) => address.node));
  if (kind !== 'three-tiers') {
    const drafting = members[0]?.exit ?? 0;
    const standBy = choice.middle.filter(({ address, exit }) => exit > drafting && !judges.has(address.node));
    return { ...choice, mode: 'two', middle: [], reference, standBy };
  }
  const others = reach.judges.filter(({ address }) => !judges.has(address.node));
  const middle = candidatesFor(members[1], others, reach.maxCandidates);
  return middle.length === 0 ? undefined : { ...choice, mode: 'three', middle, reference };
}

/** The planned node, then others of the same exit and format; none when the planned one is not among them. */
function candidatesFor(
  planned: PlanMember | undefined,
  able: readonly RemoteMember[],
  limit: number,
): readonly RemoteMember[] {
  const alike = able.filter(({ exit, format }) => exit === planned?.exit && format === planned.format);
  const first = alike.filter(({ address }) => address.node === planned?.node);
  const rest = alike.filter(({ address }) => address.node !== planned?.node);
  return first.length === 0 ? [] : [...first, ...rest].slice(0, limit);
}
