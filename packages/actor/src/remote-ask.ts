// SPDX-License-Identifier: Apache-2.0
import { AiflowError, decodeFailure, type Envelope, type PayloadType } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { CallGuard } from './call-guard.ts';
import type { EnvelopeSender } from './envelope-sender.ts';
import type { ExchangeTable, OpenExchange } from './exchange-table.ts';
import { decodePayload } from './payload-form.ts';
import { atHop, type PreparedCall } from './prepared-call.ts';
import { cancelFields, requestFields } from './request-envelope.ts';

/** What an exchange with another node works with. */
export interface RemoteCollaborators {
  readonly node: string;
  readonly clock: Clock;
  readonly sender: EnvelopeSender;
  readonly exchanges: ExchangeTable;
}

/** Asks an actor on another node; settles exactly once, at the latest at the call's deadline. */
export function askRemotely(
  collaborators: RemoteCollaborators,
  call: PreparedCall,
  replyType: PayloadType<unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    new RemoteAsk(collaborators, call, { replyType, resolve, reject }).begin();
  });
}

interface Asker {
  readonly replyType: PayloadType<unknown>;
  resolve(value: unknown): void;
  reject(error: AiflowError): void;
}

class RemoteAsk implements OpenExchange {
  readonly peer: string;
  readonly #collaborators: RemoteCollaborators;
  readonly #call: PreparedCall;
  readonly #asker: Asker;
  #guard: CallGuard | undefined;

  constructor(collaborators: RemoteCollaborators, call: PreparedCall, asker: Asker) {
    this.peer = call.to.node;
    this.#collaborators = collaborators;
    this.#call = call;
    this.#asker = asker;
  }

  begin(): void {
    const { clock, sender, exchanges } = this.#collaborators;
    const fields = requestFields(this.#call, clock.nowMs());
    exchanges.open(this.#call.messageId, this);
    this.#guard = new CallGuard(this.#call, clock, error => this.#giveUp(error));
    sender.post(fields)?.catch(error => this.fail(AiflowError.from(error)));
  }

  receive(envelope: Envelope): void {
    if (envelope.kind === 'failure') {
      this.fail(decodeFailure(envelope.payload));
      return;
    }
    if (envelope.kind !== 'reply') return;
    try {
      const value = decodePayload(this.#asker.replyType, envelope.payload, envelope.payloadEncoding);
      this.#call.replyBytes = envelope.payload.byteLength;
      if (this.#close()) this.#asker.resolve(value);
    } catch (error) {
      this.fail(AiflowError.from(error));
    }
  }

  fail(error: AiflowError): void {
    if (this.#close()) this.#asker.reject(atHop(this.#call, this.#collaborators.node, error));
  }

  #giveUp(error: AiflowError): void {
    this.#collaborators.sender.postQuietly(cancelFields(this.#call));
    this.fail(error);
  }

  /** False when it was closed already. */
  #close(): boolean {
    if (this.#guard === undefined) return false;
    this.#guard.release();
    this.#guard = undefined;
    this.#collaborators.exchanges.close(this.#call.messageId);
    return true;
  }
}
