// SPDX-License-Identifier: Apache-2.0
import { SILENT_LOGGER } from '@aiflow/actor';
import { AiflowError, decodeEnvelope, type Envelope, encodeEnvelope } from '@aiflow/protocol';
import { sampleEnvelope } from '@aiflow/testkit';
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRateLimitedLog } from '../rate-limited-log.ts';
import { createDoorCounters } from './door-counters.ts';
import { createDoorGuest } from './door-guest.ts';

const host = { node: 'device-1', bootId: 'h' };
const client = { node: 'client-1', bootId: 'b' };

function letIn() {
  const clock = createVirtualClock();
  const counters = createDoorCounters();
  const delivered: Envelope[] = [];
  const undelivered: string[] = [];
  const reading: string[] = [];
  const taking: (() => void)[] = [];
  const written: Buffer[] = [];
  const guest = createDoorGuest(
    client,
    {
      ...{ clock, counters, host, log: createRateLimitedLog(SILENT_LOGGER, clock) },
      receiver: {
        deliver: envelope => void delivered.push(envelope),
        undeliverable: messageId => void undelivered.push(messageId),
      },
      stream: {
        write: (bytes, taken) => {
          written.push(bytes);
          taking.push(taken);
        },
        pause: () => reading.push('pause'),
        resume: () => reading.push('resume'),
      },
    },
    { windowBytes: 1_000, maxQueuedBytes: 10_000, maxOpenRequests: 2 },
  );
  return { guest, counters, delivered, undelivered, reading, taking, written };
}

const ask = (): Envelope => sampleEnvelope(client, 'device-1', { kind: 'ask' });
const large = { payload: new Uint8Array(1_500) };

describe('a guest', () => {
  test('that does not read what waits for it is not read either, until it does', async () => {
    const { guest, reading, taking } = letIn();
    guest.take(encodeEnvelope(ask()));
    expect(reading).toEqual([]);
    void Promise.resolve(guest.send(sampleEnvelope(host, 'client-1', large))).catch(() => undefined);
    guest.take(encodeEnvelope(ask()));
    expect(reading).toEqual(['pause']);
    taking.shift()?.();
    await Promise.resolve();
    expect(reading).toEqual(['pause', 'resume']);
  });

  test('that left hears nothing more, and nothing of it arrives', () => {
    const { guest, delivered } = letIn();
    guest.leave(new AiflowError('unavailable', 'it went'));
    guest.leave(new AiflowError('unavailable', 'it went again'));
    guest.take(encodeEnvelope(ask()));
    expect(delivered).toEqual([]);
    expect(() => guest.send(sampleEnvelope(host, 'client-1'))).toThrow('it went');
  });

  test('leaves nothing open: what it asked is cancelled once, what it was asked fails once', () => {
    const { guest, delivered, undelivered } = letIn();
    const [answered, open] = [ask(), ask()];
    for (const request of [answered, open]) guest.take(encodeEnvelope(request));
    const reply = { kind: 'reply', correlationId: answered.messageId } as const;
    void guest.send(sampleEnvelope(host, 'client-1', reply));
    const asked = sampleEnvelope(host, 'client-1', { kind: 'ask' });
    void guest.send(asked);
    for (let times = 0; times < 2; times++) guest.leave(new AiflowError('unavailable', 'it went'));
    expect(delivered.slice(2).map(({ kind, correlationId }) => [kind, correlationId])).toEqual([
      ['cancel', open.messageId],
    ]);
    expect(undelivered).toEqual([asked.messageId]);
  });

  test('whose refusals find no room is counted, and does no harm', () => {
    const { guest, counters, written } = letIn();
    for (let count = 0; count < 6; count++) {
      void Promise.resolve(guest.send(sampleEnvelope(host, 'client-1', large))).catch(() => undefined);
    }
    for (let count = 0; count < 20; count++)
      guest.take(encodeEnvelope(sampleEnvelope(client, 'edge-1', { kind: 'ask' })));
    expect(counters.misdirected).toBe(20);
    expect(counters.overflow).toBeGreaterThan(0);
    expect(written.length).toBeLessThan(26);
  });

  test('may say any bytes: each message is delivered as it was meant, or counted', () => {
    const frame = encodeEnvelope(ask());
    const damaged = fc
      .record({ at: fc.nat(frame.byteLength - 1), value: fc.nat(255), length: fc.nat(frame.byteLength) })
      .map(({ at, value, length }) => {
        const bytes = Uint8Array.from(frame);
        bytes[at] = value;
        return bytes.subarray(0, length);
      });
    const random = createSeededRandom(3);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), bytes => {
        const { guest, counters, delivered } = letIn();
        guest.take(bytes);
        const { received, malformed, wrongGeneration, forged, misdirected, overflow } = counters;
        expect(received + malformed + wrongGeneration + forged + misdirected + overflow).toBe(1);
        for (const { from, to } of delivered) expect([from.node, to.node]).toEqual(['client-1', 'device-1']);
      }),
      { seed: random.below(1_000), numRuns: 500 },
    );
  });

  test('hears refusals as failures of what it asked', () => {
    const { guest, written } = letIn();
    const asked = sampleEnvelope(client, 'edge-1', { kind: 'stream-open' });
    guest.take(encodeEnvelope(asked));
    expect(written.map(decodeEnvelope)).toEqual([
      expect.objectContaining({ kind: 'failure', correlationId: asked.messageId }),
    ]);
  });
});
