// SPDX-License-Identifier: Apache-2.0

/**
 * The part of a file system that a journal stands on. What was written is safe from a power cut only after `sync` of the
 * file, what was made, renamed or removed only after `syncFolder`. Rejects as `node:fs` does, with errors that have a `code`.
 */
export interface JournalFiles {
  /** Makes it, and those above it, with mode 0700, safe from a power cut. */
  makeFolder(folder: string): Promise<void>;
  /** The names of the files in it. */
  list(folder: string): Promise<readonly string[]>;
  /** Rejects with ENOENT when it is not there. */
  read(path: string): Promise<Uint8Array>;
  /** Opens for appending; makes the file when it is not there. */
  open(path: string): Promise<JournalFile>;
  /** Replaces `to` where it is there. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  /**
   * Holds the file at `path` for this process; that of a process which is gone is taken over. Rejects with
   * `failed-precondition`, naming file and process, while another holds it.
   */
  lock(path: string): Promise<JournalLock>;
}

/** Held until it is released, or its process is gone. */
export interface JournalLock {
  release(): Promise<void>;
}

/** One open file. */
export interface JournalFile {
  /** Appends; may have written a part of it when it rejects. */
  write(bytes: Uint8Array): Promise<void>;
  truncate(bytes: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
