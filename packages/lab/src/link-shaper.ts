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
// H3  While anything waits for the wire, exactly `bytesPerSecond` leave it. What is sent again after a loss does not count.
// H4  Jitter and losses depend on the seed and on the time since the link began, or since `rewind`.
import type { Clock, Random, Timer } from '@aiflow/time';
import { createLinkFate, PACKET_BYTES } from './link-fate.ts';
import { checkLinkSettings, type LinkSettings } from './link-settings.ts';
import { createShapedFlow, type WireSideOfFlow as Flow, type FlowReceiver, type ShapedFlow } from './shaped-flow.ts';

/** One direction of a link, shared by its flows. */
export interface LinkShaper {
  /** Takes effect for bytes that are not on the wire yet. */
  set(settings: LinkSettings): void;
  openFlow(receiver: FlowReceiver): ShapedFlow;
  /** H4: the same jitter and losses come again, from now on. */
  rewind(): void;
}

/** Bytes one flow may send before it is the next flow's turn: 2 ms of the wire, but a packet at least. */
const QUANTUM_MS = 2;

/** Makes one direction of a link. Settings are checked: `invalid-argument` names the one that can't be. */
export function createLinkShaper(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  initial: LinkSettings,
): LinkShaper {
  let settings = checkLinkSettings(initial);
  let busyUntilMs = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  const waiting: Flow[] = [];

  const fate = createLinkFate(random, clock.nowMs());
  const transmit = (flow: Flow): void => {
    const rate = settings.bytesPerSecond;
    const quantum = Math.max(PACKET_BYTES, (rate * QUANTUM_MS) / 1000);
    const piece =
      rate === Number.POSITIVE_INFINITY ? flow.take(Number.POSITIVE_INFINITY) : flow.take(Math.floor(quantum));
    busyUntilMs += (piece.byteLength / rate) * 1000;
    const resendingMs = fate.resendingMs(busyUntilMs, piece.byteLength, settings);
    flow.travel(piece, busyUntilMs + fate.travelMs(busyUntilMs, settings) + resendingMs);
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
      settings = checkLinkSettings(next);
    },
    openFlow: receiver =>
      createShapedFlow(clock, receiver, {
        enqueue,
        forget,
        arrivalMs: () => clock.nowMs() + fate.travelMs(clock.nowMs(), settings),
      }),
    rewind: () => fate.rewind(clock.nowMs()),
  };
}
