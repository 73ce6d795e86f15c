// SPDX-License-Identifier: Apache-2.0
//
// One direction of a link: what is pushed into a flow comes out later, limited in rate, unchanged and in order.
//
// A chunk first waits for its turn on the wire, then travels. The wire serves the flows in turn, a quantum each, so one
// connection with a full buffer does not starve another. The wire's own time (`busyUntilMs`) runs without regard to when
// timers really fire, so that late timers cost no rate.
//
// H1  Per flow, bytes leave in the order in which they came; a smaller delay later on never lets one overtake.
// H2  A byte counts as buffered from push until its receiver has taken it; nothing is lost except by `drop`.
// H3  While anything waits for the wire, exactly `bytesPerSecond` leave it.
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Random, Timer } from '@aiflow/time';
import { createShapedFlow, type WireSideOfFlow as Flow, type FlowReceiver, type ShapedFlow } from './shaped-flow.ts';

/** How a link treats bytes, each way. What is left out does not limit. */
export interface LinkSettings {
  /** One-way delay; default 0. */
  readonly delayMs?: number | undefined;
  /** Up to so much more, evenly spread, drawn for each chunk; default 0. Order is kept. */
  readonly jitterMs?: number | undefined;
  /** Default no limit. */
  readonly bytesPerSecond?: number | undefined;
}

/** One direction of a link, shared by its flows. */
export interface LinkShaper {
  /** Takes effect for bytes that are not on the wire yet. */
  set(settings: LinkSettings): void;
  openFlow(receiver: FlowReceiver): ShapedFlow;
}

/** Bytes one flow may send before it is the next flow's turn: 2 ms of the wire, but a packet at least. */
const PACKET_BYTES = 1400;
const QUANTUM_MS = 2;

/** Makes one direction of a link. Settings are checked: `invalid-argument` names the one that can't be. */
export function createLinkShaper(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  initial: LinkSettings,
): LinkShaper {
  let settings = checkSettings(initial);
  let busyUntilMs = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  const waiting: Flow[] = [];

  const travelMs = (): number => settings.delayMs + settings.jitterMs * random.next();
  const transmit = (flow: Flow): void => {
    const rate = settings.bytesPerSecond;
    const quantum = Math.max(PACKET_BYTES, (rate * QUANTUM_MS) / 1000);
    const piece =
      rate === Number.POSITIVE_INFINITY ? flow.take(Number.POSITIVE_INFINITY) : flow.take(Math.floor(quantum));
    busyUntilMs += (piece.byteLength / rate) * 1000;
    flow.travel(piece, busyUntilMs + travelMs());
  };
  const pump = (): void => {
    timer = undefined;
    const nowMs = clock.nowMs();
    while (busyUntilMs <= nowMs) {
      const flow = waiting.shift();
      if (flow === undefined) return;
      transmit(flow);
      if (flow.isWaiting && !waiting.includes(flow)) waiting.push(flow);
    }
    if (waiting.length > 0) timer = clock.setTimer(busyUntilMs - nowMs, pump);
  };
  const enqueue = (flow: Flow): void => {
    if (!waiting.includes(flow)) waiting.push(flow);
    if (timer !== undefined) return;
    busyUntilMs = Math.max(busyUntilMs, clock.nowMs()); // H3: an idle wire saves up nothing
    pump();
  };
  const forget = (flow: Flow): void => {
    const index = waiting.indexOf(flow);
    if (index >= 0) waiting.splice(index, 1);
  };

  return {
    set: next => {
      settings = checkSettings(next);
    },
    openFlow: receiver =>
      createShapedFlow(clock, receiver, { enqueue, forget, arrivalMs: () => clock.nowMs() + travelMs() }),
  };
}

interface CheckedSettings {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly bytesPerSecond: number;
}

function checkSettings(settings: LinkSettings): CheckedSettings {
  const { delayMs = 0, jitterMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = settings;
  const checks: readonly (readonly [string, number, boolean])[] = [
    ['delayMs', delayMs, delayMs >= 0 && Number.isFinite(delayMs)],
    ['jitterMs', jitterMs, jitterMs >= 0 && Number.isFinite(jitterMs)],
    ['bytesPerSecond', bytesPerSecond, bytesPerSecond > 0],
  ];
  for (const [name, value, fits] of checks)
    if (!fits)
      throw new AiflowError('invalid-argument', `${name} ${value} is not allowed: it must be a positive number`);
  return { delayMs, jitterMs, bytesPerSecond };
}
