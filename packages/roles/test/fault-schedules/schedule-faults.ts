// SPDX-License-Identifier: Apache-2.0
import { openSession, rollBack, verifyDraft } from '@aiflow/protocol';
import { createSeededRandom } from '@aiflow/time';
import type { FaultyFleet } from './faulty-fleet.ts';
import type { Fault, FaultKind, Schedule } from './schedule.ts';

/** Where faults strike. */
export interface Scene {
  readonly fleet: FaultyFleet;
  readonly seed: number;
  /** The asker's. */
  readonly leaves: AbortController;
  /** No session is under way any more. */
  readonly isOver: () => boolean;
}

type Strikes = { readonly [Kind in FaultKind]: (fault: Extract<Fault, { kind: Kind }>, scene: Scene) => void };

/** Sets a timer for every fault of the schedule, and for its end. A fault counts only when it meets something. */
export function scheduleFaults({ faults }: Schedule, scene: Scene): void {
  for (const fault of faults) {
    const strike = STRIKES[fault.kind] as (fault: Fault, scene: Scene) => void;
    if ('atMs' in fault) scene.fleet.clock.setTimer(fault.atMs, () => strike(fault, scene));
    else strike(fault, scene);
  }
}

const STRIKES: Strikes = {
  crash: end,
  shutdown: end,
  forget: ({ node }, { fleet }) => {
    const { isUp, engine } = fleet.nodes.get(node) ?? { isUp: false };
    if (!isUp || engine === undefined || engine.held.size === 0) return;
    fleet.links.hit('forget');
    engine.forget();
  },
  cut: ({ node, forMs }, { fleet: { links, clock } }) => {
    links.cut.add(node);
    clock.setTimer(forMs, () => links.cut.delete(node));
  },
  stall: ({ node, forMs }, { fleet: { links, clock } }) => {
    links.stalledUntilMs.set(node, clock.nowMs() + forMs);
  },
  broker: ({ forMs, lagMs }, { fleet: { links, clock, nodes } }) => {
    for (const node of nodes.keys()) links.away.add(node);
    clock.setTimer(forMs, () => links.away.delete('device-1'));
    clock.setTimer(forMs + lagMs, () => links.away.clear());
  },
  'cut-frame': spoil,
  'cut-payload': spoil,
  'stale-verdict': spoil,
  replay: spoil,
  'lying-drafter': ({ share }, { fleet, seed }) => {
    const random = createSeededRandom(`lies ${seed}`);
    fleet.nodes.get('device-1')?.engine.lie(share, random, () => fleet.links.hit('lying-drafter'));
  },
  stranger: (_, scene) => void intrude(scene),
  'own-engine-dies': (_, { fleet, isOver }) => {
    if (!isOver()) fleet.links.hit('own-engine-dies');
    fleet.nodes.get('device-1')?.engine.die();
  },
  'asker-leaves': (_, { fleet, isOver, leaves }) => {
    if (!isOver()) fleet.links.hit('asker-leaves');
    leaves.abort();
  },
  'other-family': ({ node }, { fleet }) => {
    if (fleet.nodes.has(node)) fleet.links.hit('other-family');
  },
  crowded: (_, { fleet }) => fleet.links.hit('crowded'),
  // The fleet was built with these.
  'clocks-apart': () => undefined,
  loss: () => undefined,
  duplicate: () => undefined,
  reorder: () => undefined,
};

function end({ kind, node, backMs }: Extract<Fault, { kind: 'crash' | 'shutdown' }>, { fleet }: Scene): void {
  const ended = fleet.end(node, kind);
  if (backMs !== undefined) fleet.clock.setTimer(backMs, () => void ended.then(() => fleet.start(node)));
}

function spoil(fault: Extract<Fault, { share: number }>, { fleet }: Scene): void {
  fleet.links.shares.set(fault.kind, fault.share);
}

/** A drafter that keeps no rule: ids that do not exist, bases and epochs out of the air, sessions that are not its own. */
async function intrude({ fleet, isOver }: Scene): Promise<void> {
  const { stranger, entries, links } = fleet;
  const [first] = entries;
  if (isOver() || first === undefined) return;
  links.hit('stranger');
  const exit = first.tier === 'edge' ? 3 : 4;
  const to = first.address;
  const quick = { timeoutMs: 300 };
  const opening = {
    ...{ session: 's0.4', family: 'synthetic', featureSpace: `synthetic-space-${exit}`, prompt: [1, 2], exit },
    ...{ tensorContract: 'synthetic-contract', computeFormat: 'fp32', answer: [], epoch: 9, maxTokens: 10 },
  };
  const ask = (session: string, epoch: number, base: number, tokens: readonly number[]): Promise<unknown> =>
    stranger.ask(to, verifyDraft, { session, epoch, base, tokens, confidences: [] }, quick);
  await Promise.allSettled([stranger.ask(to, openSession, opening, quick)]);
  await Promise.allSettled([
    ...[ask('s0.4', 9, 0, [0xffff_ffff, 7]), ask('s0.4', 9, 1_000_000, [7]), ask('s0.4', 0, 0, [1])],
    ...[ask('s0.4', 77, 3, [4, 5]), ask('s0.4', 9, 0, [4096]), ask('s0.3', 1, 0, []), ask('', 1, 0, [1])],
    stranger.tell(to, rollBack, { session: 's0.4', epoch: 12, length: 4000, tokens: [1] }),
  ]);
}
