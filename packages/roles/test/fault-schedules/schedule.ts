// SPDX-License-Identifier: Apache-2.0
import type { LinkFaults } from '@aiflow/actor';
import { createSeededRandom } from '@aiflow/time';

/** A node that judges. */
export type JudgeName = 'edge-1' | 'cloud-1' | 'cloud-2';

/** What goes wrong, to whom and when. Times are milliseconds of the run, shares are per message. */
export type Fault =
  | { readonly kind: 'crash'; readonly node: JudgeName; readonly atMs: number; readonly backMs: number | undefined }
  | { readonly kind: 'shutdown'; readonly node: JudgeName; readonly atMs: number; readonly backMs: number | undefined }
  | { readonly kind: 'forget'; readonly node: JudgeName | 'device-1'; readonly atMs: number }
  | { readonly kind: 'cut'; readonly node: JudgeName; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'stall'; readonly node: JudgeName; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'broker'; readonly atMs: number; readonly forMs: number; readonly lagMs: number }
  | { readonly kind: 'loss' | 'duplicate' | 'reorder'; readonly share: number }
  | { readonly kind: 'cut-frame' | 'cut-payload' | 'stale-verdict' | 'replay'; readonly share: number }
  | { readonly kind: 'lying-drafter'; readonly share: number }
  | { readonly kind: 'stranger'; readonly atMs: number }
  | { readonly kind: 'other-family'; readonly node: JudgeName }
  | { readonly kind: 'crowded' }
  | { readonly kind: 'clocks-apart'; readonly offsetMs: number }
  | { readonly kind: 'own-engine-dies'; readonly atMs: number }
  | { readonly kind: 'asker-leaves'; readonly atMs: number };

export type FaultKind = Fault['kind'];

/** All of them. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...(['crash', 'shutdown', 'forget', 'cut', 'stall', 'broker', 'loss', 'duplicate', 'reorder', 'replay'] as const),
  ...(['cut-frame', 'cut-payload', 'stale-verdict', 'lying-drafter', 'stranger', 'other-family', 'crowded'] as const),
  ...(['clocks-apart', 'own-engine-dies', 'asker-leaves'] as const),
];

/** One run, wholly determined by `seed`. */
export interface Schedule {
  readonly seed: number;
  /** Who drives the session: the answerer's actor, asked by another node, or the session alone with all its settings. */
  readonly driver: 'answerer' | 'session';
  readonly tiers: 'two' | 'three';
  /** Questions under way at once. */
  readonly sessions: number;
  readonly answerTokens: number;
  readonly agreement: Readonly<Record<number, number>>;
  readonly deviceExits: readonly number[];
  readonly window: number;
  readonly draftTokens: number;
  readonly maxTokens: number;
  readonly maxAhead: number;
  readonly maxBlockTokens: number;
  /** Above 0: drafting is off. Only where the session is driven alone. */
  readonly pull: number;
  readonly deadlineMs: number;
  /** A summary is due then, and revisions follow until `deadlineMs`. Only where a node is asked; absent: one time for both. */
  readonly dueMs: number | undefined;
  /** Absent: greedy. */
  readonly samplingSeed: number | undefined;
  readonly batching: boolean;
  readonly link: LinkFaults;
  readonly faults: readonly Fault[];
}

/** Deadlines below this may pass before the tiers left have ended the answer. */
export const AMPLE_DEADLINE_MS = 20_000;

/** The schedule of a seed. */
export function drawSchedule(seed: number): Schedule {
  const draw = createDraw(seed);
  const driver = draw.pick(['answerer', 'session', 'session', 'session'] as const);
  const isShort = draw.chance(0.08);
  const faults = drawFaults(draw);
  const isCrowded = faults.some(({ kind }) => kind === 'crowded');
  const drawn = {
    ...{ seed, driver },
    tiers: draw.pick(['two', 'three'] as const),
    sessions: isCrowded || draw.chance(0.1) ? 2 : 1,
    answerTokens: draw.whole(1, 18),
    agreement: { 1: draw.share(0.3, 1), 2: draw.share(0.5, 1), 3: draw.share(0.6, 1) },
    deviceExits: draw.pick([[1], [1, 2]]),
    window: draw.pick([1, 2, 4, 8]),
    draftTokens: draw.pick([1, 3, 6, 8]),
    maxTokens: draw.pick([5, 16, 64, 64]),
    maxAhead: draw.pick([4, 16, 96]),
    maxBlockTokens: draw.pick([2, 8, 32]),
    pull: driver === 'session' ? draw.pick([0, 0, 0, 1, 6, 30]) : 0,
    deadlineMs: isShort ? draw.whole(1, 1500) : draw.pick([AMPLE_DEADLINE_MS, 45_000]),
    samplingSeed: draw.chance(0.4) ? draw.whole(0, 1000) : undefined,
    batching: draw.chance(0.3),
    link: { delayMs: draw.pick([1, 15, 60]), jitterMs: draw.pick([0, 10]) },
    faults,
  };
  const isDueBefore = driver === 'answerer' && draw.chance(0.5);
  return { ...drawn, dueMs: isDueBefore ? draw.whole(0, Math.min(300, drawn.deadlineMs)) : undefined };
}

