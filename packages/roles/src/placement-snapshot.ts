// SPDX-License-Identifier: Apache-2.0
//
// All that the planner decides by, out of what adverts, probes, the family and past answers say. What others state is
// brought within sane limits here; nothing is waited for.
//
// Where something is unknown:
// - an exit counts as the one next to it on the same node, in proportion to depth; a node that states no cost at all and
//   was never seen at work is left out, and plans do without it;
// - a link that nobody measured counts as the waits of past answers say, or as `UNKNOWN_RTT_MS`;
// - an owner that knows nothing of itself has no snapshot: the fixed choice stands until an answer has shown more.
import type { Engine } from '@aiflow/model';
import type {
  AcceptanceFacts,
  ExitCost,
  PlacementNode,
  PlacementSnapshot,
  PlanKind,
  RemoteDuty,
  RemoteNode,
} from '@aiflow/placement';
import type { Tier } from '@aiflow/protocol';
import type { TierChoice } from './ask-request.ts';
import type { MemberChoice } from './choose-members.ts';
import type { ObservedCosts } from './observed-costs.ts';
import type { LinkBook } from './relay/link-book.ts';
import type { RemoteMember } from './remote-verifier.ts';
import { isAmount, saneCost, within } from './stated-figures.ts';

/** What a snapshot is made of. */
export interface SnapshotFacts {
  readonly node: string;
  readonly tier: Tier;
  readonly engine: Pick<Engine, 'exits' | 'format'>;
  /** The only exit that may draft; undefined: any. */
  readonly draftExit: number | undefined;
  /** What was asked for. */
  readonly tiers: TierChoice;
  /** Whether somebody else may answer the whole question. */
  readonly mayHandOver: boolean;
  /** Of the kinds that are open, those that may be chosen. Default: all. */
  readonly kinds?: readonly PlanKind[] | undefined;
  /** What would be done without a plan. */
  readonly choice: MemberChoice;
  readonly judges: readonly RemoteMember[];
  readonly answerers: readonly RemoteMember[];
  /** What a node says of itself, this one included. */
  readonly reported: (node: string) => PlacementNode | undefined;
  readonly observed: ObservedCosts;
  readonly links: LinkBook;
  readonly acceptance: readonly AcceptanceFacts[];
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly deadlineMs: number;
}

/** Of a link nobody measured. */
export const UNKNOWN_RTT_MS: Readonly<Record<Tier, number>> = { device: 20, edge: 10, cloud: 50 };
/** Of two exits whose agreement the family does not state. */
const UNKNOWN_ACCEPTANCE = 0.8;
const MAX_NODES = 24;
const LOAD_LIMITS = { least: 1, most: 1000 };

/** Undefined when nothing is known of the owner's own costs. */
export function placementSnapshotOf(facts: SnapshotFacts): PlacementSnapshot | undefined {
  const { choice, node, tier, engine, promptTokens, answerTokens, deadlineMs } = facts;
  const exits = ownExits(facts);
  const own = nodeOf(facts, { node, tier, exits });
  if (own === undefined) return undefined;
  const owner = { ...own, exits: exits.flatMap(one => costOr(own.exits, one)) };
  const referenceExit = referenceOf(facts);
  const others = remoteNodes(facts);
  return {
    ...{ referenceExit, promptTokens, answerTokens, deadlineMs, owner, others },
    acceptance: everyPair(facts.acceptance, [owner, ...others]),
    allowed: allowedKinds(facts),
    allowNearExact: choice.reference.length > 0 ? isNearExact(choice.reference) : engine.format !== 'fp32',
  };
}

/** The planner learns of pairs that it is given. */
function everyPair(known: readonly AcceptanceFacts[], nodes: readonly PlacementNode[]): readonly AcceptanceFacts[] {
  const exits = [...new Set(nodes.flatMap(node => node.exits.map(({ exit }) => exit)))];
  const pairs = exits.flatMap(draftExit => exits.map(judgeExit => ({ draftExit, judgeExit })));
  const missing = pairs.filter(
    ({ draftExit, judgeExit }) =>
      draftExit < judgeExit && !known.some(pair => pair.draftExit === draftExit && pair.judgeExit === judgeExit),
  );
  return [...known, ...missing.map(pair => ({ ...pair, byPosition: [UNKNOWN_ACCEPTANCE] }))];
}

/** The exit whose text is given: the wanted one, or the deepest there is. */
function referenceOf({ choice, engine }: SnapshotFacts): number {
  const { wantedExit, reference } = choice;
  const [first] = reference;
  if (first !== undefined) return first.exit;
  return engine.exits.includes(wantedExit) ? wantedExit : (engine.exits.at(-1) ?? wantedExit);
}

function isNearExact(reference: readonly RemoteMember[]): boolean {
  return reference.every(({ format }) => format !== 'fp32');
}

