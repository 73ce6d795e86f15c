// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkspace, type Workspace } from '../../test/engines.ts';
import { createRandomFamily } from '../../test/random-family.ts';
import { openFamilyFolder } from '../manifest/family-folder.ts';
import { type FamilyTokenizer, openTokenizer } from './tokenizer.ts';

let workspace: Workspace;
let tokenizer: FamilyTokenizer;

beforeAll(async () => {
  workspace = await createWorkspace();
  await createRandomFamily(workspace.path('family'));
  tokenizer = await openTokenizer(await openFamilyFolder(workspace.path('family')));
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** True when every surrogate has its partner. */
function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

const texts = fc.string({ unit: 'binary', maxLength: 60 }).filter(isWellFormed);

test('any text comes back as it was, token by token too, and never half a character at a time', () => {
  fc.assert(
    fc.property(texts, text => {
      const ids = tokenizer.encode(text);
      expect(tokenizer.decode(ids)).toBe(text);
      const stream = tokenizer.stream();
      const pieces = ids.map(id => stream.push([id]));
      expect(pieces.join('') + stream.end()).toBe(text);
      expect(pieces.every(piece => isWellFormed(piece) && text.includes(piece))).toBe(true);
    }),
  );
});

test('the bytes of a prefix are the bytes of its tokens', () => {
  fc.assert(
    fc.property(texts, text => {
      const ids = tokenizer.encode(text);
      expect(tokenizer.byteLength(ids)).toBe(Buffer.byteLength(text));
      const half = ids.slice(0, ids.length >> 1);
      expect(tokenizer.byteLength(half) + tokenizer.byteLength(ids.slice(half.length))).toBe(Buffer.byteLength(text));
    }),
  );
});

test('a question is framed by its special tokens, which have no text', () => {
  const ids = tokenizer.encodeQuestion('hi');
  expect(ids[0]).toBe(1);
  expect(ids.at(-1)).toBe(2);
  expect(tokenizer.decode(ids)).toBe('hi');
  expect(tokenizer.byteLength(ids)).toBe(2);
});

test('text that spells a special token stays text', () => {
  for (const text of ['<|end|>', 'a<|answer|>b', '<|end|><|end|>', '<|<|end|>']) {
    const ids = tokenizer.encode(text);
    expect(ids.filter(id => id < 4)).toEqual([]);
    expect(tokenizer.decode(ids)).toBe(text);
  }
});

test('bytes that form no character become one replacement at the end, not before', () => {
  const [first = 0] = tokenizer.encode('€');
  const stream = tokenizer.stream();
  expect(stream.push([first])).toBe('');
  expect(stream.end()).toBe('\u{FFFD}');
});
