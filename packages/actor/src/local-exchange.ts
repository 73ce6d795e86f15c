// SPDX-License-Identifier: Apache-2.0
import type { AiflowError, PayloadType } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { Accepted, ActorRegistry } from './actor-registry.ts';
import { CallGuard } from './call-guard.ts';
import type { ExchangeTable } from './exchange-table.ts';
import { LocalMessage } from './local-message.ts';
import { atHop, type PreparedCall } from './prepared-call.ts';
import type { StreamClosed } from './remote-stream.ts';
import { StreamConsumer } from './stream-consumer.ts';

/** What an exchange within the node works with. */
export interface LocalCollaborators {
  readonly node: string;
  readonly clock: Clock;
  readonly registry: ActorRegistry;
  readonly exchanges: ExchangeTable;
}

/** Asks an actor of this node. The actor itself keeps the call's deadline, so no second timer is needed. */
export function askLocally(
  collaborators: LocalCollaborators,
  call: PreparedCall,
  replyType: PayloadType<unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    collaborators.exchanges.enter();
    new LocalAsk(collaborators, call, { resolve, reject }).begin(replyType);
  });
}

interface Asker {
  resolve(value: unknown): void;
  reject(error: AiflowError): void;
}

class LocalAsk {
  readonly #collaborators: LocalCollaborators;
  readonly #call: PreparedCall;
  readonly #asker: Asker;
  #guard: CallGuard | undefined;

  constructor(collaborators: LocalCollaborators, call: PreparedCall, asker: Asker) {
    this.#collaborators = collaborators;
    this.#call = call;
    this.#asker = asker;
  }

  begin(replyType: PayloadType<unknown>): void {
    const call = this.#call;
    const accepted = this.#collaborators.registry.deliver(call.to, new LocalMessage(call, replyType, this));
    if (accepted === undefined || call.signals.length === 0) return;
    this.#guard = new CallGuard(call, undefined, error => accepted.cell.cancel(accepted.task, error));
  }

  reply(value: unknown): void {
    this.#close();
    this.#asker.resolve(value);
  }

  fail(error: AiflowError): void {
    this.#close();
    this.#asker.reject(atHop(this.#call, this.#collaborators.node, error));
  }

  #close(): void {
    this.#guard?.release();
    this.#collaborators.exchanges.leave();
  }
}

/** Tells an actor of this node; throws when it can't take the message. What the handler makes of it stays unknown. */
export function tellLocally({ registry, node }: LocalCollaborators, call: PreparedCall): void {
  let refusal: AiflowError | undefined;
  const asker = {
    reply: () => undefined,
    fail: (error: AiflowError) => {
      refusal = error;
    },
  };
  registry.deliver(call.to, new LocalMessage(call, undefined, asker));
  if (refusal !== undefined) throw atHop(call, node, refusal);
}

/** Opens a stream from an actor of this node. */
export function streamLocally(
  { registry, node, clock, exchanges }: LocalCollaborators,
  call: PreparedCall,
  itemType: PayloadType<unknown>,
  onClosed: StreamClosed,
): StreamConsumer {
  let accepted: Accepted | undefined;
  const consumer = new StreamConsumer(
    clock,
    { credit: call.credit, producer: `${call.to.node}/${call.to.actor}` },
    {
      grant: total => accepted?.task.grant(total),
      closed: (error, items) => {
        guard?.release();
        exchanges.leave();
        if (error !== undefined && accepted !== undefined) accepted.cell.cancel(accepted.task, error);
        onClosed(error, items);
      },
    },
  );
  exchanges.enter();
  const asker = {
    reply: () => undefined,
    item: (position: number, item: unknown) => consumer.receive(position, item),
    end: (count: number) => consumer.end(count),
    fail: (error: AiflowError, sentItems: number) => consumer.end(sentItems, atHop(call, node, error)),
  };
  let guard: CallGuard | undefined;
  accepted = registry.deliver(call.to, new LocalMessage(call, itemType, asker));
  if (accepted !== undefined) guard = new CallGuard(call, undefined, error => consumer.fail(atHop(call, node, error)));
  return consumer;
}
