// SPDX-License-Identifier: Apache-2.0

/** Resolves, with nothing, when the signal is aborted: what a command that runs until Ctrl-C waits for. */
export function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
