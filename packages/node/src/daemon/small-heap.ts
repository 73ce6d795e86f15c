// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation of this process's heap at its first megabyte from now on, where V8 would let it grow to
 * 16 MiB and keep it. Most commands are over before that pays, and a device has better uses for the memory.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Lets it grow again, as V8 does by default: fewer collections under load. */
export function letHeapGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
