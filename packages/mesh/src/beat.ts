// SPDX-License-Identifier: Apache-2.0
import type { Clock, Random, Timer } from '@aiflow/time';

/** The regular pulse of a node. */
export interface Beat {
  /** Beats now and from now on. */
  start(): void;
  stop(): void;
}

/** What a beat works with. */
export interface BeatCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  /** This process stood still for `heldMs` past the time the beat was due; `onBeat` follows. */
  onHeldUp(heldMs: number, nowMs: number): void;
  onBeat(nowMs: number): void;
}

/** A beat every `beatMs`, give or take a fifth. One that comes more than a beat too late tells that it was held up. */
export function createBeat({ clock, random, onHeldUp, onBeat }: BeatCollaborators, beatMs: number): Beat {
  let timer: Timer | undefined;
  let dueMs = Infinity;
  const beat = (): void => {
    const pauseMs = jittered(beatMs, random);
    timer = clock.setTimer(pauseMs, beat);
    const nowMs = clock.nowMs();
    const heldMs = nowMs - dueMs;
    dueMs = nowMs + pauseMs;
    if (heldMs > beatMs) onHeldUp(heldMs, nowMs);
    onBeat(nowMs);
  };
  return { start: beat, stop: () => timer?.cancel() };
}

/** When the next of many regular things is due: `periodMs`, give or take a fifth, so that fleets don't fall in step. */
function jittered(periodMs: number, random: Random): number {
  return periodMs * (0.8 + 0.4 * random.next());
}
