// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from 'commander';

/**
 * An option's share of a whole, as `1%` or `0.01`: above 0, at most 100 %. Anything else is a usage error, also a bare
 * number of 1 or more: who writes 1 may mean the whole or a hundredth of it.
 */
export function parseShare(text: string): number {
  const [, digits = '', sign] = /^\s*([\d.]+)\s*(%?)\s*$/.exec(text) ?? [];
  const value = sign === '%' ? Number(digits) / 100 : Number(digits);
  if (sign === '' && value >= 1 && value <= 100) {
    throw new InvalidArgumentError(
      `${digits} can be read in two ways: write ${digits}% or ${Number((value / 100).toPrecision(12))} for so many of a hundred, 100% for all`,
    );
  }
  if (digits !== '' && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('expected a share above 0, at most 1, such as 1% or 0.01');
}

/** An option's number above 0; anything else is a usage error. */
export function parseAmount(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a number above 0');
}
