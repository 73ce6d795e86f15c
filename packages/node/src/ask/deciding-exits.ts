// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';

/** How many tokens each exit decided, as a table has it: `3 (31), 11 (9)`. Without a policy it is `exit` alone. */
export function decidingExits({ decided = [] }: Pick<AnswerSummary, 'decided'>, exit: number): string {
  const [only, ...others] = decided;
  if (only === undefined) return String(exit);
  return others.length === 0
    ? String(only.exit)
    : decided.map(({ exit: one, tokens }) => `${one} (${tokens})`).join(', ');
}
