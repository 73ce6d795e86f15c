// SPDX-License-Identifier: Apache-2.0
//
// The actor by which people see and steer a node's outbox (`aiflow outbox`).
import { type ActorDefinition, defineActor } from '@aiflow/actor';
import { AiflowError, type AskContract, jsonAsk } from '@aiflow/protocol';
import type { Courier } from './courier.ts';
import type { ItemEnd, OutboxEntry } from './outbox-item.ts';
import type { OutboxStore } from './outbox-store.ts';

/** The name under which a node tells of its outbox. */
export const OUTBOX_ACTOR = 'outbox';

/** An item as people see it: sizes instead of payloads. */
export interface OutboxLine extends Omit<OutboxEntry, 'payload'> {
  readonly payloadBytes: number;
}

/** A node's outbox at a glance. */
export interface OutboxListing {
  /** Urgent ones first, then the oldest; at most as many as were asked for. */
  readonly items: readonly OutboxLine[];
  /** Items that wait, listed or not. */
  readonly count: number;
  /** Of items and records. */
  readonly bytes: number;
  readonly inFlight: number;
  /** Items by how they ended, since the node started. */
  readonly ended: Readonly<Record<ItemEnd, number>>;
}

/** Which item is meant; all of them where `id` is absent. */
export interface OutboxSelection {
  readonly id?: string;
}

/** Lists what waits; `limit` defaults to 100, at most 1 000. */
export const listOutbox: AskContract<{ readonly limit?: number }, OutboxListing> = jsonAsk('aiflow.outbox.list', {
  request: parseListRequest,
});

/** Ends an item, or all, as dropped. `not-found` when no such item waits. An item that was offered may still arrive. */
export const dropFromOutbox: AskContract<OutboxSelection, { readonly count: number }> = jsonAsk('aiflow.outbox.drop', {
  request: parseSelection,
});

/** Offers an item, or all, without waiting for the end of a pause. `not-found` when no such item waits. */
export const retryOutbox: AskContract<OutboxSelection, { readonly count: number }> = jsonAsk('aiflow.outbox.retry', {
  request: parseSelection,
});

const DEFAULT_LINES = 100;
const MAX_LINES = 1000;

/** What the actor tells of. */
export interface OutboxActorOptions {
  readonly store: OutboxStore;
  readonly courier: Pick<Courier, 'hurry' | 'inFlight'>;
}

/** The actor `outbox` of a node. */
export function createOutboxActor({ store, courier }: OutboxActorOptions): ActorDefinition<null> {
  return defineActor<null>({
    name: OUTBOX_ACTOR,
    create: () => null,
    handlers: on => [
      on.ask(listOutbox, (_state, { limit = DEFAULT_LINES }) => listing(store, courier, limit)),
      on.ask(dropFromOutbox, async (_state, selection) => {
        const ids = select(store, selection);
        await store.commit(ids.map(id => ({ kind: 'end', id, how: 'dropped' })));
        return { count: ids.length };
      }),
      on.ask(retryOutbox, (_state, selection) => {
        const ids = select(store, selection);
        courier.hurry(selection.id);
        return { count: ids.length };
      }),
    ],
  });
}

function listing(store: OutboxStore, { inFlight }: Pick<Courier, 'inFlight'>, limit: number): OutboxListing {
  const entries = store.entries();
  const items = entries.slice(0, limit).map(({ payload, ...told }) => ({ ...told, payloadBytes: payload.byteLength }));
  return { items, count: entries.length, bytes: store.bytes, inFlight, ended: store.ended };
}

function select(store: OutboxStore, { id }: OutboxSelection): readonly string[] {
  const ids = store.entries().map(entry => entry.id);
  if (id === undefined) return ids;
  if (ids.includes(id)) return [id];
  throw new AiflowError('not-found', `no item ${id} waits in this outbox: aiflow outbox lists them`);
}

function parseListRequest(json: unknown): { readonly limit?: number } {
  const { limit } = (json ?? {}) as { readonly limit?: unknown };
  if (limit === undefined) return {};
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= MAX_LINES) return { limit };
  throw new AiflowError(
    'invalid-argument',
    `limit must be a whole number from 1 to ${MAX_LINES}, got ${String(limit)}`,
  );
}

function parseSelection(json: unknown): OutboxSelection {
  const { id } = (json ?? {}) as { readonly id?: unknown };
  if (id === undefined) return {};
  if (typeof id === 'string') return { id };
  throw new AiflowError('invalid-argument', `id must be text, or absent for all items, got ${typeof id}`);
}
