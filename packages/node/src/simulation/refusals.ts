// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

interface RefusedInput {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly keys?: readonly string[];
}

/** A message that names the value and what is allowed in its place. */
export function refusing(allowed: string): { readonly error: (issue: RefusedInput) => string } {
  return { error: ({ input }) => `${show(input)} is not allowed: give ${allowed}` };
}

/** A number within bounds, both included. */
export function numberWithin(min: number, max: number, what: string) {
  const refusal = refusing(`${what} from ${min} to ${max}`);
  return z.number(refusal).min(min, refusal).max(max, refusal);
}

/** A whole number within bounds, both included. */
export function wholeWithin(min: number, max: number, what = 'a whole number') {
  const refusal = refusing(`${what} from ${min} to ${max}`);
  return z.number(refusal).int(refusal).min(min, refusal).max(max, refusal);
}

/** An object without other fields than these. */
export function fieldsOf<Shape extends z.ZodRawShape>(shape: Shape, what: string) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code, input, keys = [] }: RefusedInput) =>
      code === 'unrecognized_keys'
        ? `${keys.map(key => `'${key}'`).join(', ')} is not known: ${what} has ${known}`
        : `${show(input)} is not allowed: give ${what} with ${known}`,
  });
}

/** One of these words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, refusing(`one of ${words.join(', ')}`));
}

const SHOWN_LENGTH = 60;

function show(input: unknown): string {
  if (input === undefined) return 'nothing';
  const text = JSON.stringify(input) ?? String(input);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
