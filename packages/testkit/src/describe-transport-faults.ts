// SPDX-License-Identifier: Apache-2.0
import { encodeEnvelope } from '@aiflow/protocol';
import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { sampleEnvelope } from './sample-envelope.ts';
import { ABSENT_NODE, type TransportBench, type TransportCapabilities } from './transport-harness.ts';

/** Absent nodes, malformed bytes and broken links. */
export function testTransportFaults(bench: TransportBench, capabilities: TransportCapabilities): void {
  test.skipIf(capabilities.detectsAbsentNode === false)(
    'says in no time, and once, that a node is absent',
    async () => {
      const { transport: alpha, inbox } = await bench.openInbox('alpha');
      const ask = sampleEnvelope(alpha, ABSENT_NODE, { kind: 'ask', correlationId: 'it' });
      try {
        await alpha.send(ask);
        await expect.poll(() => inbox.bounced.length, { timeout: 2_000, interval: 2 }).toBe(1);
      } catch (error) {
        if (inbox.bounced.length > 0) throw error;
        expect(error).toMatchObject({ code: 'unavailable', hop: expect.stringContaining(ABSENT_NODE) });
        return;
      }
      expect(inbox.bounced[0]).toMatchObject({ messageId: ask.messageId, error: { code: 'unavailable' } });
      expect(inbox.bounced[0]?.error.hop).toContain(ABSENT_NODE);
    },
  );

  test('ignores bytes that are no message, and goes on', async context => {
    const { inject } = bench.harness;
    if (inject === undefined) return context.skip();
    const { inbox } = await bench.openInbox('beta');
    const alpha = await bench.open('alpha');
    const frame = encodeEnvelope(sampleEnvelope(alpha, 'beta'));
    const otherGeneration = Uint8Array.from(frame);
    expect(otherGeneration[0]).toBe(8); // field 1, the generation, as a varint
    otherGeneration[1] = 99;
    const random = createSeededRandom(5);
    const noise = Array.from({ length: 50 }, () =>
      Uint8Array.from({ length: random.below(200) }, () => random.below(256)),
    );
    const truncated = Array.from({ length: frame.byteLength }, (_, length) => frame.subarray(0, length));
    for (const bytes of [otherGeneration, ...noise, ...truncated]) await inject('beta', bytes);
    await alpha.send(sampleEnvelope(alpha, 'beta', { position: 4242 }));
    await expect.poll(() => inbox.envelopes.at(-1)?.position, { timeout: 5_000 }).toBe(4242);
    for (const envelope of inbox.envelopes) expect(envelope.to.node).toBe('beta');
  });

  test('is whole again after its links were cut and mended', async context => {
    const { cut, heal } = bench.harness;
    if (cut === undefined || heal === undefined) return context.skip();
    const { inbox } = await bench.openInbox('beta');
    const alpha = await bench.open('alpha');
    await alpha.send(sampleEnvelope(alpha, 'beta', { position: 1 }));
    await inbox.received(alpha, 1);
    await cut();
    await Promise.resolve()
      .then(() => alpha.send(sampleEnvelope(alpha, 'beta', { position: 2 })))
      .catch(error => expect(error).toMatchObject({ code: expect.stringMatching(/unavailable|resource-exhausted/) }));
    await heal();
    const arrives = async (): Promise<unknown> => {
      await Promise.resolve()
        .then(() => alpha.send(sampleEnvelope(alpha, 'beta', { position: 3 })))
        .catch(() => undefined);
      return inbox.envelopes.at(-1)?.position;
    };
    await expect.poll(arrives, { timeout: 15_000, interval: 50 }).toBe(3);
  });
}