/** Whoever asks for tiers gets them; only `auto` leaves the choice open. */
function allowedKinds(facts: SnapshotFacts): readonly PlanKind[] {
  const { kinds } = facts;
  return openKinds(facts).filter(kind => kinds?.includes(kind) ?? true);
}

function openKinds({ tiers, choice, mayHandOver }: SnapshotFacts): readonly PlanKind[] {
  if (choice.mode === 'cloud-only') return ['hand-over'];
  if (tiers === 'two' || tiers === 'three') return kindsOf(choice.mode);
  if (tiers !== 'auto') return ['local'];
  const together: readonly PlanKind[] = ['local', 'two-tiers', 'three-tiers', 'pull'];
  return mayHandOver ? [...together, 'hand-over'] : together;
}

function kindsOf(mode: MemberChoice['mode']): readonly PlanKind[] {
  if (mode === 'local') return ['local'];
  return mode === 'three' ? ['three-tiers'] : ['two-tiers'];
}

interface ExitsOfNode {
  readonly node: string;
  readonly tier: Tier;
  readonly exits: readonly Pick<ExitCost, 'exit' | 'format'>[];
}

function ownExits({ engine, draftExit, choice }: SnapshotFacts): ExitsOfNode['exits'] {
  const isOpen = (exit: number): boolean =>
    draftExit === undefined || exit === draftExit || exit === choice.wantedExit || exit === engine.exits.at(-1);
  return engine.exits.filter(isOpen).map(exit => ({ exit, format: engine.format }));
}

function remoteNodes(facts: SnapshotFacts): readonly RemoteNode[] {
  const { judges, answerers } = facts;
  const names = [...new Set([...judges, ...answerers].map(({ address }) => address.node))];
  return names.slice(0, MAX_NODES).flatMap(name => {
    const here = ({ address }: RemoteMember): boolean => address.node === name;
    const members = [...judges.filter(here), ...answerers.filter(here)];
    const once = new Map(members.map(({ exit, format }) => [`${exit} ${format}`, { exit, format }]));
    const node = nodeOf(facts, { node: name, tier: members[0]?.tier ?? 'cloud', exits: [...once.values()] });
    if (node === undefined) return [];
    const duties: readonly RemoteDuty[] = [
      ...(judges.some(here) ? (['judge'] as const) : []),
      ...(answerers.some(here) ? (['answer'] as const) : []),
    ];
    const exits = [...once.values()].flatMap(one => costOr(node.exits, one));
    return [{ ...node, exits, duties, link: linkTo(facts, node) }];
  });
}

function nodeOf(
  { reported, observed }: Pick<SnapshotFacts, 'reported' | 'observed'>,
  { node, tier, exits }: ExitsOfNode,
): PlacementNode | undefined {
  const stated = reported(node);
  const load = within(stated?.load ?? 1, LOAD_LIMITS, 1);
  const held = exits.map(({ exit, format }) => {
    const cost = stated?.exits.find(one => one.exit === exit && one.format === format);
    return { exit, format, reported: saneCost(cost) };
  });
  const known = observed.costsAt(node, held);
  if (known.length === 0) return undefined;
  const { watts } = stated ?? {};
  return {
    ...{ node, tier, load },
    exits: [...known].sort((one, other) => one.exit - other.exit),
    ...(isAmount(watts) ? { watts } : {}),
  };
}

/** Its own cost, or that of the exit next to it, in proportion to depth. */
function costOr(known: readonly ExitCost[], { exit, format }: Pick<ExitCost, 'exit' | 'format'>): readonly ExitCost[] {
  const own = known.find(cost => cost.exit === exit && cost.format === format);
  if (own !== undefined) return [own];
  const distance = (cost: ExitCost): number => Math.abs(cost.exit - exit);
  const alike = known.filter(cost => cost.format === format);
  const [next] = alike.sort((one, other) => distance(one) - distance(other));
  if (next === undefined) return [];
  const share = (exit + 1) / (next.exit + 1);
  const verify = next.verify?.map(({ tokens, ms }) => ({ tokens, ms: ms * share }));
  return [
    {
      ...{ exit, format, stepMs: next.stepMs * share },
      ...(verify === undefined ? {} : { verify }),
      ...(next.prefillTokenMs === undefined ? {} : { prefillTokenMs: next.prefillTokenMs * share }),
    },
  ];
}

function linkTo({ links, observed }: SnapshotFacts, { node, tier }: PlacementNode): RemoteNode['link'] {
  const { rttMs, bytesPerSecond } = links.to(node);
  const known = isAmount(rttMs) ? rttMs : (observed.roundTripTo(node) ?? UNKNOWN_RTT_MS[tier]);
  const trip = { rttMs: within(known, { least: 0, most: 60_000 }, UNKNOWN_RTT_MS[tier]) };
  return isAmount(bytesPerSecond) ? { ...trip, bytesPerSecond: Math.max(10, bytesPerSecond) } : trip;
}
