// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SAMPLES } from '../testdata/samples.ts';
import {
  AiflowError,
  answerFinishedPayload,
  finishAnswerPayload,
  OUTBOX_WINDOW,
  type OutboxDelivery,
  outboxDeliveryPayload,
  outboxReceiptPayload,
} from './index.ts';

const delivery = SAMPLES.find(each => each.name === 'outbox-delivery')!.value as OutboxDelivery;

test('a delivery outside the window above its floor is refused where it is made and where it arrives', () => {
  for (const sequence of [delivery.floor - 1, delivery.floor + OUTBOX_WINDOW]) {
    const stray = { ...delivery, sequence };
    expect(() => outboxDeliveryPayload.encode(stray)).toThrow(`sequence ${sequence} must be from floor`);
    expect(() => outboxDeliveryPayload.fromJson(stray)).toThrow(`sequence ${sequence} must be from floor`);
  }
});

test('places and ages are exact as far as numbers are', () => {
  const whole = fc.maxSafeNat();
  fc.assert(
    fc.property(whole, fc.nat(OUTBOX_WINDOW - 1), whole, (base, above, ageMs) => {
      const sequence = Math.min(Number.MAX_SAFE_INTEGER, base + above);
      const sent = { ...delivery, floor: base, sequence, ageMs };
      expect(outboxDeliveryPayload.decode(outboxDeliveryPayload.encode(sent))).toMatchObject({
        floor: base,
        sequence,
        ageMs,
      });
    }),
  );
});

test('an outcome that this build does not know is refused, naming it', () => {
  expect(() => outboxReceiptPayload.decode(Uint8Array.of(8, 9))).toThrow('outcome 9 is unknown to this build');
  expect(() => outboxReceiptPayload.decode(new Uint8Array(0))).toThrow('outcome 0 is unknown');
});

test('bytes from anywhere are a message or invalid-argument', () => {
  const types = [outboxDeliveryPayload, outboxReceiptPayload, finishAnswerPayload, answerFinishedPayload];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...types), (bytes, type) => {
      try {
        type.decode(bytes);
      } catch (error) {
        expect(AiflowError.is(error) && error.code).toBe('invalid-argument');
      }
    }),
  );
});

test('a summary beyond its bound is refused, one that is absent is null', () => {
  const finished = SAMPLES.find(each => each.name === 'answer-finished')!.value as object;
  const big = { ...finished, summary: 'x'.repeat(300_000) };
  expect(() => answerFinishedPayload.encode(big as never)).toThrow('summary of 300002 bytes');
  expect(answerFinishedPayload.fromJson({ ...finished, summary: undefined }).summary).toBeNull();
});
