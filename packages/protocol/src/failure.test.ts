// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AiflowError, decodeFailure, ERROR_CODES, encodeFailure } from './index.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const place = fc.option(text, { nil: undefined });

test('an error arrives with code, message, place, details and retry-after as they were sent', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ERROR_CODES),
      text,
      fc.dictionary(text, text, { maxKeys: 8 }),
      fc.record({
        node: place,
        hop: place,
        retryAfterMs: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
      }),
      (code, message, details, rest) => {
        const options = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
        const arrived = decodeFailure(encodeFailure(new AiflowError(code, message, { details, ...options })));
        expect(arrived.code).toBe(code);
        expect(arrived.message).toBe(message);
        expect({ ...arrived.details }).toEqual({ ...details });
        expect([arrived.node, arrived.hop, arrived.retryAfterMs]).toEqual([rest.node, rest.hop, rest.retryAfterMs]);
      },
    ),
  );
});

test('neither stack nor cause crosses the wire', () => {
  const error = new AiflowError('internal', 'boom', { cause: new Error('the secret cause') });
  const wire = Buffer.from(encodeFailure(error)).toString('latin1');
  expect(wire).toContain('boom');
  expect(wire).not.toContain('secret cause');
  expect(wire).not.toContain('failure.test');
});

test('a code this build does not know becomes unknown and is kept in the details', () => {
  const newer = { code: 'gone-fishing', message: 'later', details: { depth: '3' } } as unknown as AiflowError;
  const arrived = decodeFailure(encodeFailure(newer));
  expect(arrived.code).toBe('unknown');
  expect(arrived.details).toEqual({ depth: '3', code: 'gone-fishing' });
  expect(arrived.message).toBe('later');
});

test('bytes that are no failure become data-loss instead of a throw', () => {
  expect(decodeFailure(Uint8Array.of(10, 200, 1)).code).toBe('data-loss');
  expect(decodeFailure(new Uint8Array()).message).toBe('the peer gave no reason');
});

test('a huge error is cut so that it always fits a control message', () => {
  const details = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key-${index}`, 'x'.repeat(9000)]));
  const bytes = encodeFailure(new AiflowError('internal', 'm'.repeat(1e6), { details, hop: 'h'.repeat(1e4) }));
  expect(bytes.byteLength).toBeLessThan(40 * 1024);
  const arrived = decodeFailure(bytes);
  expect(arrived.message).toHaveLength(2048);
  expect(Object.keys(arrived.details)).toHaveLength(32);
});

test('advice to retry at once survives as one millisecond, and boundless advice is capped', () => {
  const after = (retryAfterMs: number): number | undefined =>
    decodeFailure(encodeFailure(new AiflowError('unavailable', 'busy', { retryAfterMs }))).retryAfterMs;
  expect(after(0)).toBe(1);
  expect(after(0.2)).toBe(1);
  expect(after(Number.POSITIVE_INFINITY)).toBe(0xffff_ffff);
  expect(after(Number.NaN)).toBeUndefined();
});
