// SPDX-License-Identifier: Apache-2.0
//
// What an inbox does with one offered item.
//
//   number -> seen: its standing is the answer
//          -> being taken in: wait for that, look again
//          -> new -> too old: expired
//                 -> no handler, or the handler will never take it: refused
//                 -> its changes and its mark in one commit: stored
//
// B1  The mark and the effect are one commit, so either both happened or neither.
// B2  One item is taken in at a time for each number, so a number is judged by what is safe.
// B3  Nothing is remembered of an item that was refused or too old: its sender ends it.
import type { Logger } from '@aiflow/actor';
import {
  AiflowError,
  type ErrorCode,
  type OutboxDelivery,
  type OutboxOutcome,
  type OutboxReceipt,
} from '@aiflow/protocol';
import type { Change, ItemHandler } from './durable-store.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { Numbered } from './received-streams.ts';

/** Errors of a handler by which an item is refused for ever. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid-argument',
  'failed-precondition',
  'not-found',
  'unimplemented',
]);
const NO_ROOM_RETRY_MS = 5_000;

/** Takes in items, several at once. */
export class InboxIntake {
  readonly #store: OutboxStore;
  readonly #handlers: ReadonlyMap<string, ItemHandler>;
  readonly #logger: Logger;
  /** By number (B2). */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(store: OutboxStore, handlers: readonly ItemHandler[], logger: Logger) {
    this.#store = store;
    this.#handlers = byKind(handlers);
    this.#logger = logger;
  }

  /** Rejects when the item is to be offered again. */
  async take(delivery: OutboxDelivery, from: string): Promise<OutboxReceipt> {
    const key = `${delivery.priority} ${delivery.sequence} ${delivery.source}`;
    for (let other = this.#underWay.get(key); other !== undefined; other = this.#underWay.get(key)) {
      await other.catch(() => undefined);
    }
    const taking = this.#takeAlone(delivery, from);
    this.#underWay.set(key, taking);
    try {
      return await taking;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #takeAlone(delivery: OutboxDelivery, from: string): Promise<OutboxReceipt> {
    const { source, priority, sequence, id, floor, ageMs, timeToLiveMs } = delivery;
    const numbered: Numbered = { source, priority, sequence, id };
    const standing = this.#store.receiving.standing(numbered);
    if (standing !== 'new') return receipt(standing);
    if (ageMs >= timeToLiveMs) return receipt('expired', `${ageMs} ms old, its time to live is ${timeToLiveMs} ms`); // B3
    const decided = await this.#decide(delivery, from);
    if ('refusal' in decided) return receipt('refused', decided.refusal); // B3
    await this.#keep({ numbered, floor, openForMs: timeToLiveMs - ageMs }, decided.changes);
    return receipt('stored');
  }

  async #decide(
    delivery: OutboxDelivery,
    from: string,
  ): Promise<{ readonly changes: readonly Change[] } | { readonly refusal: string }> {
    const { kind, id, payload, ageMs, ageUncertain, traceParent } = delivery;
    const handler = this.#handlers.get(kind);
    if (handler === undefined) {
      const known = [...this.#handlers.keys()].join(', ') || 'none';
      return { refusal: `unimplemented: no handler for items of kind ${kind} (there are ${known})` };
    }
    const trace = traceParent === undefined ? {} : { traceParent };
    try {
      return { changes: await handler.receive({ id, from, kind, payload, ageMs, ageUncertain, ...trace }) };
    } catch (cause) {
      const error = AiflowError.from(cause, 'internal');
      if (REFUSALS.has(error.code)) return { refusal: `${error.code}: ${error.message}` };
      this.#logger.warn('an item could not be taken in; it will be offered again', {
        ...{ id, kind, from, code: error.code, reason: error.message },
      });
      throw error;
    }
  }

  /** B1 */
  async #keep(...[arrival, changes]: Parameters<OutboxStore['receiving']['receive']>): Promise<void> {
    try {
      await this.#store.receiving.receive(arrival, changes);
    } catch (cause) {
      const error = AiflowError.from(cause, 'internal');
      if (error.code !== 'resource-exhausted' || error.retryAfterMs !== undefined) throw error;
      throw new AiflowError(error.code, error.message, { cause, retryAfterMs: NO_ROOM_RETRY_MS });
    }
  }
}

function receipt(outcome: OutboxOutcome, reason = ''): OutboxReceipt {
  return { outcome, reason };
}

function byKind(handlers: readonly ItemHandler[]): ReadonlyMap<string, ItemHandler> {
  const kinds = new Map<string, ItemHandler>();
  for (const handler of handlers) {
    if (kinds.has(handler.kind)) {
      throw new AiflowError('already-exists', `two handlers take items of kind ${handler.kind}: give one a kind`);
    }
    kinds.set(handler.kind, handler);
  }
  return kinds;
}
