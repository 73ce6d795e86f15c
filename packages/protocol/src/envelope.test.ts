// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, test } from 'vitest';
import { SAMPLE_ENVELOPE } from '../testdata/samples.ts';
import { AiflowError, decodeEnvelope, type Envelope, encodeEnvelope } from './index.ts';

const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/);
const id = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
const address = fc.record({ node: name, actor: name });
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  kind: fc.constantFrom('tell', 'ask', 'reply', 'failure', 'cancel', 'stream-open', 'stream-item', 'stream-end'),
  deliveryClass: fc.constantFrom('control', 'latest', 'bulk', 'durable'),
  messageId: id,
  correlationId: fc.oneof(fc.constant(''), id),
  from: address,
  to: address,
  remainingMs: fc.integer({ min: 0, max: 0xffff_ffff }),
  sentAtMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
  bootId: fc.oneof(fc.constant(''), id),
  payloadType: fc.oneof(fc.constant(''), id),
  payloadEncoding: fc.constantFrom('native', 'json'),
  payload: fc.uint8Array({ maxLength: 300 }),
  trace: fc.option(
    fc.record({
      traceparent: fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/),
      tracestate: fc.string({ maxLength: 40 }),
    }),
    { nil: undefined },
  ),
  position: fc.integer({ min: 0, max: 0xffff_ffff }),
  latestKey: fc.string({ unit: 'grapheme', maxLength: 20 }),
});

function refusal(bytes: Uint8Array): AiflowError {
  try {
    decodeEnvelope(bytes);
  } catch (error) {
    if (AiflowError.is(error)) return error;
    throw error;
  }
  throw new Error('the envelope was accepted');
}

