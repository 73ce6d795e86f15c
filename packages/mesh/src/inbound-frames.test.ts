// SPDX-License-Identifier: Apache-2.0
import { SILENT_LOGGER } from '@aiflow/actor';
import { type Envelope, encodeChunk, encodeEnvelope, splitIntoChunks } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import type { Msg } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { message } from '../test/transport-pair.ts';
import { createInboundFrames } from './inbound-frames.ts';
import { createRateLimitedLog } from './rate-limited-log.ts';
import { formatSubject, type Lane, type NodePlace } from './subjects.ts';
import { createTransportCounters } from './transport-counters.ts';

const self = { site: 's', node: 'me' };
const peer = { site: 's', node: 'peer' };

function start() {
  const clock = createVirtualClock();
  const counters = createTransportCounters();
  const delivered: Envelope[] = [];
  const turnedAway: Envelope[] = [];
  const frames = createInboundFrames(
    {
      ...{ self, clock, counters, log: createRateLimitedLog(SILENT_LOGGER, clock) },
      isAdmitted: place => place.node === 'peer' && place.site === 's',
      deliver: envelope => void delivered.push(envelope),
      turnAway: (_from, envelope) => void turnedAway.push(envelope),
    },
    { maxPayloadBytes: 100_000, chunkTimeoutMs: 1_000 },
  );
  return { clock, counters, delivered, turnedAway, frames };
}

const envelope = (fields: Partial<Envelope> = {}): Envelope => message('peer', 'me', fields);

function frame(data: Uint8Array, lane: Lane = 'control', from: NodePlace = peer): Msg {
  const subject = formatSubject({ kind: 'message', fleet: 'f', from, to: self, actor: 'target', lane });
  return { subject, data } as Msg;
}

describe('inbound frames', () => {
  test('an envelope in chunks arrives whole, in whatever order the chunks come', () => {
    const { frames, delivered } = start();
    const bytes = encodeEnvelope(envelope({ payload: new Uint8Array(50_000).fill(3) }));
    const chunks = splitIntoChunks(bytes, 'm', 7_000).map(encodeChunk).reverse();
    for (const chunk of chunks) frames.accept(frame(chunk, 'bulk'));
    expect(delivered).toHaveLength(1);
    expect(delivered[0]?.payload).toEqual(new Uint8Array(50_000).fill(3));
  });

  test('chunks of a stranger take no memory, and half a message is dropped and counted after its time', async () => {
    const { frames, counters, clock } = start();
    const [first] = splitIntoChunks(encodeEnvelope(envelope({ payload: new Uint8Array(9_000) })), 'm', 1_000);
    frames.accept(frame(encodeChunk(first!), 'bulk', { site: 's', node: 'stranger' }));
    frames.accept(frame(encodeChunk(first!), 'bulk', { site: 'elsewhere', node: 'peer' }));
    expect(counters.unadmitted).toBe(2);
    frames.accept(frame(encodeChunk(first!), 'bulk'));
    expect(counters.incomplete).toBe(0);
    await clock.advance(2_000);
    expect(counters.incomplete).toBe(1);
  });

  test('a sender, receiver or actor that is not the one in the subject is forged', () => {
    const { frames, counters, delivered } = start();
    frames.accept(frame(encodeEnvelope(envelope({ from: { node: 'other', actor: 'a' } }))));
    frames.accept(frame(encodeEnvelope(envelope({ to: { node: 'other', actor: 'target' } }))));
    frames.accept(frame(encodeEnvelope(envelope({ to: { node: 'me', actor: 'c' } }))));
    expect(counters.forged).toBe(3);
    expect(delivered).toEqual([]);
  });

  test('only askers are told that they are not admitted', () => {
    const { frames, turnedAway, counters } = start();
    const from = { node: 'stranger', actor: 'a' };
    for (const kind of ['tell', 'ask', 'stream-open', 'reply'] as const) {
      frames.accept(frame(encodeEnvelope(envelope({ kind, from })), 'control', { site: 's', node: 'stranger' }));
    }
    expect(turnedAway.map(each => each.kind)).toEqual(['ask', 'stream-open']);
    expect(counters.unadmitted).toBe(4);
  });

  test('100 000 malformed, truncated and mutated frames: each is delivered or counted, none throws', () => {
    const { frames, counters, delivered } = start();
    const random = createSeededRandom(11);
    const whole = encodeEnvelope(envelope({ payload: new Uint8Array(40).fill(9), correlationId: 'c' }));
    const chunk = encodeChunk(splitIntoChunks(whole, 'm', 50)[0]!);
    const total = 100_000;
    for (let round = 0; round < total; round++) {
      const lane: Lane = random.below(2) === 0 ? 'control' : 'bulk';
      const base = lane === 'control' ? whole : chunk;
      const bytes = Uint8Array.from(base.subarray(0, random.below(base.byteLength + 1)));
      for (let change = random.below(4); change > 0 && bytes.byteLength > 0; change--) {
        bytes[random.below(bytes.byteLength)] = random.below(256);
      }
      frames.accept(frame(bytes, lane));
    }
    const { malformed, wrongGeneration, forged, received } = counters;
    expect(received).toBe(delivered.length);
    expect(malformed).toBeGreaterThan(total / 4);
    expect(wrongGeneration).toBeGreaterThan(0);
    expect(forged).toBeGreaterThan(0);
  }, 60_000);
});
