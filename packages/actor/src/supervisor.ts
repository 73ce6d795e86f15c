// SPDX-License-Identifier: Apache-2.0
//
// The lives of one actor.
//
//   starting -> running -> restarting -> running ...      a fault ends an incarnation, a pause precedes the next
//       \__________\___________\_______-> stopped         by `stop`, or by too many faults
//
// Each incarnation has its own state from `create`, its own signal and its own set of running tasks.
//
// S1  At most one incarnation is current; a fault of one that no longer is changes nothing.
// S2  A new incarnation is made only after the pause and after the old one was disposed of (or that took too long).
// S3  Once stopped, always stopped: no timer, no incarnation, nothing is made any more.
import { AiflowError } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import type { ActorStatus } from './actor-system.ts';
import type { ActorDefinition } from './define-actor.ts';
import { createIncarnation, type Incarnation } from './incarnation.ts';
import type { ScopeSurroundings } from './message-scope.ts';
import { createRestartBudget, type RestartBudget } from './restart-budget.ts';

/** What an actor does as its lives come and go. */
export interface SupervisorEvents {
  /** A new life began: waiting messages can be handled. */
  onRunning(incarnation: Incarnation): void;
  /** The life is over after a fault; its running tasks are to be answered with `error`. */
  onRetired(incarnation: Incarnation, error: AiflowError): void;
  /** There will be no other life. */
  onDown(error: AiflowError): void;
}

export class Supervisor {
  life: ActorStatus['state'] = 'starting';
  restarts = 0;
  incarnation: Incarnation | undefined;
  /** Why the actor is stopped. */
  downError: AiflowError | undefined;
  readonly #definition: ActorDefinition;
  readonly #surroundings: ScopeSurroundings;
  readonly #events: SupervisorEvents;
  readonly #budget: RestartBudget;
  readonly #stopped = new AbortController();
  #disposing: Promise<void> = Promise.resolve();

  constructor(definition: ActorDefinition, surroundings: ScopeSurroundings, events: SupervisorEvents) {
    this.#definition = definition;
    this.#surroundings = surroundings;
    this.#events = events;
    this.#budget = createRestartBudget(surroundings, definition.supervision);
  }

  async start(): Promise<void> {
    try {
      const incarnation = await createIncarnation(this.#definition, this.#surroundings, this.#stopped.signal);
      if (this.life === 'stopped') return await incarnation.dispose();
      this.incarnation = incarnation;
      this.life = 'running';
      this.#events.onRunning(incarnation);
    } catch (error) {
      if (this.life !== 'stopped') this.#recover('create', error);
    }
  }

  /** The handler of `what` threw `cause` in `incarnation`: that life is over. */
  onFault(incarnation: Incarnation, what: string, cause: unknown): void {
    if (incarnation !== this.incarnation) return;
    this.#retire(new AiflowError('unavailable', `${this.#name()} restarts after a fault: try again`));
    this.#recover(what, cause);
  }

  /** Ends the actor with `error` as the answer to all later messages; resolves when the state was freed. */
  async stop(error: AiflowError): Promise<void> {
    if (this.life !== 'stopped') this.#goDown(error);
    await this.#disposing;
  }

  #recover(what: string, cause: unknown): void {
    const decision = this.#budget.onFault();
    const reason = AiflowError.from(cause).message;
    const { logger, self } = this.#surroundings;
    if (decision.action === 'stop') {
      const count = `${decision.restarts} restarts within ${decision.windowMs} ms`;
      logger.error(`actor ${self.actor} stays down after ${count}: ${reason}`, { actor: self.actor, what });
      this.#goDown(
        new AiflowError('unavailable', `${this.#name()} is down after ${count}; the last fault was: ${reason}`),
      );
      return;
    }
    this.life = 'restarting';
    this.restarts += 1;
    const pauseMs = Math.round(decision.pauseMs);
    logger.warn(`actor ${self.actor} failed in ${what}: ${reason}; restarting in ${pauseMs} ms`, {
      actor: self.actor,
      pauseMs,
    });
    void this.#restartAfter(decision.pauseMs);
  }

  async #restartAfter(pauseMs: number): Promise<void> {
    try {
      await Promise.all([sleep(this.#surroundings.clock, pauseMs, this.#stopped.signal), this.#disposing]);
    } catch {
      return; // stopped meanwhile (S3)
    }
    if (this.life === 'restarting') await this.start();
  }

  #retire(error: AiflowError): void {
    const { incarnation } = this;
    this.incarnation = undefined;
    if (incarnation === undefined) return;
    this.#events.onRetired(incarnation, error);
    incarnation.abort(error);
    this.#disposing = incarnation.dispose();
  }

  #goDown(error: AiflowError): void {
    this.life = 'stopped';
    this.downError = error;
    this.#stopped.abort(error);
    this.#retire(error);
    this.#events.onDown(error);
  }

  #name(): string {
    const { self } = this.#surroundings;
    return `actor ${self.actor} on node ${self.node}`;
  }
}
