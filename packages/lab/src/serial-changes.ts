// SPDX-License-Identifier: Apache-2.0

/** Runs changes one at a time, in the order in which they were asked for; one that fails holds up none after it. */
export type SerialChanges = (change: () => Promise<void>) => Promise<void>;

/** Nothing runs yet. Each promise settles as its own change does. */
export function createSerialChanges(): SerialChanges {
  let last: Promise<void> = Promise.resolve();
  return change => {
    const result = last.then(change);
    last = result.catch(() => undefined); // the caller has the failure
    return result;
  };
}