test('every envelope comes back as it was sent', () => {
  fc.assert(
    fc.property(envelopes, envelope => {
      const decoded = decodeEnvelope(encodeEnvelope(envelope));
      expect({ ...decoded, payload: undefined }).toEqual({ ...envelope, payload: undefined });
      expect(Buffer.from(decoded.payload).equals(Buffer.from(envelope.payload))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('an encoded envelope keeps its bytes while others are encoded', () => {
  const first = encodeEnvelope(SAMPLE_ENVELOPE);
  const copy = Buffer.from(first);
  for (const size of [10, 5000, 20_000, 100_000, 10]) {
    encodeEnvelope({ ...SAMPLE_ENVELOPE, messageId: 'another', payload: new Uint8Array(size).fill(255) });
  }
  expect(copy.equals(first)).toBe(true);
  const big = encodeEnvelope({ ...SAMPLE_ENVELOPE, payload: new Uint8Array(50_000).fill(1) });
  encodeEnvelope({ ...SAMPLE_ENVELOPE, payload: new Uint8Array(50_000).fill(2) });
  expect(decodeEnvelope(big).payload.every(byte => byte === 1)).toBe(true);
});

test('the payload is a view of the bytes that came, so that a forwarder passes them on verbatim', () => {
  const bytes = encodeEnvelope(SAMPLE_ENVELOPE);
  const { payload } = decodeEnvelope(bytes);
  expect(payload.buffer).toBe(bytes.buffer);
  const asPlainArray = new Uint8Array(bytes);
  expect(decodeEnvelope(asPlainArray).payload.buffer).toBe(asPlainArray.buffer);
});

test('a payload that lost bytes or had one changed on the way is refused, wherever that was', () => {
  const payload = Uint8Array.of(10, 1, 65, 16, 2, 24, 3);
  const sent = encodeEnvelope({ ...SAMPLE_ENVELOPE, payload });
  const at = Buffer.from(sent).indexOf(payload);
  for (let length = 0; length < payload.byteLength; length++) {
    const cut = Buffer.concat([sent.subarray(0, at + length), sent.subarray(at + payload.byteLength)]);
    cut[at - 1] = length;
    expect(refusal(cut)).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('CRC-32') });
    const changed = Buffer.from(sent);
    changed[at + length]! ^= 1;
    expect(refusal(changed).message).toContain('CRC-32');
  }
});

test('an envelope of a build that states no checksum is taken as it is', () => {
  const sent = encodeEnvelope({ ...SAMPLE_ENVELOPE, latestKey: '' });
  const older = sent.subarray(0, sent.byteLength - 6); // two bytes of tag, four of checksum, written last
  expect(decodeEnvelope(older)).toEqual(decodeEnvelope(sent));
  expect(encodeEnvelope({ ...SAMPLE_ENVELOPE, latestKey: '', payload: new Uint8Array() }).byteLength).toBe(
    older.byteLength - SAMPLE_ENVELOPE.payload.byteLength - 2,
  );
});

test('fields of a newer build are skipped outside the payload and kept inside it', () => {
  const newerPayload = protobuf.Writer.create().uint32(15992).uint32(7).uint32(10).string('known').finish();
  const sent = encodeEnvelope({ ...SAMPLE_ENVELOPE, payload: newerPayload });
  const newer = protobuf.Writer.create()
    .uint32((900 << 3) | 2)
    .string('from the future')
    .finish();
  const forwarded = encodeEnvelope(decodeEnvelope(Buffer.concat([sent, newer])));
  expect(Buffer.from(decodeEnvelope(forwarded).payload).equals(Buffer.from(newerPayload))).toBe(true);
  expect(Buffer.from(forwarded).equals(Buffer.from(sent))).toBe(true);
});

test('another generation is refused readably, saying who has to upgrade', () => {
  const generationAt = (generation: number): Uint8Array => {
    const bytes = Uint8Array.from(encodeEnvelope(SAMPLE_ENVELOPE));
    expect([bytes[0], bytes[1]]).toEqual([8, 1]);
    bytes[1] = generation;
    return bytes;
  };
  const newer = refusal(generationAt(2));
  expect(newer.code).toBe('failed-precondition');
  expect(newer.message).toBe('wire generation 2 from device-1 is outside 1..1: upgrade this node');
  expect(newer.details).toEqual({ theirs: '2', ours: '1' });
  expect(refusal(generationAt(0)).message).toBe('wire generation 0 from device-1 is outside 1..1: upgrade device-1');
});

test('a newer generation that also changed the other fields is refused for its generation, not as malformed', () => {
  const messageIdThatIsNoText = [(4 << 3) | 2, 2, 0xff, 0xfe];
  const newer = refusal(Uint8Array.from([8, 2, ...messageIdThatIsNoText]));
  expect([newer.code, newer.message]).toEqual([
    'failed-precondition',
    'wire generation 2 from the sender of the envelope is outside 1..1: upgrade this node',
  ]);
  expect(refusal(Uint8Array.from([8, 1, ...messageIdThatIsNoText])).code).toBe('invalid-argument');
});

test('names that would mean something in a subject are refused', () => {
  for (const bad of ['>', '*', 'a.b', 'A', 'a b', '', '-a', 'x'.repeat(64)]) {
    const refused = refusal(encodeEnvelope({ ...SAMPLE_ENVELOPE, from: { node: bad, actor: 'echo' } }));
    expect(refused.code).toBe('invalid-argument');
    expect(refused.message).toContain('from address');
  }
});

test.each([
  ['message id', { messageId: '' }, 'lacks message_id'],
  ['message id with spaces', { messageId: 'a b' }, 'message_id that is not 1 to 128 printable ASCII'],
  ['too long message id', { messageId: 'x'.repeat(129) }, 'message_id that is not'],
  ['time that is no number', { sentAtMs: Number.NaN }, 'sent_at_ms of NaN'],
  ['too long latest key', { latestKey: 'k'.repeat(257) }, 'latest_key of 257 characters, at most 256'],
  ['unknown kind', { kind: 'shout' as 'tell' }, 'unknown message kind number -1'],
])('a missing or impossible %s is refused with the reason', (_what, change, reason) => {
  const refused = refusal(encodeEnvelope({ ...SAMPLE_ENVELOPE, ...change }));
  expect(refused.code).toBe('invalid-argument');
  expect(refused.message).toContain(`envelope from device-1`);
  expect(refused.message).toContain(reason);
});

test('a trace context past the limits of W3C is left out instead of costing the message', () => {
  const traced = (traceparent: string, tracestate: string): Envelope['trace'] =>
    decodeEnvelope(encodeEnvelope({ ...SAMPLE_ENVELOPE, trace: { traceparent, tracestate } })).trace;
  expect(traced('x'.repeat(129), '')).toBeUndefined();
  expect(traced('', 'a=1')).toBeUndefined();
  expect(traced('00-a', 's'.repeat(513))).toEqual({ traceparent: '00-a', tracestate: '' });
});

test('time that has run out is never sent as "no limit stated"', () => {
  const sent = (remainingMs: number): number =>
    decodeEnvelope(encodeEnvelope({ ...SAMPLE_ENVELOPE, remainingMs })).remainingMs;
  expect([sent(-5), sent(0.2), sent(0), sent(Number.POSITIVE_INFINITY)]).toEqual([1, 1, 0, 0xffff_ffff]);
});

test('a name or id that is not allowed is refused however often it comes, also after one that is allowed', () => {
  const good = encodeEnvelope(SAMPLE_ENVELOPE);
  const bad: readonly Partial<Envelope>[] = [
    { from: { node: '', actor: '' } },
    { from: { node: 'edge-1', actor: 'Not Allowed' } },
    { to: { node: 'no_name', actor: 'worker' } },
    { bootId: 'with space' },
    { payloadType: 'tab\t' },
  ];
  for (const change of bad) {
    const bytes = encodeEnvelope({ ...SAMPLE_ENVELOPE, ...change });
    for (let times = 0; times < 2; times++) {
      expect(refusal(bytes).code).toBe('invalid-argument');
      expect(decodeEnvelope(good).from).toEqual(SAMPLE_ENVELOPE.from);
    }
    for (let times = 0; times < 2; times++) expect(refusal(bytes).code).toBe('invalid-argument');
  }
});

describe('the id of an answer', () => {
  const answers = [
    ['reply', 0, '#r'],
    ['failure', 3, '#f'],
    ['stream-end', 3, '#e'],
    ['stream-item', 0, '#0'],
    ['stream-item', 300, '#300'],
  ] as const;

  test.each(answers)('%s at %d does not travel, as it follows from what it answers', (kind, position, ending) => {
    const correlationId = 'k3v9-000001';
    const answer = { ...SAMPLE_ENVELOPE, kind, position, correlationId, messageId: `${correlationId}${ending}` };
    const other = { ...answer, messageId: 'of-my-own' };
    expect(decodeEnvelope(encodeEnvelope(answer)).messageId).toBe(answer.messageId);
    expect(decodeEnvelope(encodeEnvelope(other)).messageId).toBe('of-my-own');
    expect(encodeEnvelope(other).byteLength - encodeEnvelope(answer).byteLength).toBe(2 + 'of-my-own'.length);
  });

  test('is not made up for a message that answers nothing', () => {
    const tell = { ...SAMPLE_ENVELOPE, kind: 'tell', correlationId: '', messageId: '' } as const;
    expect(() => decodeEnvelope(encodeEnvelope(tell))).toThrow('lacks message_id');
    const reply = { ...tell, kind: 'reply' } as const;
    expect(() => decodeEnvelope(encodeEnvelope(reply))).toThrow('lacks message_id');
  });
});
