// SPDX-License-Identifier: Apache-2.0
import { createMemoryNetwork, type Transport } from '@aiflow/actor';
import { AiflowError, type Envelope } from '@aiflow/protocol';
import { sampleEnvelope } from '@aiflow/testkit';
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { createRoutedTransport } from './routed-transport.ts';

const RECEIVER = { deliver: () => undefined, undeliverable: () => undefined };

function makeRouted({ opens = true } = {}) {
  const network = createMemoryNetwork({ clock: createVirtualClock(), random: createSeededRandom(1) });
  const calls: string[] = [];
  const atDoor: Envelope[] = [];
  const door = {
    open: async () => {
      calls.push('open');
      if (!opens) throw new AiflowError('already-exists', 'the socket is in use');
    },
    has: (node: string) => node === 'client-1',
    send: (envelope: Envelope) => void atDoor.push(envelope),
    close: async () => void calls.push('close'),
  };
  const uplink = network.transport('device-1');
  return { network, uplink, transport: createRoutedTransport(uplink, door), calls, atDoor };
}

async function send(transport: Transport, to: string): Promise<void> {
  await transport.send(sampleEnvelope(transport, to));
}

describe('a transport over a door and an uplink', () => {
  test('is the node of its uplink', () => {
    const { transport, uplink } = makeRouted();
    expect(transport).toMatchObject({ node: 'device-1', bootId: uplink.bootId, maxPayloadBytes: 8_388_608 });
  });

  test('sends to clients by the door, and to all others over the uplink', async () => {
    const { transport, network, atDoor } = makeRouted();
    await transport.start(RECEIVER);
    await send(transport, 'client-1');
    await send(transport, 'client-2');
    expect(atDoor.map(({ to }) => to.node)).toEqual(['client-1']);
    expect(network.statistics().sent).toBe(1);
  });

  test('closes the door again when its uplink does not start', async () => {
    const { transport, network, calls } = makeRouted();
    await network.transport('device-1').start(RECEIVER);
    await expect(transport.start(RECEIVER)).rejects.toMatchObject({ code: 'already-exists' });
    expect(calls).toEqual(['open', 'close']);
  });

  test('does not start its uplink when the door can not be opened', async () => {
    const { transport, network } = makeRouted({ opens: false });
    await expect(transport.start(RECEIVER)).rejects.toThrow('the socket is in use');
    await expect(network.transport('device-1').start(RECEIVER)).resolves.toBeUndefined();
  });
});
