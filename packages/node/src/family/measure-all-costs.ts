// SPDX-License-Identifier: Apache-2.0
import { type MeasuredSize, nameSize } from './answer-record.ts';
import { type ExitCosts, measureCosts } from './measure-costs.ts';
import { lastRungOf, type MeasurePart } from './measure-plan.ts';
import type { Measuring } from './measuring.ts';
import { exitsOfSize, openSizeEngine } from './size-engine.ts';

/** What an exit of a size costs; undefined where it was not measured. */
export type CostsOf = (size: MeasuredSize, exit: number) => ExitCosts | undefined;

/** Measures every exit of the parts' sizes, one host after the other (F3). */
export async function measureAllCosts(measuring: Measuring, parts: readonly MeasurePart[]): Promise<CostsOf> {
  const { family, tokenizer, signal, onProgress } = measuring;
  const last = lastRungOf(family.manifest);
  const [first] = parts;
  const prompts = (first?.questions ?? []).slice(0, 12).map(({ question }) => tokenizer.encodeQuestion(question));
  const costs = new Map<string, ExitCosts>();
  const key = (size: MeasuredSize, exit: number): string => `${nameSize(size)}/${exit}`;
  for (const { size } of parts.filter(({ way }) => way !== 'policies')) {
    for (const exit of exitsOfSize(family.manifest, size)) {
      signal.throwIfAborted();
      onProgress(`costs: ${nameSize(size)} exit ${exit}`);
      await using engine = await openSizeEngine(measuring, size, [exit]);
      costs.set(key(size, exit), await measureCosts(engine, { exit, verifies: size.rung === last, prompts }));
    }
  }
  return (size, exit) => costs.get(key(size, exit));
}
