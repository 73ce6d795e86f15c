// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@aiflow/actor';
import type { OutboxDelivery, OutboxReceipt } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { DeliveredItem } from './delivered-item.ts';
import type { LaneLimits } from './node-lane.ts';
import type { Destination } from './outbox-item.ts';
import type { OutboxStore } from './outbox-store.ts';
import { StoreCourier } from './store-courier.ts';

/** What a courier works with. */
export interface CourierCollaborators {
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** The node to send to, as far as it is there now. */
  readonly resolve: (destination: Destination) => string | undefined;
  /** Asks a node to take an item; see `createInboxOffer`. */
  readonly offer: (node: string, delivery: OutboxDelivery, limits: OfferLimits) => Promise<OutboxReceipt>;
  /** Calls `listener` with the name of each node that comes, or comes back, until the returned function is called. */
  readonly onPeers: (listener: (node: string) => void) => () => void;
  /** The link to a node as it was measured; undefined while it was not. */
  readonly linkOf: (node: string) => LinkRate | undefined;
  /** Hears of each item that a node has now. Default: nobody does. */
  readonly onDelivered?: (item: DeliveredItem) => void;
}

/** The limits of one offer. */
export interface OfferLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** What a courier needs to know of a link. */
export interface LinkRate {
  readonly rttMs: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

/** How a courier goes about it. */
export interface CourierOptions extends Partial<LaneLimits> {
  /** How long a node has for a receipt, beside the time that the item takes on the link. Default 3 000. */
  readonly receiptTimeoutMs?: number;
}

/** Sends what waits, from when it is made until it is disposed of. */
export interface Courier extends AsyncDisposable {
  /** Offers an item, or all, without waiting for the end of a pause. */
  hurry(id?: string): void;
  /** The link that all go over is back: receipts that are still waited for were lost with it, so those offers are made again. */
  reconnected(): void;
  readonly inFlight: number;
}

const DEFAULTS: LaneLimits & { readonly receiptTimeoutMs: number } = {
  receiptTimeoutMs: 3000,
  perNode: 4,
  initialPauseMs: 500,
  maxPauseMs: 60_000,
  arrivalSpreadMs: 1_000,
  controlBytes: 16_384,
  burstBytes: 65_536,
  share: 1 / 3,
  assumedBytesPerSecond: 131_072,
};

/** A courier at work. Its options' defaults: 4 offers a node, pauses of 0.5 to 60 s, a third of a link's rate. */
export function createCourier(collaborators: CourierCollaborators, options: CourierOptions = {}): Courier {
  return new StoreCourier(collaborators, { ...DEFAULTS, ...options });
}
