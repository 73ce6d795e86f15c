// SPDX-License-Identifier: Apache-2.0
import { type Address, AiflowError } from '@aiflow/protocol';
import type { ActorDefinition } from './define-actor.ts';
import type { Task } from './task.ts';

const DEFAULTS = { concurrency: 1, handlerTimeoutMs: 60_000, mailboxCapacity: 256 } as const;

/** What bounds one actor; see {@link ActorDefinition}. */
export type CellLimits = Record<keyof typeof DEFAULTS, number>;

/** The limits of `definition`, defaults filled in. Throws `invalid-argument` for one that is not above 0. */
export function cellLimits(definition: ActorDefinition): CellLimits {
  const limit = (field: keyof CellLimits): number => {
    const value = definition[field] ?? DEFAULTS[field];
    if (value > 0) return value;
    const message = `${field} ${value} of actor ${definition.name} is not allowed: use more than 0`;
    throw new AiflowError('invalid-argument', message);
  };
  return {
    concurrency: limit('concurrency'),
    handlerTimeoutMs: limit('handlerTimeoutMs'),
    mailboxCapacity: limit('mailboxCapacity'),
  };
}

/** The answer to a message that finds the mailbox full. */
export function overload({ actor, node }: Address, depth: number, retryAfterMs: number): AiflowError {
  const message = `mailbox of actor ${actor} on node ${node} is full with ${depth} messages: retry in ${retryAfterMs} ms`;
  return new AiflowError('resource-exhausted', message, { retryAfterMs });
}

/** The answer to a message whose time is over, in the mailbox or in its handler. */
export function overdue(task: Task, { actor, node }: Address): AiflowError {
  const beganMs = task.limitMs === task.message.deadlineMs ? task.arrivedMs : task.beganMs;
  const afterMs = Math.round(task.limitMs - beganMs);
  const what = task.state === 'waiting' ? 'waited in the mailbox of' : 'was in the hands of';
  const message = `${task.messageType} ${what} actor ${actor} on node ${node} for its whole time of ${afterMs} ms`;
  return new AiflowError('deadline-exceeded', message);
}
