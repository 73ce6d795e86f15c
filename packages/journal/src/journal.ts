// SPDX-License-Identifier: Apache-2.0

/** A stretch of a journal that can't be read: what was there is lost, what stands around it is not. */
export interface DamagedRange {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** What opening a journal found on the disk. */
export interface JournalRecovery {
  readonly entries: number;
  /**
   * Cut from the end: appends that were under way when power or process went, and that nobody was told of as done. Damage
   * at rest in the last appends before a journal went without being closed looks the same.
   */
  readonly tornBytes: number;
  /** Damage among entries that had been safe. A copy of the damaged file is kept beside the journal. */
  readonly damaged: readonly DamagedRange[];
}

/**
 * When an append counts as safe. `each`: once it is on the disk (appends that wait share one fsync). `everyMs`: once it is
 * in the page cache, which survives the process but not the power; the disk follows within so many milliseconds.
 */
export type Durability = 'each' | { readonly everyMs: number };

/** Entries on a disk, in order. */
export interface Journal extends AsyncDisposable {
  /** Made with the journal: another one means another disk, or one that was wiped. */
  readonly id: string;
  /** On the disk. */
  readonly bytes: number;
  readonly recovery: JournalRecovery;
  /**
   * Adds entries as one unit: after a crash all of them are there, or none. Resolves when they are safe, in the order of
   * the calls; until then the bytes must stay as they are. Rejects with `resource-exhausted` when the disk or the journal
   * is full and `unavailable` when the disk refuses (nothing was added, and a later append may succeed), `data-loss` from
   * an fsync that failed until a rewrite or a new opening succeeds (it may be there after a power cut, or not),
   * `invalid-argument` for an entry above `maxEntryBytes`, `failed-precondition` once the journal is closed.
   */
  append(entries: readonly Uint8Array[]): Promise<void>;
  /**
   * Replaces everything by `entries`, as one unit. Appends asked for before are answered before; later ones wait.
   * `entries` is read in pieces meanwhile, from after those answers on. Needs room for both on the disk; where there is
   * none it rejects with `resource-exhausted` and the journal is as before. A rewrite that succeeds also mends a journal
   * whose fsync failed. Rejects with `data-loss` when the disk fails at the change from one file to the other: a new
   * opening finds the one or the other.
   */
  rewrite(entries: Iterable<Uint8Array>): Promise<void>;
}

/** A journal's place and bounds. */
export interface JournalOptions {
  /** Made with mode 0700 when it is not there. Held by one process at a time. */
  readonly folder: string;
  /** Default `each`. */
  readonly durability?: Durability;
  /** Default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 4 MiB. */
  readonly maxEntryBytes?: number;
}
