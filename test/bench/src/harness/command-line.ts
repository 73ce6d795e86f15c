// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';

/** What the caller asked for. */
export interface BenchCommand {
  /** Names of cases; all when empty. */
  readonly cases: readonly string[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly record: boolean;
}

export const usage = `npm run bench [-- CASE ...] [--quick] [--json] [--record]

  --quick   small samples, under a minute a case; what that can't measure comes from the recorded full run
  --json    one JSON array of rows on stdout
  --record  keep this full run in test/bench/recorded/`;

/** Throws with a message for people when the arguments make no sense. */
export function parseCommand(args: readonly string[], known: readonly string[]): BenchCommand {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: flag, json: flag, record: flag },
  });
  const unknown = positionals.find(name => !known.includes(name));
  if (unknown !== undefined) throw new Error(`no bench case is named ${unknown}: there are ${known.join(', ')}`);
  if (values.quick && values.record) throw new Error('--record keeps full runs only: leave out --quick');
  return { cases: positionals, quick: values.quick, json: values.json, record: values.record };
}
