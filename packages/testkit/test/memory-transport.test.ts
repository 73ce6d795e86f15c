// SPDX-License-Identifier: Apache-2.0
import { createMemoryNetwork } from '@aiflow/actor';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { describeTransport, SUITE_NODES, type TransportHarness } from '../src/index.ts';

const pairs = SUITE_NODES.flatMap((a, index) => SUITE_NODES.slice(index + 1).map(b => [a, b] as const));

async function createMemoryHarness(faults: { delayMs?: number; jitterMs?: number }): Promise<TransportHarness> {
  const clock = createSystemClock({ keepAlive: true });
  const network = createMemoryNetwork({ clock, random: createSeededRandom(11) }, { faults });
  return {
    transports: async node => network.transport(node),
    cut: async () => pairs.forEach(([a, b]) => void network.partition(a, b)),
    heal: async () => pairs.forEach(([a, b]) => void network.heal(a, b)),
    inject: async (node, bytes) => network.inject(node, bytes),
    dispose: async () => undefined,
  };
}

describeTransport('memory', () => createMemoryHarness({}));
describeTransport('memory with delay and jitter', () => createMemoryHarness({ delayMs: 2, jitterMs: 5 }));
