// SPDX-License-Identifier: Apache-2.0

/** Nothing depends on a farewell: a verifier that did not get it drops the session when room is needed. */
export function letGo(farewell: Promise<void>): void {
  farewell.catch(() => undefined);
}
