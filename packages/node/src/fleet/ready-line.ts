// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { NodeReadyLine } from '../cli/node-command.ts';

/** Waits for the line that a daemon prints when it has joined. */
export interface ReadyWatch {
  /** Takes a line of the daemon's standard output. */
  take(line: string): void;
  /** Resolves when the line came; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
  isReadyLine(line: string): boolean;
  /** The line; throws before it came. */
  line(): NodeReadyLine;
}

/** A watch for the node `name`. */
export function awaitReadyLine(name: string): ReadyWatch {
  let seen: NodeReadyLine | undefined;
  let announce: () => void = () => undefined;
  const arrived = new Promise<void>(resolve => {
    announce = resolve;
  });
  return {
    take: text => {
      seen ??= parseReadyLine(text);
      if (seen) announce();
    },
    isReadyLine: text => parseReadyLine(text) !== undefined,
    wait: signal =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        void arrived.then(resolve);
      }),
    line: () => {
      if (seen) return seen;
      throw new AiflowError('internal', `node ${name} has not said that it is ready`);
    },
  };
}

function parseReadyLine(text: string): NodeReadyLine | undefined {
  try {
    const value = JSON.parse(text) as Partial<NodeReadyLine> | null;
    return value?.type === 'node-ready' && typeof value.healthUrl === 'string' ? (value as NodeReadyLine) : undefined;
  } catch {
    return undefined; // an actor's own output
  }
}
