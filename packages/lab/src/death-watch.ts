// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import type { GuardedChild, ProcessExit } from './guardian.ts';

/** Tells the ends that nobody asked for from those that somebody did. */
export interface DeathWatch {
  /** Settles with the first end that was not expected. */
  readonly died: Promise<AiflowError>;
  /** From now on an end of `child` is told, as what `describe` makes of it. */
  expectToLive(child: Pick<GuardedChild, 'exited'>, describe: (exit: ProcessExit) => AiflowError): void;
  /** From now on it is not. */
  expectToEnd(child: Pick<GuardedChild, 'exited'>): void;
}

/** A watch over nobody. */
export function createDeathWatch(): DeathWatch {
  const expected = new WeakSet<object>();
  let announce: (failure: AiflowError) => void = () => undefined;
  const died = new Promise<AiflowError>(resolve => {
    announce = resolve;
  });
  return {
    died,
    expectToEnd: child => void expected.add(child),
    expectToLive: (child, describe) =>
      void child.exited.then(exit => {
        if (!expected.has(child)) announce(describe(exit));
      }),
  };
}
