// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Durability, JournalOptions } from './journal.ts';

const DEFAULT_MAX_BYTES = 64 << 20;
const DEFAULT_MAX_ENTRY_BYTES = 4 << 20;
/** A file is read as a whole when it is opened. */
const GREATEST_MAX_BYTES = 1 << 30;

/** {@link JournalOptions} with all defaults, each checked. */
export interface JournalBounds {
  readonly durability: Durability;
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

/** Throws `invalid-argument` for what is no limit. */
export function parseOptions(options: JournalOptions): JournalBounds {
  const { durability = 'each', maxBytes = DEFAULT_MAX_BYTES } = options;
  requireWhole('maxBytes', maxBytes, GREATEST_MAX_BYTES);
  const { maxEntryBytes = Math.min(DEFAULT_MAX_ENTRY_BYTES, maxBytes) } = options;
  requireWhole('maxEntryBytes', maxEntryBytes, maxBytes);
  if (durability !== 'each') requireWhole('durability.everyMs', durability.everyMs, 0x7fff_ffff);
  return { durability, maxBytes, maxEntryBytes };
}

function requireWhole(name: string, value: number, greatest: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= greatest) return;
  throw new AiflowError(
    'invalid-argument',
    `journal option ${name} is ${value}: name a whole number from 1 to ${greatest}`,
  );
}
