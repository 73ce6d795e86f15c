// SPDX-License-Identifier: Apache-2.0
import type { Engine } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import type { TierChoice } from './ask-request.ts';
import type { Directory } from './directory.ts';
import { findMembers } from './find-members.ts';
import type { RemoteMember } from './remote-verifier.ts';

/** The part each node is to play, shallow to deep. */
export interface MemberChoice {
  readonly mode: Exclude<TierChoice, 'auto'>;
  /** Exit whose answer is wanted. */
  readonly wantedExit: number;
  /** Candidates for the tier in the middle, of one exit; may be empty. */
  readonly middle: readonly RemoteMember[];
  /** Candidates for the reference, of one exit; empty when the owner answers alone. */
  readonly reference: readonly RemoteMember[];
  /** Candidates for a judge that is called when the reference is lost, of one exit. Default none. */
  readonly standBy?: readonly RemoteMember[];
  /** What was asked for and could not be had. */
  readonly reasons: readonly string[];
}

/** What a choice goes by. */
export interface ChoiceFacts {
  readonly engine: Pick<Engine, 'family' | 'exits' | 'format'>;
  readonly directory: Directory;
  readonly draftExit: number;
  /** The family's deepest exit, if the owner knows it. */
  readonly familyExit: number | undefined;
  readonly maxCandidates: number;
}

/**
 * Picks, once per request, who answers. An owner that holds the wanted exit in fp32 itself needs nobody. Throws
 * `not-found` when an exit was asked for that nobody within reach holds: only the default makes do with less.
 */
export function chooseMembers(facts: ChoiceFacts, tiers: TierChoice, requestedExit: number | undefined): MemberChoice {
  const { engine } = facts;
  const known = findMembers(facts.directory, engine.family, tiers === 'cloud-only' ? 'answer' : 'verify');
  const deepest = Math.max(facts.familyExit ?? 0, ...engine.exits, ...known.map(({ exit }) => exit));
  const wantedExit = requestedExit ?? deepest;
  checkReachable(requestedExit, { tiers, own: engine.exits, known });
  const holdsItself = engine.exits.includes(wantedExit) && engine.format === 'fp32';
  const alone = { mode: 'local', wantedExit, middle: [], reference: [], reasons: [] } as const;
  if (tiers === 'local' || ((tiers === 'auto' || tiers === 'cloud-only') && holdsItself)) return alone;
  const reference = sameExit(referenceCandidates(known, wantedExit, engine.exits), facts.maxCandidates);
  if (tiers === 'cloud-only') return { ...alone, mode: 'cloud-only', reference };
  const [first] = reference;
  if (first === undefined) return { ...alone, reasons: [missingReference(known, engine.exits, wantedExit)] };
  const middle = tiers === 'two' ? [] : middleOf(facts, known, reference);
  const reasons = tiers === 'three' && middle.length === 0 ? ['three tiers were asked for, no edge is reachable'] : [];
  return { ...alone, mode: middle.length > 0 ? 'three' : 'two', middle, reference, reasons };
}

function middleOf(
  { draftExit, maxCandidates }: ChoiceFacts,
  known: readonly RemoteMember[],
  reference: readonly RemoteMember[],
): readonly RemoteMember[] {
  const judges = new Set(reference.map(({ address }) => address.node));
  const deepest = reference[0]?.exit ?? 0;
  const between = known.filter(
    ({ exit, tier, address }) => exit > draftExit && exit < deepest && tier !== 'cloud' && !judges.has(address.node),
  );
  return sameExit(preferEdge(between), maxCandidates);
}

function missingReference(known: readonly RemoteMember[], ownExits: readonly number[], wantedExit: number): string {
  const own = ownExits.at(-1) ?? 0;
  const isDeepest = known.every(({ exit }) => exit <= own);
  return `no ${isDeepest ? `verifier deeper than exit ${own}` : `other verifier of exit ${wantedExit}`} is reachable`;
}

interface Reach {
  readonly tiers: TierChoice;
  readonly own: readonly number[];
  readonly known: readonly RemoteMember[];
}

function checkReachable(wantedExit: number | undefined, { tiers, own, known }: Reach): void {
  if (wantedExit === undefined) return;
  const others = tiers === 'local' ? [] : known.map(({ exit }) => exit);
  const exits = [...new Set([...own, ...others])].sort((one, other) => one - other);
  if (exits.includes(wantedExit)) return;
  const where = tiers === 'local' ? 'this node alone, which was asked for, has' : 'within reach are';
  throw new AiflowError('not-found', `no reachable node holds exit ${wantedExit}: ${where} ${exits.join(', ')}`);
}

/** Those of the wanted exit, exact ones first; else of the deepest exit there is, if it is deeper than the owner's. */
function referenceCandidates(
  known: readonly RemoteMember[],
  wantedExit: number,
  ownExits: readonly number[],
): readonly RemoteMember[] {
  const wanted = known.filter(({ exit }) => exit === wantedExit);
  if (wanted.length > 0) return exactFirst(wanted);
  const deepest = Math.max(0, ...known.filter(({ exit }) => exit < wantedExit).map(({ exit }) => exit));
  if (deepest <= (ownExits.at(-1) ?? 0)) return [];
  return exactFirst(known.filter(({ exit }) => exit === deepest));
}

function exactFirst(members: readonly RemoteMember[]): readonly RemoteMember[] {
  const exact = members.filter(({ format }) => format === 'fp32');
  return [...exact, ...members.filter(({ format }) => format !== 'fp32')];
}

/** Edges before others, deeper exits before shallower ones; otherwise the directory's order. */
function preferEdge(members: readonly RemoteMember[]): readonly RemoteMember[] {
  const rank = (member: RemoteMember): number => (member.tier === 'edge' ? 0 : 1);
  return [...members].sort((one, other) => rank(one) - rank(other) || other.exit - one.exit);
}

/** The first member's exit is the tier's; others of the same exit and format can stand in for it. */
function sameExit(members: readonly RemoteMember[], limit: number): readonly RemoteMember[] {
  const [first] = members;
  const alike = members.filter(({ exit, format }) => exit === first?.exit && format === first?.format);
  return alike.slice(0, limit);
}
