// SPDX-License-Identifier: Apache-2.0
import type { GuardedChild } from './guardian.ts';
import { readOutput } from './guardian.ts';
import { createLogTail, type LogTail } from './log-tail.ts';

/** A line that a child wrote, without its end. */
export interface ChildLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Reads both streams into one tail, in the order in which lines were completed; resolves at the end of both. */
export async function readLines(child: GuardedChild, tail: LogTail, onLine?: (line: ChildLine) => void): Promise<void> {
  await Promise.all([readStream(child, 'stdout', tail, onLine), readStream(child, 'stderr', tail, onLine)]);
}

async function readStream(
  child: GuardedChild,
  stream: ChildLine['stream'],
  tail: LogTail,
  onLine?: (line: ChildLine) => void,
): Promise<void> {
  const own = createLogTail({ maxLines: 1 }); // each stream completes its own lines
  const take = (text: string): void => {
    tail.push(`${text}\n`);
    onLine?.({ stream, text });
  };
  await readOutput(child[stream], text => own.push(text, take));
  own.flush(take);
}
