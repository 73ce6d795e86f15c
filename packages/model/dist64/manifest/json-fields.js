// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
/** Parses `text` into the fields of its root object. */
export function parseJsonFields(text, file) {
  let root;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw new AiflowError('invalid-argument', `${file} is not JSON: ${error.message}`, { cause: error });
  }
  return readFields(root, file, '');
}
function readFields(value, file, path) {
  if (!isRecord(value)) throw unexpected({ file, path, value, expected: 'an object' });
  const at = name => (path === '' ? name : `${path}.${name}`);
  const fail = (name, expected) => {
    throw unexpected({ file, path: at(name), value: value[name], expected });
  };
  const list = (name, most) => {
    const found = value[name];
    return Array.isArray(found) && found.length <= most ? found : fail(name, `a list of at most ${most}`);
  };
  const number = (name, accepts, expected) => {
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
      number(name, n => Number.isInteger(n) && n >= least && n <= most, `an integer from ${least} to ${most}`),
    share: name => number(name, n => n >= 0 && n <= 1, 'a number from 0 to 1'),
    number: name => number(name, n => Number.isFinite(n) && n >= 0, 'a number that is not negative'),
    positive: name => number(name, n => Number.isFinite(n) && n > 0, 'a positive number'),
    object: name => readFields(value[name], file, at(name)),
    objects: (name, most) => list(name, most).map((item, index) => readFields(item, file, `${at(name)}[${index}]`)),
    texts: (name, most) => {
      const found = list(name, most);
      return found.every(item => typeof item === 'string') ? found : fail(name, 'a list of text');
    },
  };
}
function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function unexpected(problem) {
  const shown = problem.value === undefined ? 'is missing' : `is ${JSON.stringify(problem.value)?.slice(0, 80)}`;
  const place = problem.path === '' ? 'the root' : problem.path;
  return new AiflowError('invalid-argument', `${problem.file}: ${place} ${shown}, expected ${problem.expected}`, {
    details: { file: problem.file, path: problem.path },
  });
}
//# sourceMappingURL=json-fields.js.map
