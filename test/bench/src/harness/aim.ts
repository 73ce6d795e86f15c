// SPDX-License-Identifier: Apache-2.0
import type { Aim } from './row.ts';

/** `ratio <= 1.25`, `value >= 3`. */
export function describeAim(aim: Aim): string {
  const bounds = [
    ...(aim.atLeast === undefined ? [] : [`${aim.of} >= ${aim.atLeast}`]),
    ...(aim.atMost === undefined ? [] : [`${aim.of} <= ${aim.atMost}`]),
  ];
  return bounds.join(' and ');
}

/** A value or ratio that is missing or not a number meets no aim; without an aim, a value is all it takes. */
export function isMet(aim: Aim | undefined, value: number | null, ratio: number | null): boolean {
  if (!isNumber(value)) return false;
  if (aim === undefined) return true;
  const found = aim.of === 'value' ? value : ratio;
  if (!isNumber(found)) return false;
  return found <= (aim.atMost ?? Infinity) && found >= (aim.atLeast ?? -Infinity);
}

function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}
