// SPDX-License-Identifier: Apache-2.0
import { isName } from './address.ts';
import { AiflowError } from './aiflow-error.ts';

/** The largest value of a 32-bit field. */
export const MAX_UINT32 = 0xffff_ffff;

/** Reads one field of a message that came from outside. Every method throws `invalid-argument` naming message, field and limit. */
export interface Fields {
  /** False when the field is absent. */
  has(field: string): boolean;
  /** Any text of at most `maxLength` UTF-16 units. */
  text(field: string, maxLength: number): string;
  /** 1 to `maxLength` printable ASCII characters without spaces: ids, hashes, formats. Default 128. */
  label(field: string, maxLength?: number): string;
  /** A name as `isName` allows it. */
  name(field: string): string;
  oneOf<T extends string>(field: string, allowed: readonly T[]): T;
  /** A whole number from 0 to `max`, by default the largest of 32 bits. */
  uint(field: string, max?: number): number;
  /** A finite number within the bounds. */
  real(field: string, min: number, max?: number): number;
  flag(field: string): boolean;
  /** At most `maxBytes`; a view of what was given. Base64 text is accepted too, for JSON forms. */
  bytes(field: string, maxBytes: number): Uint8Array;
  /** At most `maxEntries` 32-bit whole numbers. */
  uints(field: string, maxEntries: number): readonly number[];
  /** At most `maxEntries` finite numbers within the bounds. */
  reals(
    field: string,
    bounds: { readonly maxEntries: number; readonly min: number; readonly max: number },
  ): readonly number[];
  /** At most `maxEntries` labels. */
  labels(field: string, maxEntries: number): readonly string[];
  /** A message within the message. */
  nested<T>(field: string, parse: (raw: unknown) => T): T;
  /** At most `maxEntries` messages, each read by `parse`. */
  list<T>(field: string, maxEntries: number, parse: (raw: unknown) => T): readonly T[];
  /** At most `maxEntries` pairs of text of at most `maxLength` each. */
  record(field: string, maxEntries: number, maxLength: number): Readonly<Record<string, string>>;
}

/** The fields of `raw`, which must be an object. `message` is the noun used in errors. */
export function readFields(message: string, raw: unknown): Fields {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return new FieldReader(message, raw);
  throw new AiflowError('invalid-argument', `${message} must be an object, got ${show(raw)}`);
}

/** A number from 0 to `max` which is absent at 0, as builds that know no such field leave it. */
export function readStated<Name extends string>(
  fields: Fields,
  name: Name,
  max: number,
): { readonly [_ in Name]?: number } {
  const value = fields.has(name) ? fields.real(name, 0, max) : 0;
  return value === 0 ? {} : ({ [name]: value } as { readonly [_ in Name]: number });
}

const LABEL = /^[\x21-\x7e]+$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

class FieldReader implements Fields {
  readonly #message: string;
  readonly #raw: Readonly<Record<string, unknown>>;

  constructor(message: string, raw: object) {
    this.#message = message;
    this.#raw = raw as Readonly<Record<string, unknown>>;
  }

  has(field: string): boolean {
    const value = this.#raw[field];
    return value !== undefined && value !== null;
  }

  text(field: string, maxLength: number): string {
    return this.#checkText(field, this.#raw[field], maxLength);
  }

  label(field: string, maxLength = 128): string {
    return this.#checkLabel(field, this.#raw[field], maxLength);
  }

  name(field: string): string {
    const value = this.#raw[field];
    if (typeof value === 'string' && isName(value)) return value;
    throw this.#refusal(field, value, "a name of 1 to 63 of a-z, 0-9 and '-'");
  }

  oneOf<T extends string>(field: string, allowed: readonly T[]): T {
    const value = this.#raw[field];
    if ((allowed as readonly unknown[]).includes(value)) return value as T;
    throw this.#refusal(field, value, `one of ${allowed.join(', ')}`);
  }

  uint(field: string, max = MAX_UINT32): number {
    const value = this.#raw[field];
    return this.#checkUint(field, max > MAX_UINT32 ? fromLong(value) : value, max);
  }

