// SPDX-License-Identifier: Apache-2.0
//
// Sends what waits in a store. A thin loop around `nextOffer`: whatever happens makes it look again.
//
// O1  Each offer has a limit that allows for its size at the share of the link's rate.
// O2  An error counts against the node when it brought no word from there, and against the item otherwise.
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { AiflowError, type OutboxDelivery, type OutboxReceipt } from '@aiflow/protocol';
import type { Timer } from '@aiflow/time';
import type { Courier, CourierCollaborators } from './courier.ts';
import { nextOffer, type Offer } from './courier-schedule.ts';
import { deliverItem } from './deliver-item.ts';
import { describeDelivery } from './delivered-item.ts';
import { type LaneLimits, NodeLane, pauseMs } from './node-lane.ts';
import { readOfferFailure } from './offer-failure.ts';
import type { StoredItem } from './stored-item.ts';

const MAX_TIMEOUT_MS = 600_000;
const LOOK_AGAIN_MS = 30_000;
const MAX_LANES = 1024;

/** All limits, none left out. */
export interface StoreCourierLimits extends LaneLimits {
  readonly receiptTimeoutMs: number;
}

/** An item that failed for its own sake. */
interface Setback {
  readonly failures: number;
  readonly notBeforeMs: number;
}

/** Looks, offers, and looks again. */
export class StoreCourier implements Courier {
  readonly #with: CourierCollaborators;
  readonly #logger: Logger;
  readonly #limits: StoreCourierLimits;
  readonly #lanes = new Map<string, NodeLane>();
  readonly #setbacks = new Map<string, Setback>();
  readonly #offers = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  /** Offers that were begun over the link as it is now. */
  #connection = new AbortController();
  readonly #unsubscribe: readonly (() => void)[];
  #timer: Timer | undefined;
  #isLookDue = false;

