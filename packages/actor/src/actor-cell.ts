// SPDX-License-Identifier: Apache-2.0
//
// One actor: its mailbox, and which message is handled next. Its handlers at work are running-tasks.ts, its lives
// supervisor.ts; one message's life is task.ts.
//
// A1  Every message offered is answered exactly once, at the latest when its own time is over.
// A2  At most `concurrency` handlers of one incarnation run at once, and none of an older one meets its state.
// A3  Waiting messages survive a restart. Of those at work the faulty one is answered `internal`, the others
//     `unavailable`.
// A4  A handler keeps its place until it has settled, even when its asker was answered or went away, so A2 holds.
//     One that has not settled HANG_GRACE_MS after `handlerTimeoutMs` (task-timing.ts) is a fault: its incarnation is
//     given up.
// A5  A stopped actor has no timer, no waiting message and no running task; however often it is stopped, each `stop`
//     resolves.
import { AiflowError } from '@aiflow/protocol';
import { ActorStatistics } from './actor-statistics.ts';
import type { ActorStatus } from './actor-system.ts';
import { cellLimits, overdue, overload } from './cell-limits.ts';
import type { ActorDefinition } from './define-actor.ts';
import { createHandlerTable, type HandlerTable } from './handler-table.ts';
import { createIdleWaiters } from './idle-waiters.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import type { ScopeSurroundings } from './message-scope.ts';
import type { Onion } from './onion.ts';
import { RunningTasks } from './running-tasks.ts';
import { Supervisor } from './supervisor.ts';
import { type OnAnswered, Task } from './task.ts';
import { createTaskRunner } from './task-runner.ts';
import { TaskTiming } from './task-timing.ts';
import type { TurnScheduler } from './turn-scheduler.ts';

/** What a cell works with. */
export interface CellCollaborators {
  readonly surroundings: ScopeSurroundings;
  readonly scheduler: TurnScheduler;
  readonly onion: Onion | undefined;
}

export class ActorCell {
  readonly name: string;
  readonly handlers: HandlerTable;
  readonly #capabilities: readonly string[];
  readonly #concurrency: number;
  readonly #timing: TaskTiming<Task>;
  readonly #surroundings: ScopeSurroundings;
  readonly #scheduler: TurnScheduler;
  readonly #running: RunningTasks;
  readonly #mailbox: Mailbox<Task>;
  readonly #supervisor: Supervisor;
  readonly #statistics = new ActorStatistics();
  readonly #pumpLater = (): void => this.#pump();
  #pumpScheduled = false;
  #stopping: AiflowError | undefined;
  /** The `stop`s that wait for the handlers. */
  readonly #idleWaiters = createIdleWaiters();

