// SPDX-License-Identifier: Apache-2.0
import { type Address, AiflowError } from '@aiflow/protocol';
import type { Call, CallObservation, CallOutcome } from './interceptor.ts';
import { MessageScope, type ScopeSurroundings } from './message-scope.ts';
import type { Onion } from './onion.ts';
import { produceItems } from './stream-producer.ts';
import type { Task } from './task.ts';

/** Runs handlers, inside the interceptors where there are any. */
export interface TaskRunner {
  /**
   * Calls the task's handler and answers with what it returns. Throws or rejects when it did not answer:
   * with `task.fault` set when the handler threw something that is not an answer.
   */
  run(task: Task, state: unknown): CallOutcome | Promise<CallOutcome>;
}

/** A runner for the handlers of one actor. */
export function createTaskRunner(surroundings: ScopeSurroundings, onion: Onion | undefined): TaskRunner {
  const runInner = (task: Task, state: unknown, trace: Call['trace']): CallOutcome | Promise<CallOutcome> => {
    const request = task.selection.read(task.message);
    return callHandler(task, state, { request, scope: new MessageScope(surroundings, task, trace) });
  };
  return {
    run: (task, state) => {
      if (onion === undefined) return runInner(task, state, task.message.trace);
      const call = inboundCall(task, surroundings.self, surroundings.clock.nowMs());
      if (onion.observe === undefined) return onion.run(call, async inner => runInner(task, state, inner.trace));
      const observation = onion.observe(call);
      return observed(observation, () => runInner(task, state, observation.trace));
    },
  };
}

/** Tells what `run` came to; a handler that answers at once is told of at once. */
function observed(
  observation: CallObservation,
  run: () => CallOutcome | Promise<CallOutcome>,
): CallOutcome | Promise<CallOutcome> {
  const succeed = (outcome: CallOutcome): CallOutcome => {
    observation.succeeded(outcome);
    return outcome;
  };
  const fail = (error: unknown): never => {
    observation.failed(error);
    throw error;
  };
  let outcome: CallOutcome | Promise<CallOutcome>;
  try {
    outcome = run();
  } catch (error) {
    return fail(error);
  }
  return outcome instanceof Promise ? outcome.then(succeed, fail) : succeed(outcome);
}

interface HandlerInput {
  readonly request: unknown;
  readonly scope: MessageScope;
}

function callHandler(task: Task, state: unknown, input: HandlerInput): CallOutcome | Promise<CallOutcome> {
  const { handler } = task.selection;
  let result: unknown;
  try {
    result = handler.run(state, input.request, input.scope);
  } catch (error) {
    throw noteFault(task, error);
  }
  if (handler.kind === 'stream') return answerItems(task, handler, result as AsyncIterable<unknown>);
  return isPromiseLike(result) ? answerLater(task, result) : answerNow(task, result);
}

async function answerItems(
  task: Task,
  handler: Extract<Task['selection']['handler'], { kind: 'stream' }>,
  items: AsyncIterable<unknown>,
): Promise<CallOutcome> {
  try {
    return await produceItems(task, items, task.message.openItems(handler.contract.item));
  } catch (error) {
    throw noteFault(task, error);
  }
}

async function answerLater(task: Task, result: PromiseLike<unknown>): Promise<CallOutcome> {
  let value: unknown;
  try {
    value = await result;
  } catch (error) {
    throw noteFault(task, error);
  }
  return answerNow(task, value);
}

function answerNow(task: Task, value: unknown): CallOutcome {
  return { replyBytes: task.answer(value), items: task.message.kind === 'ask' ? 1 : 0 };
}

/** An AiflowError is an answer; so is an abort that the handler was asked for. Anything else is a fault. */
function noteFault(task: Task, error: unknown): unknown {
  const answer = AiflowError.is(error) || (task.aborted && AiflowError.from(error).code === 'cancelled');
  if (!answer) task.fault = { cause: error };
  return error;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function inboundCall({ message, selection, arrivedMs }: Task, self: Address, nowMs: number): Call {
  return {
    direction: 'inbound',
    kind: message.kind,
    from: message.from,
    to: self,
    messageType: selection.handler.contract.request.name,
    messageId: message.messageId,
    deliveryClass: message.deliveryClass,
    requestBytes: message.requestBytes,
    trace: message.trace,
    queuedMs: nowMs - arrivedMs,
  };
}
