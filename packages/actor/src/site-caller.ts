// SPDX-License-Identifier: Apache-2.0
import type { Address, AskContract, StreamContract, TellContract } from '@aiflow/protocol';
import type { ActorCaller, CallOptions, StreamOptions } from './actor-context.ts';
import type { CallSite, Outbound } from './outbound.ts';

const NO_OPTIONS: StreamOptions = {};

/** Makes its calls on behalf of one call site. */
export abstract class SiteCaller implements ActorCaller {
  readonly #outbound: Outbound;

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  protected abstract site(): CallSite;

  tell<Message>(
    to: Address,
    contract: TellContract<Message>,
    message: Message,
    options: CallOptions = NO_OPTIONS,
  ): Promise<void> {
    return this.#outbound.tell({ site: this.site(), to, contract, request: message, options });
  }

  ask<Request, Reply>(
    to: Address,
    contract: AskContract<Request, Reply>,
    request: Request,
    options: CallOptions = NO_OPTIONS,
  ): Promise<Reply> {
    return this.#outbound.ask({ site: this.site(), to, contract, request, options }) as Promise<Reply>;
  }

  stream<Request, Item>(
    to: Address,
    contract: StreamContract<Request, Item>,
    request: Request,
    options: StreamOptions = NO_OPTIONS,
  ): AsyncIterable<Item> {
    return this.#outbound.stream({ site: this.site(), to, contract, request, options }) as AsyncIterable<Item>;
  }
}
