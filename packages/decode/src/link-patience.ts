// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';

/** How long after the owner's own link came back its peers may still be on their way back to the broker. */
const PEERS_RETURN_MS = 1500;
const PAUSE_MS = 100;

/** Tells a link that is down, which all candidates share, from a candidate that is gone. */
export interface LinkPatience {
  /** An exchange failed with `error`. */
  note(error: unknown): void;
  /** Does `work`, and again while only the link is to blame. Ends, at the latest, with `signal`. */
  persist<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Patience for one session. A link that is down is `unavailable` with a `retryAfterMs`. */
export function createLinkPatience(clock: Clock): LinkPatience {
  let downMs = -Infinity;
  const note = (error: unknown): void => {
    if (isUnavailable(error) && error.retryAfterMs !== undefined) downMs = clock.nowMs();
  };
  const isLinkToBlame = (error: unknown): boolean => isUnavailable(error) && clock.nowMs() - downMs <= PEERS_RETURN_MS;
  return {
    note,
    persist: async (work, signal) => {
      for (;;) {
        try {
          return await work(signal);
        } catch (error) {
          note(error);
          if (signal.aborted || !isLinkToBlame(error)) throw error;
        }
        await sleep(clock, PAUSE_MS, signal);
      }
    },
  };
}

function isUnavailable(error: unknown): error is AiflowError {
  return AiflowError.is(error) && error.code === 'unavailable';
}
