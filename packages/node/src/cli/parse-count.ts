// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from 'commander';

/** An option's whole number above 0; anything else is a usage error. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}
