// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import type { Timer } from '@aiflow/time';
import type { Selection } from './handler-table.ts';
import type { IncomingMessage, ItemSink } from './incoming-message.ts';

/** Where the handler of a message stands; being answered is another matter (a hung handler's asker has its answer). */
export type TaskState = 'waiting' | 'running' | 'done';

/** Tells the owner of a task that its asker has been answered. */
export type OnAnswered = (error: AiflowError | undefined) => void;

/**
 * One message on its way through an actor.
 *
 * T1  It is answered at most once; what a handler says afterwards is ignored.
 * T2  The signal a handler sees aborts with the error its asker was answered with, or with the cancellation.
 */
export class Task {
  readonly message: IncomingMessage;
  readonly selection: Selection;
  readonly latestKey: string | undefined;
  readonly arrivedMs: number;
  /** When its time is over, on this node's clock: the sender's limit, then, once it runs, the actor's if sooner. */
  limitMs: number;
  state: TaskState = 'waiting';
  timer: Timer | undefined;
  beganMs = 0;
  /** What the handler threw that is not an answer. */
  fault: { readonly cause: unknown } | undefined;
  onGrant: ((total: number) => void) | undefined;
  grantedItems: number;
  sentItems = 0;
  #answered = false;
  #controller: AbortController | undefined;
  #abortReason: AiflowError | undefined;
  readonly #onAnswered: OnAnswered | undefined;

  constructor(message: IncomingMessage, selection: Selection, arrivedMs: number, onAnswered?: OnAnswered) {
    this.message = message;
    this.selection = selection;
    this.arrivedMs = arrivedMs;
    this.limitMs = message.deadlineMs;
    this.grantedItems = message.initialCredit;
    this.latestKey = latestKeyOf(message);
    this.#onAnswered = onAnswered;
  }

  get messageType(): string {
    return this.selection.handler.contract.request.name;
  }

  get answered(): boolean {
    return this.#answered;
  }

  get aborted(): boolean {
    return this.#abortReason !== undefined;
  }

  /** Built on demand: most handlers never look at it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  abort(reason: AiflowError): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  /** Credit that the asker of a stream granted: a total, so an older one changes nothing. */
  grant(total: number): void {
    if (total <= this.grantedItems) return;
    this.grantedItems = total;
    this.onGrant?.(total);
  }

  /** The value a handler returned; returns its bytes on the wire. Throws when it can't be encoded. */
  answer(value: unknown): number {
    if (this.#answered) return 0;
    const { message } = this;
    const { contract } = this.selection.handler;
    let bytes = 0;
    if (message.kind === 'ask' && 'reply' in contract) bytes = message.reply(contract.reply, value);
    else message.done();
    this.#settle(undefined);
    return bytes;
  }

  endItems(sink: ItemSink, count: number): void {
    if (this.#answered) return;
    sink.end(count);
    this.#settle(undefined);
  }

  fail(error: AiflowError): void {
    if (this.#answered) return;
    this.message.fail(error, this.sentItems);
    this.#settle(error);
  }

  #settle(error: AiflowError | undefined): void {
    this.#answered = true;
    this.#onAnswered?.(error);
  }
}

function latestKeyOf(message: IncomingMessage): string | undefined {
  if (message.deliveryClass !== 'latest' || message.latestKey === '') return undefined;
  return `${message.from.node}/${message.from.actor}/${message.messageType}/${message.latestKey}`;
}
