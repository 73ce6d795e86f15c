// SPDX-License-Identifier: Apache-2.0
export type { JournalLogger } from './create-journal.ts';
export type { DamagedRange, Durability, Journal, JournalOptions, JournalRecovery } from './journal.ts';
export type { JournalFile, JournalFiles, JournalLock } from './journal-files.ts';
export { type CrashKind, createMemoryDisk, type DiskOperation, type MemoryDisk } from './memory-disk.ts';
export { createNodeFiles } from './node-files.ts';
export { type JournalCollaborators, openJournal } from './open-journal.ts';