interface Draw {
  pick<T>(values: readonly T[]): T;
  whole(min: number, max: number): number;
  share(min: number, max: number): number;
  chance(share: number): boolean;
}

function createDraw(seed: number): Draw {
  const random = createSeededRandom(`schedule ${seed}`);
  return {
    pick: values => values[random.below(values.length)] as (typeof values)[number],
    whole: (min, max) => min + random.below(max - min + 1),
    share: (min, max) => min + (max - min) * random.next(),
    chance: share => random.next() < share,
  };
}

const JUDGES: readonly JudgeName[] = ['edge-1', 'cloud-1', 'cloud-1', 'cloud-2'];

const MAKERS: readonly ((draw: Draw) => Fault)[] = [
  draw => ({ kind: 'crash', node: draw.pick(JUDGES), atMs: atMs(draw), backMs: backMs(draw) }),
  draw => ({ kind: 'shutdown', node: draw.pick(JUDGES), atMs: atMs(draw), backMs: backMs(draw) }),
  draw => ({ kind: 'forget', node: draw.pick([...JUDGES, 'device-1']), atMs: atMs(draw) }),
  draw => ({ kind: 'cut', node: draw.pick(JUDGES), atMs: atMs(draw), forMs: draw.whole(1, 6000) }),
  draw => ({ kind: 'stall', node: draw.pick(JUDGES), atMs: atMs(draw), forMs: draw.pick([700, 30_000, 30_000]) }),
  draw => ({ kind: 'broker', atMs: atMs(draw), forMs: draw.whole(50, 1500), lagMs: draw.whole(0, 400) }),
  draw => ({ kind: draw.pick(['loss', 'duplicate', 'reorder'] as const), share: draw.pick([0.02, 0.1, 0.3]) }),
  draw => ({ kind: draw.pick(['duplicate', 'reorder', 'replay'] as const), share: draw.pick([0.1, 0.4]) }),
  draw => ({ kind: draw.pick(['cut-frame', 'cut-payload', 'stale-verdict'] as const), share: draw.pick([0.05, 0.2]) }),
  draw => ({ kind: 'lying-drafter', share: draw.pick([0.1, 0.5, 1]) }),
  draw => ({ kind: 'stranger', atMs: atMs(draw) }),
  draw => ({ kind: 'other-family', node: draw.pick(['edge-1', 'cloud-1'] as const) }),
  () => ({ kind: 'crowded' }),
  draw => ({ kind: 'clocks-apart', offsetMs: draw.pick([3_600_000, -3_600_000, 1_800_000]) }),
  draw => ({ kind: 'own-engine-dies', atMs: atMs(draw) }),
  draw => ({ kind: 'asker-leaves', atMs: atMs(draw) }),
];
/** Faults of all runs would drown the others if they came as often; of these, one in so many is kept. */
const RARE: ReadonlySet<FaultKind> = new Set(['asker-leaves', 'own-engine-dies']);

function drawFaults(draw: Draw): readonly Fault[] {
  const count = draw.chance(0.03) ? 0 : draw.pick([1, 1, 1, 2, 2, 2, 3, 3, 4, 5]);
  const faults = Array.from({ length: count }, () => draw.pick(MAKERS)(draw));
  return faults.filter(({ kind }) => !RARE.has(kind) || draw.chance(0.5));
}

/** Most answers take less than this, so most faults fall into one. */
function atMs(draw: Draw): number {
  return draw.whole(0, draw.pick([20, 80, 250]));
}

function backMs(draw: Draw): number | undefined {
  return draw.chance(0.7) ? draw.whole(1, 3000) : undefined;
}

/** Schedules a little simpler than this one, simplest first. */
export function simpler(schedule: Schedule): readonly Schedule[] {
  const fewer = schedule.faults.map((_, at) => ({ ...schedule, faults: schedule.faults.filter((__, i) => i !== at) }));
  const calm: Partial<Schedule>[] = [
    { sessions: 1 },
    { samplingSeed: undefined },
    { batching: false },
    { tiers: 'two' },
    { pull: 0 },
    { dueMs: undefined },
    { driver: 'session', dueMs: undefined },
    { window: 1 },
    { draftTokens: 1 },
    { answerTokens: Math.ceil(schedule.answerTokens / 2) },
    { link: { delayMs: 1, jitterMs: 0 } },
  ];
  const settings = calm.map(change => ({ ...schedule, ...change }));
  return [...fewer, ...settings].filter(one => JSON.stringify(one) !== JSON.stringify(schedule));
}