  constructor(definition: ActorDefinition, { surroundings, scheduler, onion }: CellCollaborators) {
    this.name = definition.name;
    this.handlers = createHandlerTable(definition);
    this.#capabilities = definition.capabilities ?? [];
    const limits = cellLimits(definition);
    this.#concurrency = limits.concurrency;
    this.#timing = new TaskTiming(surroundings.clock, limits.handlerTimeoutMs, task => this.#onTimer(task));
    this.#mailbox = createMailbox(limits.mailboxCapacity);
    this.#surroundings = surroundings;
    this.#scheduler = scheduler;
    this.#running = new RunningTasks(
      {
        surroundings,
        runner: createTaskRunner(surroundings, onion),
        timing: this.#timing,
        statistics: this.#statistics,
      },
      {
        onSettled: left => this.#onSettled(left),
        onFault: (incarnation, what, cause) => this.#supervisor.onFault(incarnation, what, cause),
      },
    );
    this.#supervisor = new Supervisor(definition, surroundings, {
      onRunning: () => this.#schedulePump(),
      onRetired: (incarnation, error) => {
        this.#running.abandon(incarnation, error);
        this.#idleWaiters.wake();
      },
      onDown: error => this.#refuseWaiting(error),
    });
  }

  /** Begins the first life. */
  start(): void {
    void this.#supervisor.start();
  }

  /** Takes a message in or answers it with an error. The task is undefined when it was answered at once. */
  offer(message: IncomingMessage, onAnswered?: OnAnswered): Task | undefined {
    const nowMs = this.#surroundings.clock.nowMs();
    let task: Task;
    try {
      const down = this.#supervisor.downError ?? this.#stopping;
      if (down !== undefined) throw down;
      task = new Task(message, this.handlers.select(message), nowMs, onAnswered);
      this.#enqueue(task, nowMs);
    } catch (error) {
      this.#statistics.refused += 1;
      message.fail(AiflowError.from(error), 0);
      return undefined;
    }
    this.#schedulePump();
    return task;
  }

  /** The asker no longer wants an answer. */
  cancel(task: Task, reason: AiflowError): void {
    if (!task.answered) this.#giveUp(task, reason);
  }

  status(): ActorStatus {
    const { life, restarts } = this.#supervisor;
    const { handled, failed, refused } = this.#statistics;
    const common = { name: this.name, state: life, capabilities: this.#capabilities, restarts };
    return { ...common, mailboxDepth: this.#mailbox.depth, inProgress: this.#inProgress, handled, failed, refused };
  }

  async stop(signal?: AbortSignal): Promise<void> {
    const error = new AiflowError(
      'unavailable',
      `actor ${this.name} on node ${this.#surroundings.self.node} is stopped`,
    );
    this.#stopping ??= error;
    this.#refuseWaiting(error);
    await (this.#inProgress > 0 ? this.#idleWaiters.wait(signal) : undefined);
    await this.#supervisor.stop(error);
  }

  get #inProgress(): number {
    return this.#supervisor.incarnation?.running.size ?? 0;
  }

  #enqueue(task: Task, nowMs: number): void {
    if (task.limitMs <= nowMs) throw overdue(task, this.#surroundings.self);
    const offer = this.#mailbox.offer(task);
    if (!offer.accepted) {
      const { depth } = this.#mailbox;
      throw overload(this.#surroundings.self, depth, this.#statistics.retryAfterMs(depth, this.#concurrency));
    }
    if (offer.replaced !== undefined) {
      this.#refuse(
        offer.replaced,
        new AiflowError('aborted', 'a newer message with the same latestKey took its place'),
      );
    }
    this.#timing.onQueued(task, nowMs);
  }

  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    this.#scheduler.schedule(this.#pumpLater);
  }

  /** Starts what may be started; one message a turn when there are more, so that a burst can't hold the loop. */
  #pump(): void {
    this.#pumpScheduled = false;
    const { incarnation } = this.#supervisor;
    if (incarnation === undefined || incarnation.running.size >= this.#concurrency) return;
    const task = this.#mailbox.take();
    if (task === undefined) return;
    this.#running.begin(task, incarnation);
    if (this.#mailbox.depth > 0) this.#schedulePump();
  }

  /** A handler made room, with `left` still at work in its incarnation. */
  #onSettled(left: number): void {
    if (left === 0) this.#idleWaiters.wake();
    if (this.#mailbox.depth > 0) this.#schedulePump();
  }

  #onTimer(task: Task): void {
    if (!task.answered) {
      this.#giveUp(task, overdue(task, this.#surroundings.self));
      return;
    }
    const { incarnation } = this.#supervisor;
    if (incarnation !== undefined) this.#running.checkHung(task, incarnation);
  }

  /** Answers with `error`. A handler at work is asked to end; the time it may still take is bounded (A4). */
  #giveUp(task: Task, error: AiflowError): void {
    if (this.#mailbox.remove(task)) {
      this.#refuse(task, error);
      return;
    }
    task.abort(error);
    task.fail(error);
    if (task.state === 'running') this.#timing.onGivenUp(task);
  }

  #refuse(task: Task, error: AiflowError): void {
    task.state = 'done';
    task.timer?.cancel();
    this.#statistics.refused += 1;
    task.abort(error);
    task.fail(error);
  }

  #refuseWaiting(error: AiflowError): void {
    for (let task = this.#mailbox.take(); task !== undefined; task = this.#mailbox.take()) this.#refuse(task, error);
  }
}
