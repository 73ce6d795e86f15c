// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** Reads the fields of one object that came from outside; each method throws `invalid-argument` naming field and value. */
export interface ReportFields {
  readonly raw: Readonly<Record<string, unknown>>;
  /** At most 4 000 characters. */
  text(field: string, value: unknown): string;
  /** Finite and not negative. */
  amount(field: string): number;
  flag(field: string): boolean;
  list<T>(field: string, most: number, parse: (item: unknown, field: string) => T): readonly T[];
  oneOf<T extends string>(field: string, allowed: readonly T[]): T;
}

const MAX_TEXT_UNITS = 4000;

/** Throws `invalid-argument` when `json` is not an object. */
export function readField(place: string, json: unknown): ReportFields {
  if (typeof json !== 'object' || json === null) throw refusal(place, json, 'an object');
  const raw = json as Readonly<Record<string, unknown>>;
  const check = <T>(field: string, value: unknown, isAllowed: boolean, allowed: string): T => {
    if (!isAllowed) throw refusal(`${place}.${field}`, value, allowed);
    return value as T;
  };
  return {
    raw,
    text: (field, value) => {
      const isText = typeof value === 'string' && value.length <= MAX_TEXT_UNITS;
      return check(field, value, isText, `text of at most ${MAX_TEXT_UNITS} characters`);
    },
    amount: field => {
      const value = raw[field];
      const isAmount = typeof value === 'number' && Number.isFinite(value) && value >= 0;
      return check(field, value, isAmount, 'a finite number of at least 0');
    },
    flag: field => check(field, raw[field], typeof raw[field] === 'boolean', 'true or false'),
    list: (field, most, parse) => {
      const value = raw[field];
      const items = check<unknown[]>(
        ...([field, value, Array.isArray(value) && value.length <= most, `a list of at most ${most}`] as const),
      );
      return items.map((item, at) => parse(item, `${field}[${at}]`));
    },
    oneOf: (field, allowed) =>
      check(field, raw[field], (allowed as readonly unknown[]).includes(raw[field]), `one of ${allowed.join(', ')}`),
  };
}

function refusal(field: string, value: unknown, allowed: string): AiflowError {
  const shown = typeof value === 'object' ? 'an object' : String(value).slice(0, 80);
  return new AiflowError('invalid-argument', `ask: ${field} must be ${allowed}, got ${shown}`);
}
