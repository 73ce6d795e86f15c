// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryNetwork, type Transport } from '@aiflow/actor';
import { describeTransport } from '@aiflow/testkit';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { createDoor, createDoorTransport, createRoutedTransport } from '../src/index.ts';
import { enterRaw, type RawClient } from './raw-door-client.ts';

const HUB = 'beta';

/** The suite between a node and the programs at its door. The node has an uplink too, on which nobody else is. */
describeTransport(
  'door',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aiflow-door-'));
    const socket = join(folder, 'door.sock');
    const clock = createSystemClock({ keepAlive: true });
    const random = createSeededRandom('door');
    const uplinks = createMemoryNetwork({ clock, random });
    let intruder: RawClient | undefined;
    const openHub = (): Transport => {
      const uplink = uplinks.transport(HUB);
      const { node, bootId } = uplink;
      const door = createDoor(
        { clock, advert: () => new Uint8Array() },
        { fleet: 'suite', node, bootId, socket, namePrefix: '' },
      );
      return createRoutedTransport(uplink, door);
    };
    return {
      transports: async node =>
        node === HUB
          ? openHub()
          : createDoorTransport({ clock, random }, { node, bootId: randomUUID(), socket, reconnectWaitMs: 50 }),
      inject: async (_node, bytes) => {
        intruder ??= await enterRaw(socket, { node: 'gamma', bootId: 'raw' });
        await intruder.say(bytes);
      },
      dispose: async () => {
        intruder?.leave();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  { hub: HUB },
);
