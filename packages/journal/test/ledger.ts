// SPDX-License-Identifier: Apache-2.0
import type { Journal } from '../src/index.ts';

type Change = { readonly kind: 'append' | 'rewrite'; readonly entries: readonly string[]; isAnswered: boolean };

/** What a journal was asked for, in order, and what of it was answered as safe. */
export interface Ledger {
  append(journal: Journal, entries: readonly string[]): Promise<void>;
  rewrite(journal: Journal, entries: readonly string[]): Promise<void>;
  /** The same of a change that another process asked for. */
  note(kind: 'append' | 'rewrite', entries: readonly string[], isAnswered: boolean): void;
  /** What a journal may hold after a crash: all that was answered, then some of the rest in order, each unit whole. */
  possible(): readonly (readonly string[])[];
}

/** Nothing was asked for. A change that rejects with `resource-exhausted` counts as never asked for. */
export function createLedger(): Ledger {
  const changes: Change[] = [];
  const follow = async (kind: Change['kind'], entries: readonly string[], work: () => Promise<void>): Promise<void> => {
    const change: Change = { kind, entries, isAnswered: false };
    changes.push(change);
    try {
      await work();
      change.isAnswered = true;
    } catch (cause) {
      if ((cause as { code?: unknown }).code === 'resource-exhausted') changes.splice(changes.indexOf(change), 1);
      throw cause;
    }
  };
  return {
    append: (journal, entries) => follow('append', entries, () => journal.append(entries.map(bytesOf))),
    rewrite: (journal, entries) => follow('rewrite', entries, () => journal.rewrite(entries.map(bytesOf))),
    note: (kind, entries, isAnswered) => void changes.push({ kind, entries, isAnswered }),
    possible: () => {
      const states: (readonly string[])[] = [[]];
      for (const { kind, entries } of changes)
        states.push(kind === 'rewrite' ? entries : [...(states.at(-1) ?? []), ...entries]);
      return states.slice(changes.findLastIndex(({ isAnswered }) => isAnswered) + 1);
    },
  };
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}
