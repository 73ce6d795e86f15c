import { expect, test } from 'vitest';
import { describeRevision } from './answer-text.ts';
import type { TextModel } from './text-model.ts';

/** Tokens are bytes. */
const bytes: TextModel = {
  modelHash: 'h',
  contextTokens: 100,
  examples: [],
  encodeQuestion: question => [...Buffer.from(question)],
  decode: (tokens, isWhole) => new TextDecoder().decode(Uint8Array.from(tokens), { stream: !isWhole }),
  scoreDomain: async () => undefined,
};
const tokens = [...Buffer.from('a🚁b')];
const revision = { sequence: 1, tier: 'edge', node: 'edge-1', exit: 3, tokens, confidence: 0.5 } as const;
const facts = { session: 's', ageMs: 1 };

test('marks never cut a character: bytes of one that is not all committed count as uncommitted', () => {
  const half = describeRevision(bytes, { ...revision, committed: 3, judged: 5, finished: false }, facts);
  expect(half).toMatchObject({ text: 'a🚁b', committed: 3, committedBytes: 1, edgeBytes: 5 });
});

test('a character that is not all there yet is not shown until the answer is finished', () => {
  const cut = { ...revision, tokens: tokens.slice(0, 3), committed: 3, judged: 3 };
  expect(describeRevision(bytes, { ...cut, finished: false }, facts)).toMatchObject({ text: 'a', committedBytes: 1 });
  const whole = describeRevision(bytes, { ...cut, finished: true }, facts);
  expect(whole.text).toBe('a\ufffd');
  expect(whole.committedBytes).toBe(Buffer.byteLength(whole.text));
});