  constructor(collaborators: CourierCollaborators, limits: StoreCourierLimits) {
    this.#with = collaborators;
    this.#logger = collaborators.logger ?? SILENT_LOGGER;
    this.#limits = limits;
    this.#unsubscribe = [
      collaborators.store.onCommit(() => this.#lookSoon()),
      collaborators.onPeers(node => this.#welcome(node)),
    ];
    this.#lookSoon();
  }

  get inFlight(): number {
    return this.#offers.size;
  }

  hurry(id?: string): void {
    if (id === undefined) this.#setbacks.clear();
    else this.#setbacks.delete(id);
    for (const lane of this.#lanes.values()) lane.hurry();
    this.#lookSoon();
  }

  reconnected(): void {
    const lost = [...this.#offers.values()];
    this.#connection.abort(new AiflowError('unavailable', 'the link broke before a receipt came'));
    this.#connection = new AbortController();
    void Promise.all(lost).then(() => {
      const nowMs = this.#with.clock.nowMs();
      this.#setbacks.clear();
      for (const lane of this.#lanes.values()) lane.arrived(nowMs);
      this.#lookSoon();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new AiflowError('cancelled', 'the courier was closed'));
    this.#timer?.cancel();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await Promise.all(this.#offers.values());
  }

  #welcome(node: string): void {
    const nowMs = this.#with.clock.nowMs();
    this.#laneOf(node).arrived(nowMs);
    for (const { id, place } of this.#with.store.sending.waiting()) if (place?.node === node) this.#setbacks.delete(id);
    this.#lookSoon();
  }

  /** Once for all that happened in this turn. */
  #lookSoon(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    queueMicrotask(() => {
      this.#isLookDue = false;
      if (!this.#closing.signal.aborted) this.#look();
    });
  }

  #look(): void {
    const { clock, store } = this.#with;
    for (const id of this.#setbacks.keys()) if (store.sending.find(id) === undefined) this.#setbacks.delete(id);
    const { sending } = store;
    const nodeOf = this.#resolver();
    for (;;) {
      const { offer, lookAgainMs } = nextOffer({
        nowMs: clock.nowMs(),
        ...{ nodeOf, targets: sending.targets },
        waiting: () => sending.waiting(),
        laneOf: node => this.#laneOf(node),
        isInFlight: id => this.#offers.has(id),
        notBeforeMs: id => this.#setbacks.get(id)?.notBeforeMs ?? -Infinity,
        hasRoom: (node, item) => sending.hasRoom(node, item),
      });
      if (offer === undefined) {
        this.#lookAgain(lookAgainMs);
        return;
      }
      this.#begin(offer);
    }
  }

  #lookAgain(atMs: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const expiryMs = this.#with.store.sending.nextExpiryMs();
    if (expiryMs === undefined) return;
    const ownMs = Math.min(LOOK_AGAIN_MS, atMs - this.#with.clock.nowMs());
    this.#timer = this.#with.clock.setTimer(Math.max(1, Math.min(ownMs, expiryMs)), () => {
      this.#with.store.sending.sweep().catch(cause => this.#warn('items past their time to live stay', cause));
      this.#lookSoon();
    });
  }

  /** Destinations are resolved once a look. */
  #resolver(): (item: StoredItem) => string | undefined {
    const nodes = new Map<string, string | undefined>();
    const capabilities = new Map<string, string | undefined>();
    return ({ to, place }) => {
      const destination = place ?? to;
      const isNode = 'node' in destination;
      const known = isNode ? nodes : capabilities;
      const name = isNode ? destination.node : destination.capability;
      if (!known.has(name)) known.set(name, this.#with.resolve(isNode ? { node: name } : { capability: name }));
      return known.get(name);
    };
  }

  #laneOf(node: string): NodeLane {
    const known = this.#lanes.get(node);
    if (known !== undefined) return known;
    for (const [name, lane] of this.#lanes) {
      if (this.#lanes.size < MAX_LANES) break;
      if (lane.inFlight === 0) this.#lanes.delete(name);
    }
    const lane = new NodeLane(this.#limits, this.#with.random.fork(`lane ${node}`));
    this.#lanes.set(node, lane);
    return lane;
  }

  #begin(offer: Offer): void {
    const { item, node } = offer;
    const lane = this.#laneOf(node);
    const bytes = item.payload.byteLength;
    lane.measure(this.#with.linkOf(node)?.bytesPerSecond);
    lane.begin(bytes, this.#with.clock.nowMs());
    const delivering = this.#deliver(offer, lane).finally(() => {
      lane.end(bytes);
      this.#offers.delete(item.id);
      this.#lookSoon();
    });
    this.#offers.set(item.id, delivering);
  }

  /** Never rejects. */
  async #deliver(offer: Offer, lane: NodeLane): Promise<void> {
    const { id, kind } = offer.item;
    try {
      const lastError = this.#with.store.sending.lastError(id); // the end of an item ends its history too
      const outcome = await deliverItem(this.#with.store, offer, async (node, delivery) => {
        const receipt = await this.#ask(node, delivery);
        lane.heard();
        if (receipt.outcome === 'refused') {
          this.#logger.warn('an item was refused', { id, kind, node, reason: receipt.reason });
        }
        return receipt;
      });
      this.#setbacks.delete(id);
      if (outcome === 'delivered') this.#with.onDelivered?.(describeDelivery(this.#with.store, offer, lastError));
      if (outcome === 'renamed') this.#logger.warn('the outbox took another name', { source: this.#with.store.source });
    } catch (cause) {
      if (!this.#closing.signal.aborted) this.#noteFailure(offer, lane, cause);
    }
  }

  /** O1 */
  #ask(node: string, delivery: OutboxDelivery): Promise<OutboxReceipt> {
    const { linkOf, offer } = this.#with;
    const { share, assumedBytesPerSecond, receiptTimeoutMs } = this.#limits;
    const link = linkOf(node);
    const carryMs = (delivery.payload.byteLength * 1000) / (share * (link?.bytesPerSecond ?? assumedBytesPerSecond));
    const timeoutMs = Math.min(MAX_TIMEOUT_MS, receiptTimeoutMs + 2 * (link?.rttMs ?? 0) + carryMs);
    const signal = AbortSignal.any([this.#closing.signal, this.#connection.signal]);
    return offer(node, delivery, { signal, timeoutMs: Math.ceil(timeoutMs) });
  }

  /** O2 */
  #noteFailure({ item }: Offer, lane: NodeLane, cause: unknown): void {
    const { clock, random, store } = this.#with;
    const { error, kind, retryAfterMs } = readOfferFailure(cause);
    const nowMs = clock.nowMs();
    store.sending.noteError(item.id, `${error.code}: ${error.message}`);
    if (kind === 'silent') lane.silent(nowMs);
    else if (kind === 'later') lane.comeAgain(nowMs, retryAfterMs);
    else lane.heard();
    if (error.code === 'unavailable') return; // it never left, so nothing is known of the item
    const failures = this.#setbacks.get(item.id)?.failures ?? 0;
    const forMs = Math.max(2 * retryAfterMs, pauseMs(failures, this.#limits, random));
    this.#setbacks.set(item.id, { failures: failures + 1, notBeforeMs: nowMs + forMs });
  }

  #warn(message: string, cause: unknown): void {
    const { code, message: reason } = AiflowError.from(cause);
    this.#logger.warn(message, { code, reason });
  }
}
