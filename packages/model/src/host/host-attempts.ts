// SPDX-License-Identifier: Apache-2.0
//
// Runs work on whichever host serves, and once more where that host was lost (E2 of a hosted engine).
import { AiflowError } from '@aiflow/protocol';
import { throwIfGivenUp } from '../inference/pacing.ts';
import { type HostProcess, isHostLost } from './host-process.ts';
import type { HostSupervisor } from './host-supervisor.ts';

/** Attempts at the serving host. */
export interface HostAttempts {
  /** The host that was worked with last. */
  readonly latest: HostProcess;
  /** Runs `work`, twice at most. Fails with what the last attempt failed with; other failures than a lost host at once. */
  run<Result>(signal: AbortSignal | undefined, work: (host: HostProcess) => Promise<Result>): Promise<Result>;
}

const MOST_ATTEMPTS = 2;

/** Attempts that begin at `first`. */
export function createHostAttempts(
  supervisor: Pick<HostSupervisor, 'host' | 'answered'>,
  first: HostProcess,
): HostAttempts {
  let latest = first;
  return {
    get latest() {
      return latest;
    },
    run: async (signal, work) => {
      for (let made = 1; ; made++) {
        throwIfGivenUp(signal);
        latest = await supervisor.host(signal);
        const host = latest;
        try {
          const result = await work(host);
          supervisor.answered(host);
          return result;
        } catch (error) {
          if (!isHostLost(error) || made === MOST_ATTEMPTS) throw error;
        }
      }
    },
  };
}

/** Fails as soon as the caller gives up, also while `work` goes on (E3 of a hosted engine). */
export async function untilAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  throwIfGivenUp(signal);
  const result = work();
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(AiflowError.from(signal.reason, 'cancelled'));
    signal.addEventListener('abort', giveUp, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
