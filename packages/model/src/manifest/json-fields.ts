// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** Reads the fields of one JSON object; every failure names the file, the path inside it, the value and what was expected. */
export interface JsonFields {
  text(name: string, pattern?: RegExp): string;
  integer(name: string, least: number, most: number): number;
  positive(name: string): number;
  /** From 0 to 1. */
  share(name: string): number;
  /** Not negative. */
  number(name: string): number;
  object(name: string): JsonFields;
  objects(name: string, most: number): readonly JsonFields[];
  texts(name: string, most: number): readonly string[];
  has(name: string): boolean;
  /** The value as it stands, for parts that aiflow carries but does not read. */
  raw(name: string): unknown;
  fail(name: string, expected: string): never;
}

/** Parses `text` into the fields of its root object. */
export function parseJsonFields(text: string, file: string): JsonFields {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw new AiflowError('invalid-argument', `${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return readFields(root, file, '');
}

function readFields(value: unknown, file: string, path: string): JsonFields {
  if (!isRecord(value)) throw unexpected({ file, path, value, expected: 'an object' });
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const fail = (name: string, expected: string): never => {
    throw unexpected({ file, path: at(name), value: value[name], expected });
  };
  const list = (name: string, most: number): readonly unknown[] => {
    const found = value[name];
    return Array.isArray(found) && found.length <= most ? found : fail(name, `a list of at most ${most}`);
  };
  const number = (name: string, accepts: (found: number) => boolean, expected: string): number => {
    const found = value[name];
    return typeof found === 'number' && accepts(found) ? found : fail(name, expected);
  };
  return {
    fail,
    has: name => value[name] !== undefined,
    raw: name => value[name],
    text: (name, pattern = /^[\s\S]{1,4096}$/) => {
      const found = value[name];
      return typeof found === 'string' && pattern.test(found) ? found : fail(name, `text matching ${pattern.source}`);
    },
    integer: (name, least, most) =>
      number(
        name,
        n => Number.isInteger(n) && n >= least && n <= most,
        least === most ? `${least}` : `an integer from ${least} to ${most}`,
      ),
    share: name => number(name, n => n >= 0 && n <= 1, 'a number from 0 to 1'),
    number: name => number(name, n => Number.isFinite(n) && n >= 0, 'a number that is not negative'),
    positive: name => number(name, n => Number.isFinite(n) && n > 0, 'a positive number'),
    object: name => readFields(value[name], file, at(name)),
    objects: (name, most) => list(name, most).map((item, index) => readFields(item, file, `${at(name)}[${index}]`)),
    texts: (name, most) => {
      const found = list(name, most);
      return found.every(item => typeof item === 'string')
        ? (found as readonly string[])
        : fail(name, 'a list of text');
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unexpected(problem: { file: string; path: string; value: unknown; expected: string }): AiflowError {
  const shown = problem.value === undefined ? 'is missing' : `is ${JSON.stringify(problem.value)?.slice(0, 80)}`;
  const place = problem.path === '' ? 'the root' : problem.path;
  return new AiflowError('invalid-argument', `${problem.file}: ${place} ${shown}, expected ${problem.expected}`, {
    details: { file: problem.file, path: problem.path },
  });
}