  real(field: string, min: number, max = Number.MAX_VALUE): number {
    return this.#checkReal(field, this.#raw[field], min, max);
  }

  flag(field: string): boolean {
    const value = this.#raw[field];
    if (typeof value === 'boolean') return value;
    throw this.#refusal(field, value, 'true or false');
  }

  bytes(field: string, maxBytes: number): Uint8Array {
    const value = this.#raw[field];
    const bytes = typeof value === 'string' && BASE64.test(value) ? Buffer.from(value, 'base64') : value;
    if (!(bytes instanceof Uint8Array)) throw this.#refusal(field, value, 'bytes, or base64 text');
    if (bytes.byteLength <= maxBytes) return bytes;
    throw this.#refusal(field, `${bytes.byteLength} bytes`, `at most ${maxBytes} bytes`);
  }

  uints(field: string, maxEntries: number): readonly number[] {
    return this.#entries(field, maxEntries).map(value => this.#checkUint(field, value, MAX_UINT32));
  }

  reals(
    field: string,
    bounds: { readonly maxEntries: number; readonly min: number; readonly max: number },
  ): readonly number[] {
    return this.#entries(field, bounds.maxEntries).map(value => this.#checkReal(field, value, bounds.min, bounds.max));
  }

  labels(field: string, maxEntries: number): readonly string[] {
    return this.#entries(field, maxEntries).map(value => this.#checkLabel(field, value, 128));
  }

  nested<T>(field: string, parse: (raw: unknown) => T): T {
    return parse(this.#raw[field]);
  }

  list<T>(field: string, maxEntries: number, parse: (raw: unknown) => T): readonly T[] {
    return this.#entries(field, maxEntries).map(parse);
  }

  record(field: string, maxEntries: number, maxLength: number): Readonly<Record<string, string>> {
    const value = this.#raw[field];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.#refusal(field, value, 'an object of texts');
    }
    const pairs = Object.entries(value);
    if (pairs.length > maxEntries) throw this.#refusal(field, `${pairs.length} entries`, `at most ${maxEntries}`);
    return Object.fromEntries(
      pairs.map(([key, text]) => [this.#checkText(field, key, maxLength), this.#checkText(field, text, maxLength)]),
    );
  }

  #entries(field: string, maxEntries: number): readonly unknown[] {
    const value = this.#raw[field];
    if (!Array.isArray(value)) throw this.#refusal(field, value, 'a list');
    if (value.length <= maxEntries) return value as readonly unknown[];
    throw this.#refusal(field, `${value.length} entries`, `at most ${maxEntries}`);
  }

  #checkText(field: string, value: unknown, maxLength: number): string {
    if (typeof value !== 'string') throw this.#refusal(field, value, 'text');
    if (value.length <= maxLength) return value;
    throw this.#refusal(field, `${value.length} characters`, `at most ${maxLength}`);
  }

  #checkLabel(field: string, value: unknown, maxLength: number): string {
    if (typeof value === 'string' && value.length <= maxLength && LABEL.test(value)) return value;
    throw this.#refusal(field, value, `1 to ${maxLength} printable ASCII characters without spaces`);
  }

  #checkUint(field: string, value: unknown, max: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
    throw this.#refusal(field, value, `a whole number from 0 to ${max}`);
  }

  #checkReal(field: string, value: unknown, min: number, max: number): number {
    if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max) return value;
    const range = max === Number.MAX_VALUE ? `of at least ${min}` : `from ${min} to ${max}`;
    throw this.#refusal(field, value, `a finite number ${range}`);
  }

  #refusal(field: string, value: unknown, expected: string): AiflowError {
    return new AiflowError('invalid-argument', `${this.#message}.${field} must be ${expected}, got ${show(value)}`);
  }
}

/** Generated code gives 64-bit fields as a pair of words wherever the package `long` is installed, else as a number. */
function fromLong(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('low' in value && 'high' in value)) return value;
  return (Number(value.high) >>> 0) * 0x1_0000_0000 + (Number(value.low) >>> 0);
}

/** A short, safe picture of a value that came from outside. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
