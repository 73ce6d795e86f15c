// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AiflowError,
  draftPayload,
  featureChunkPayload,
  featurePayload,
  openFeaturesPayload,
  openSessionPayload,
  type PayloadType,
  probePayload,
  revisionPayload,
  rollbackPayload,
  signedAdvertPayload,
  stepFeaturesPayload,
  verdictPayload,
} from './index.ts';

const uint = fc.integer({ min: 0, max: 0xffff_ffff });
const tokens = fc.array(uint, { maxLength: 40 });
const label = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
const ratio32 = fc.float({ min: 0, max: 1, noNaN: true });
const session = { session: label, epoch: uint };

const terms = {
  ...session,
  family: label,
  featureSpace: label,
  tensorContract: label,
  computeFormat: fc.constantFrom('fp32', 'int8', 'int4'),
  wireFormat: fc.constantFrom('fp32', 'fp16', 'int8'),
  layer: uint,
  width: fc.integer({ min: 0, max: 65_536 }),
  includesCache: fc.boolean(),
  from: uint,
};

const CASES: readonly (readonly [PayloadType<never>, fc.Arbitrary<unknown>])[] = [
  [
    openSessionPayload as PayloadType<never>,
    fc.record(
      {
        session: label,
        family: label,
        featureSpace: label,
        tensorContract: label,
        computeFormat: fc.constantFrom('fp32', 'int8', 'int4'),
        prompt: tokens,
        answer: tokens,
        exit: uint,
        epoch: uint,
        maxTokens: fc.integer({ min: 0, max: 65_536 }),
        sampling: fc.record(
          {
            temperature: fc.double({ min: 0, max: 2, noNaN: true }),
            topK: fc.integer({ min: 1, max: 500 }),
            topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
            seed: uint,
          },
          { requiredKeys: ['temperature', 'seed'] },
        ),
      },
      {
        requiredKeys: [
          'session',
          'family',
          'featureSpace',
          'tensorContract',
          'computeFormat',
          'prompt',
          'answer',
          'exit',
          'epoch',
          'maxTokens',
        ],
      },
    ),
  ],
  [
    draftPayload as PayloadType<never>,
    fc.array(fc.tuple(uint, ratio32), { maxLength: 40 }).chain(pairs =>
      fc.record({
        ...session,
        base: uint,
        tokens: fc.constant(pairs.map(([token]) => token)),
        confidences: fc.constantFrom(
          [],
          pairs.map(([, confidence]) => confidence),
        ),
      }),
    ),
  ],
  [
    verdictPayload as PayloadType<never>,
    fc.record(
      {
        ...session,
        base: uint,
        accepted: fc.nat(4096),
        correction: uint,
        committed: uint,
        finished: fc.boolean(),
        nearTies: uint,
        computeMs: ms,
      },
      { requiredKeys: ['session', 'epoch', 'base', 'accepted', 'committed', 'finished', 'nearTies', 'computeMs'] },
    ),
  ],
  [
    openFeaturesPayload as PayloadType<never>,
    fc.record({
      ...terms,
      prompt: tokens,
      answer: tokens,
      ownTokens: fc.integer({ min: 0, max: 65_536 }),
      ownExit: uint,
      keepsOwn: fc.boolean(),
    }),
  ],
  [
    featureChunkPayload as PayloadType<never>,
    fc.record(
      {
        position: uint,
        epoch: uint,
        checksum: uint,
        scales: fc
          .array(fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }), { maxLength: 40 })
          .map(scales => Float32Array.from(scales)),
        payload: fc.uint8Array({ maxLength: 200 }),
        canonical: uint,
        opened: fc.record({
          ...terms,
          ownTokens: tokens,
          finished: fc.boolean(),
          positions: uint,
          reused: uint,
          computeMs: ms,
        }),
      },
      { requiredKeys: ['position', 'epoch', 'checksum', 'scales', 'payload', 'canonical'] },
    ),
  ],
  [stepFeaturesPayload as PayloadType<never>, fc.record({ ...session, base: uint, tokens })],
  [rollbackPayload as PayloadType<never>, fc.record({ ...session, length: uint, tokens })],
  [
    revisionPayload as PayloadType<never>,
    fc.record({
      session: label,
      sequence: uint,
      tier: fc.constantFrom('device', 'edge', 'cloud'),
      exit: uint,
      modelHash: fc.string({ maxLength: 40 }),
      confidence: ratio32,
      ageMs: ms,
      committed: uint,
      text: fc.string({ unit: 'grapheme', maxLength: 200 }),
      committedBytes: uint,
      edgeBytes: uint,
      finished: fc.boolean(),
    }),
  ],
  [
    probePayload as PayloadType<never>,
    fc.record({ sequence: uint, sentAtMs: ms, echo: fc.boolean(), padding: fc.uint8Array({ maxLength: 100 }) }),
  ],
  [
    featurePayload as PayloadType<never>,
    fc.record({
      family: label,
      featureSpace: label,
      layer: uint,
      computeFormat: fc.constantFrom('fp32', 'int8'),
      wireFormat: fc.constantFrom('fp16', 'int8'),
      modality: fc.constantFrom('text', 'vision'),
      position: uint,
      shape: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
      codec: label,
      codecParameters: fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), {
        maxKeys: 5,
        noNullPrototype: true,
      }),
      contentHash: fc.string({ maxLength: 20 }),
      session: fc.string({ maxLength: 20 }),
      epoch: uint,
      payload: fc.uint8Array({ maxLength: 200 }),
    }),
  ],
  [
    signedAdvertPayload as PayloadType<never>,
    fc.record({
      advert: fc.uint8Array({ maxLength: 200 }),
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
      publicKey: label,
    }),
  ],
];

describe.each(CASES.map(([type, values]) => [type.name, type, values] as const))(
  'payload %s',
  (_name, type, values) => {
    test('comes back as it was sent, in binary and in JSON form', () => {
      fc.assert(
        fc.property(values, value => {
          expect(comparable(type.decode(type.encode(value as never)))).toEqual(comparable(value));
          const json = JSON.parse(JSON.stringify(type.toJson(value as never)));
          expect(comparable(type.fromJson(json))).toEqual(comparable(value));
        }),
        { numRuns: 60 },
      );
    });

    test('refuses JSON of another shape with a reason', () => {
      for (const bad of [null, 7, 'text', [], {}]) {
        expect(() => type.fromJson(bad)).toThrow(AiflowError);
      }
    });
  },
);

/** Plain data with bytes as hex and no negative zeros, which JSON can't carry. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value) || value instanceof Float32Array) return Array.from(value, comparable);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, comparable(field)]));
}
