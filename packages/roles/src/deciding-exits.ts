// SPDX-License-Identifier: Apache-2.0
import type { ReferenceMember, SessionMember } from '@aiflow/decode';

/** How many tokens an exit decided. */
export interface DecidedTokens {
  readonly exit: number;
  readonly tokens: number;
}

/** Counts by exit, ascending. */
export function countDecided(exits: readonly number[]): readonly DecidedTokens[] {
  const counts = new Map<number, number>();
  for (const exit of exits) counts.set(exit, (counts.get(exit) ?? 0) + 1);
  return [...counts].map(([exit, tokens]) => ({ exit, tokens })).sort((one, other) => one.exit - other.exit);
}

/** Who had the last word, from which token on: a span for each run of tokens that one exit decided. */
export function referencesOf(
  exits: readonly number[],
  member: Omit<SessionMember, 'exit'>,
): readonly ReferenceMember[] {
  return exits.flatMap((exit, from) => (exit === exits[from - 1] ? [] : [{ ...member, exit, from }]));
}
