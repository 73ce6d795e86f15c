// SPDX-License-Identifier: Apache-2.0
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { type Durability, type Journal, type JournalFiles, openJournal } from '@aiflow/journal';
import { AiflowError, MAX_OUTBOX_PAYLOAD_BYTES } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import { FoldedStore } from './folded-store.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { StoreLimits } from './plan-commit.ts';
import { decodeEntry } from './store-entry.ts';
import { StoreState } from './store-state.ts';
import { continueStoreTime } from './store-time.ts';

/** What a store works with. */
export interface DurableStoreCollaborators {
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

/** A store's place and bounds. */
export interface DurableStoreOptions {
  /** Made when it is not there. Held by one process at a time. */
  readonly folder: string;
  /** Default `each`: a commit is on the disk when it resolves. */
  readonly durability?: Durability;
  /** Of items that wait: payloads, texts, and 64 bytes each. Default 32 MiB. The journal takes at most about twice that and the records' bound. */
  readonly maxBytes?: number;
  /** Default 10 000. */
  readonly maxItems?: number;
  readonly recordLimits?: RecordLimits;
  /** Senders whose numbers are remembered. Default 4 096. */
  readonly maxSources?: number;
}

/** Bounds of all records together. They never give way: a record beyond them is refused. */
export interface RecordLimits {
  /** Default 16 MiB. */
  readonly maxBytes?: number;
  /** Default 10 000. */
  readonly maxRecords?: number;
}

const MEBIBYTE = 1024 * 1024;
const SOURCE_BYTES = 512;

/**
 * Opens a node's store, or makes it. Rejects as `openJournal` does (`failed-precondition` while another process holds
 * it), and with `failed-precondition` for a store that a newer build wrote; what is there stays as it is then.
 */
export async function openDurableStore(
  collaborators: DurableStoreCollaborators,
  options: DurableStoreOptions,
): Promise<OutboxStore> {
  const { clock, random, logger = SILENT_LOGGER } = collaborators;
  const limits = limitsOf(options);
  const state = new StoreState();
  const journal = await openJournalFor(collaborators, options, limits, bytes => state.apply(decodeEntry(bytes)));
  if (state.source === '') state.source = journal.id;
  const time = continueStoreTime(clock, state);
  if (time.uncertain) {
    state.items.doubtAges();
    logger.warn('the wall clock is not believed: the ages of items that wait are lower bounds', {
      items: state.items.count,
    });
  }
  const salt = `${state.source}.${newLabel(clock, random)}`;
  let made = 0;
  const newId = (): string => `${salt}.${(made++).toString(36)}`;
  const newSource = (): string => `${journal.id}.${newLabel(clock, random)}`;
  return new FoldedStore({ journal, clock, time, logger, newId, newSource }, limits, state);
}

function openJournalFor(
  { files, clock, random, logger = SILENT_LOGGER }: DurableStoreCollaborators,
  { folder, durability = 'each' }: DurableStoreOptions,
  limits: StoreLimits,
  onEntry: (entry: Uint8Array) => void,
): Promise<Journal> {
  const livingBytes = limits.maxBytes + limits.maxRecordBytes + limits.maxSources * SOURCE_BYTES;
  const bounds = { maxBytes: 2 * livingBytes + MEBIBYTE, maxEntryBytes: MAX_OUTBOX_PAYLOAD_BYTES + 65_536 };
  return openJournal({ files, clock, random, logger }, { folder, durability, ...bounds }, onEntry);
}

function limitsOf(options: DurableStoreOptions): StoreLimits {
  const { maxBytes = 32 * MEBIBYTE, maxItems = 10_000, maxSources = 4096, recordLimits = {} } = options;
  const limits: StoreLimits = {
    ...{ maxBytes, maxItems, maxSources },
    ...{ maxRecordBytes: recordLimits.maxBytes ?? 16 * MEBIBYTE, maxRecords: recordLimits.maxRecords ?? 10_000 },
  };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new AiflowError('invalid-argument', `store limit ${name} must be a whole number above 0, got ${value}`);
  }
  return limits;
}

/** Differs from one life of a process, and from one copy of a disk, to the next. */
function newLabel(clock: Clock, random: Random): string {
  return `${Math.max(0, Math.floor(clock.wallMs())).toString(36)}${random.below(2 ** 32).toString(36)}`;
}
