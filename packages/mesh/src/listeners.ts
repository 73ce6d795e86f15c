// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';

/** Those who want to hear of something. */
export interface Listeners<T> {
  /** Calls `listener` with each value until the returned function is called. */
  add(listener: (value: T) => void): () => void;
  /** Calls them all; one that throws keeps nobody else from hearing it, and is logged as the bug it is. */
  tell(value: T): void;
}

/** Nobody listens yet. */
export function createListeners<T>(logger: Logger): Listeners<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    add: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: value => {
      for (const listener of listeners) {
        try {
          listener(value);
        } catch (error) {
          logger.error(`bug: a mesh listener threw: ${AiflowError.from(error, 'internal').message}`);
        }
      }
    },
  };
}
