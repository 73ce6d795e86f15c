// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { sendError } from './describe-transport-delivery.ts';
import { sampleEnvelope } from './sample-envelope.ts';
import type { TransportBench } from './transport-harness.ts';
import { createTransportInbox } from './transport-inbox.ts';

/** Starting, closing and coming back. */
export function testTransportLife(bench: TransportBench): void {
  test('refuses to send before it was started and after it was closed', async () => {
    await bench.open('beta');
    const alpha = await bench.harness.transports('alpha');
    bench.closeLater(() => alpha.close());
    expect((await sendError(() => alpha.send(sampleEnvelope(alpha, 'beta')))).code).toBe('unavailable');
    await alpha.start(createTransportInbox());
    await alpha.send(sampleEnvelope(alpha, 'beta'));
    await alpha.close();
    expect((await sendError(() => alpha.send(sampleEnvelope(alpha, 'beta')))).code).toBe('unavailable');
  });

  test('does not start when its signal is aborted', async () => {
    const alpha = await bench.harness.transports('alpha');
    bench.closeLater(() => alpha.close());
    const reason = new Error('not needed any more');
    await expect(alpha.start(createTransportInbox(), AbortSignal.abort(reason))).rejects.toThrow();
  });

  test('flushes on close what was handed over', async () => {
    const { inbox } = await bench.openInbox('beta');
    const alpha = await bench.open('alpha');
    const sends = Array.from({ length: 200 }, () =>
      alpha.send(sampleEnvelope(alpha, 'beta', { payload: new Uint8Array(2_000) })),
    );
    await Promise.all(sends);
    await alpha.close();
    expect(await inbox.received(alpha, 200)).toHaveLength(200);
  });

  test('may be closed twice, and before it was started', async () => {
    const alpha = await bench.open('alpha');
    await Promise.all([alpha.close(), alpha.close()]);
    await alpha.close();
    const beta = await bench.harness.transports('beta');
    await expect(beta.close()).resolves.toBeUndefined();
  });

  test('delivers nothing more once closed', async () => {
    const { inbox, transport: beta } = await bench.openInbox('beta');
    const alpha = await bench.open('alpha');
    await beta.close();
    await Promise.resolve(alpha.send(sampleEnvelope(alpha, 'beta'))).catch(() => undefined);
    const again = await bench.openInbox('beta');
    await alpha.send(sampleEnvelope(alpha, 'beta', { position: 2 }));
    await again.inbox.received(alpha, 1);
    expect(inbox.envelopes.filter(envelope => envelope.bootId === alpha.bootId)).toHaveLength(0);
  });

  test('a node that restarts is another boot, and is reached again', async () => {
    const first = await bench.openInbox('beta');
    const alpha = await bench.open('alpha');
    await alpha.send(sampleEnvelope(alpha, 'beta'));
    await first.inbox.received(alpha, 1);
    await first.transport.close();
    const second = await bench.openInbox('beta');
    expect(second.transport.bootId).not.toBe(first.transport.bootId);
    await alpha.send(sampleEnvelope(alpha, 'beta'));
    expect(await second.inbox.received(alpha, 1)).toHaveLength(1);
    expect(await first.inbox.received(alpha, 0)).toHaveLength(1);
  });
}
