// SPDX-License-Identifier: Apache-2.0
import type { Address, TraceContext } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { MessageContext } from './actor-context.ts';
import type { Logger } from './logger.ts';
import type { CallSite, Outbound } from './outbound.ts';
import { SiteCaller } from './site-caller.ts';
import type { Task } from './task.ts';

/** What every handler of one node is given. */
export interface ScopeSurroundings {
  readonly self: Address;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly outbound: Outbound;
}

/** One message as its handler sees it; calls made through it are cancelled with it. */
export class MessageScope extends SiteCaller implements MessageContext, CallSite {
  readonly self: Address;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly from: Address;
  readonly messageId: string;
  readonly trace: TraceContext | undefined;
  readonly nested = true;
  readonly #task: Task;

  constructor(surroundings: ScopeSurroundings, task: Task, trace: TraceContext | undefined) {
    super(surroundings.outbound);
    this.self = surroundings.self;
    this.clock = surroundings.clock;
    this.random = surroundings.random;
    this.logger = surroundings.logger;
    this.from = task.message.from;
    this.messageId = task.message.messageId;
    this.trace = trace;
    this.#task = task;
  }

  get signal(): AbortSignal {
    return this.#task.signal;
  }

  remainingMs(): number {
    return Math.max(0, this.#task.limitMs - this.clock.nowMs());
  }

  protected override site(): CallSite {
    return {
      from: this.self,
      nested: true,
      trace: this.trace,
      signal: this.signal,
      remainingMs: () => this.remainingMs(),
    };
  }
}
