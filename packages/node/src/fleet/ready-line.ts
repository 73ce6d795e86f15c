// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { NodeJoinedLine, NodeReadyLine } from '../cli/node-command.ts';

/** Waits until a daemon has said that it serves and has joined. */
export interface ReadyWatch {
  /** Takes a line of the daemon's standard output. */
  take(line: string): void;
  /** Resolves when it has joined; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
  /** The line is of the daemon's own. */
  isReadyLine(line: string): boolean;
  /** What it said when it served; throws before it did. */
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
      const line = parseLine(text);
      if (line?.type === 'node-ready') seen ??= line;
      if (line?.type === 'node-joined' || seen?.joined === true) announce();
    },
    isReadyLine: text => parseLine(text) !== undefined,
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

function parseLine(text: string): NodeReadyLine | NodeJoinedLine | undefined {
  try {
    const value = JSON.parse(text) as Partial<NodeReadyLine | NodeJoinedLine> | null;
    if (value?.type === 'node-joined') return value as NodeJoinedLine;
    return value?.type === 'node-ready' && typeof value.healthUrl === 'string' ? (value as NodeReadyLine) : undefined;
  } catch {
    return undefined; // an actor's own output
  }
}
