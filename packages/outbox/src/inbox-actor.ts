// SPDX-License-Identifier: Apache-2.0
import { type ActorCaller, type ActorDefinition, defineActor, type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { type OutboxDelivery, type OutboxReceipt, offerItem } from '@aiflow/protocol';
import type { OfferLimits } from './courier.ts';
import type { ItemHandler } from './durable-store.ts';
import { InboxIntake } from './inbox-intake.ts';
import type { OutboxStore } from './outbox-store.ts';

/** The name under which a node takes items. */
export const INBOX_ACTOR = 'inbox';

/** What an inbox works with. */
export interface InboxOptions {
  readonly store: OutboxStore;
  /** One a kind. */
  readonly handlers: readonly ItemHandler[];
  readonly logger?: Logger;
  /** Items taken in at once. Default 8. */
  readonly concurrency?: number;
  /** Items that may wait for it; one more is told to come again. Default 64. */
  readonly mailboxCapacity?: number;
  /** The longest a handler may take. Default 30 000. */
  readonly handlerTimeoutMs?: number;
}

/**
 * The actor that takes items for this node: each one's mark and effect are one commit. An item of a kind that no handler
 * has is refused. While it has no room it answers `resource-exhausted` with a time to come again. Throws
 * `already-exists` when two handlers have one kind.
 */
export function createInboxActor(options: InboxOptions): ActorDefinition<InboxIntake> {
  const { store, handlers, logger = SILENT_LOGGER } = options;
  const intake = new InboxIntake(store, handlers, logger);
  return defineActor<InboxIntake>({
    name: INBOX_ACTOR,
    create: () => intake, // kept over a restart: what is being taken in must not be taken in twice
    concurrency: options.concurrency ?? 8,
    mailboxCapacity: options.mailboxCapacity ?? 64,
    handlerTimeoutMs: options.handlerTimeoutMs ?? 30_000,
    handlers: on => [on.ask(offerItem, (state, delivery, { from }) => state.take(delivery, from.node))],
  });
}

/** What a courier needs to ask the inboxes of other nodes. Items above 16 KiB go in class `bulk`. */
export function createInboxOffer(
  caller: ActorCaller,
): (node: string, delivery: OutboxDelivery, limits: OfferLimits) => Promise<OutboxReceipt> {
  return (node, delivery, limits) =>
    caller.ask({ node, actor: INBOX_ACTOR }, offerItem, delivery, {
      ...limits,
      deliveryClass: delivery.payload.byteLength > 16_384 ? 'bulk' : 'control',
    });
}
