// SPDX-License-Identifier: Apache-2.0
import { type Address, AiflowError } from '@aiflow/protocol';
import type { ActorCell } from './actor-cell.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { OnAnswered, Task } from './task.ts';

/** A message that an actor took in. */
export interface Accepted {
  readonly cell: ActorCell;
  readonly task: Task;
}

/** The actors of one node by name. */
export interface ActorRegistry {
  readonly cells: readonly ActorCell[];
  /** Throws `already-exists`. */
  add(cell: ActorCell): void;
  /** Frees the name, if `cell` still holds it. */
  remove(cell: ActorCell): void;
  /** Hands a message to its actor; undefined when it was answered at once, with `not-found` for instance. */
  deliver(to: Address, message: IncomingMessage, onAnswered?: OnAnswered): Accepted | undefined;
}

/** An empty registry. */
export function createActorRegistry(node: string): ActorRegistry {
  const byName = new Map<string, ActorCell>();
  return {
    get cells() {
      return [...byName.values()];
    },
    add: cell => {
      if (!byName.has(cell.name)) byName.set(cell.name, cell);
      else
        throw new AiflowError('already-exists', `node ${node} already has an actor ${cell.name}: choose another name`);
    },
    remove: cell => {
      if (byName.get(cell.name) === cell) byName.delete(cell.name);
    },
    deliver: (to, message, onAnswered) => {
      const cell = byName.get(to.actor);
      if (cell === undefined) {
        message.fail(unknownActor(node, to.actor, [...byName.keys()]), 0);
        return undefined;
      }
      const task = cell.offer(message, onAnswered);
      return task === undefined ? undefined : { cell, task };
    },
  };
}

function unknownActor(node: string, name: string, names: readonly string[]): AiflowError {
  const known = names.filter(each => !each.startsWith('$')).sort();
  const has = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  return new AiflowError('not-found', `node ${node} has no actor ${name}: ${has}`, { node });
}
