// SPDX-License-Identifier: Apache-2.0
export type { DamagedRange, Durability, Journal, JournalOptions, JournalRecovery } from './journal.ts';
export type { JournalFile, JournalFiles } from './journal-files.ts';
