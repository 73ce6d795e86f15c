// SPDX-License-Identifier: Apache-2.0

/**
 * The part of a file system that a journal stands on. What was written is safe from a power cut only after `sync` of the
 * file, what was made, renamed or removed only after `syncFolder`. Rejects as `node:fs` does, with errors that have a `code`.
 */
export interface JournalFiles {
  makeFolder(folder: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  /** Rejects with ENOENT when it is not there. */
  read(path: string): Promise<Uint8Array>;
  /** Opens for appending; makes the file when it is not there. */
  open(path: string): Promise<JournalFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  /** Makes the file with `text` in it; rejects with EEXIST when it is there. */
  claim(path: string, text: string): Promise<void>;
}

/** One open file. */
export interface JournalFile {
  /** Appends; may have written a part of it when it rejects. */
  write(bytes: Uint8Array): Promise<void>;
  truncate(bytes: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
