// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { ActorStatistics } from './actor-statistics.ts';
import type { Incarnation } from './incarnation.ts';
import type { ScopeSurroundings } from './message-scope.ts';
import type { Task } from './task.ts';
import type { TaskRunner } from './task-runner.ts';
import type { TaskTiming } from './task-timing.ts';

/** What the handlers of an actor run with. */
export interface RunningCollaborators {
  readonly surroundings: ScopeSurroundings;
  readonly runner: TaskRunner;
  readonly timing: TaskTiming<Task>;
  readonly statistics: ActorStatistics;
}

/** What an actor does as its handlers end. */
export interface RunningEvents {
  /** One has settled; `left` are still at work in its incarnation. */
  onSettled(left: number): void;
  /** The handler of `what` threw `cause`, which is no answer, or hangs. */
  onFault(incarnation: Incarnation, what: string, cause: unknown): void;
}

/** The handlers of one actor at work, from their begin until they have settled or their incarnation is given up. */
export class RunningTasks {
  readonly #collaborators: RunningCollaborators;
  readonly #events: RunningEvents;

  constructor(collaborators: RunningCollaborators, events: RunningEvents) {
    this.#collaborators = collaborators;
    this.#events = events;
  }

  /** Starts the handler of `task` on the state of `incarnation`. */
  begin(task: Task, incarnation: Incarnation): void {
    const { timing, runner, surroundings } = this.#collaborators;
    task.state = 'running';
    incarnation.running.add(task);
    timing.onBegun(task, surroundings.clock.nowMs());
    try {
      const outcome = runner.run(task, incarnation.state);
      if (!(outcome instanceof Promise)) {
        this.#settled(task, incarnation);
        return;
      }
      outcome.then(
        () => this.#settled(task, incarnation),
        error => this.#threw(task, incarnation, error),
      );
    } catch (error) {
      this.#threw(task, incarnation, error);
    }
  }

  /** The grace of a handler that was told to end is over: a fault where it has not (A4). */
  checkHung(task: Task, incarnation: Incarnation): void {
    if (!incarnation.running.has(task)) return;
    const { hungAfterMs } = this.#collaborators.timing;
    const reason = `the handler of ${task.messageType} still runs ${hungAfterMs} ms after it began`;
    this.#events.onFault(incarnation, task.messageType, new AiflowError('deadline-exceeded', reason));
  }

  /** The incarnation is over: answers its tasks with `error`; what their handlers still say is ignored. */
  abandon(incarnation: Incarnation, error: AiflowError): void {
    const { statistics, surroundings } = this.#collaborators;
    for (const task of incarnation.running) {
      task.timer?.cancel();
      task.state = 'done';
      task.abort(error);
      task.fail(error);
      statistics.onHandled(surroundings.clock.nowMs() - task.beganMs, true);
    }
    incarnation.running.clear();
  }

  #threw(task: Task, incarnation: Incarnation, error: unknown): void {
    const { fault } = task;
    if (fault === undefined) {
      task.fail(AiflowError.from(error, 'internal'));
      this.#settled(task, incarnation, true);
      return;
    }
    const { self, logger } = this.#collaborators.surroundings;
    const { message } = AiflowError.from(fault.cause);
    logger.error(`a handler of actor ${self.actor} threw: ${message}`, {
      actor: self.actor,
      stack: stackOf(fault.cause),
    });
    task.fail(new AiflowError('internal', `actor ${self.actor} on node ${self.node} failed: ${message}`));
    this.#settled(task, incarnation, true);
    this.#events.onFault(incarnation, task.messageType, fault.cause);
  }

  #settled(task: Task, incarnation: Incarnation, failed = false): void {
    const { statistics, surroundings } = this.#collaborators;
    task.timer?.cancel();
    if (!incarnation.running.delete(task)) return; // the incarnation was given up; its tasks were counted then
    task.state = 'done';
    if (!task.answered) {
      task.fail(new AiflowError('internal', `actor ${surroundings.self.actor} ended without an answer`));
    }
    statistics.onHandled(surroundings.clock.nowMs() - task.beganMs, failed || task.aborted);
    this.#events.onSettled(incarnation.running.size);
  }
}

function stackOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}
