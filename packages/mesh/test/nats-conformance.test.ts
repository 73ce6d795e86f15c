// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { launchBroker, listBrokers } from '@aiflow/lab';
import { describeTransport, SUITE_NODES } from '@aiflow/testkit';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { connect } from '@nats-io/transport-node';
import { createNatsTransport, formatSubject, type InboxMode } from '../src/index.ts';

/** The suite over one broker of each version at hand, listening in each way. */
for (const binary of await listBrokers()) {
  for (const inboxMode of ['by-sender', 'wildcard'] as const) {
    describeTransport(`NATS on nats-server ${binary.version}, ${inboxMode}`, async () => {
      const broker = await launchBroker({ binary }, { jetStream: false });
      const raw = await connect({ servers: broker.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
      return {
        transports: async node => openable(node, broker.url, inboxMode),
        cut: () => broker.kill(),
        heal: () => broker.restart(),
        inject: async (node, bytes) => {
          for (const lane of ['control', 'bulk'] as const) raw.publish(subjectTo(node, lane), bytes);
          await raw.flush();
        },
        dispose: async () => {
          await raw.close();
          await broker.stop();
        },
      };
    });
  }
}

function openable(node: string, url: string, inboxMode: InboxMode) {
  const transport = createNatsTransport(
    { clock: createSystemClock({ keepAlive: true }), random: createSeededRandom(node) },
    {
      ...{ fleet: 'suite', site: 'home', node, inboxMode },
      bootId: randomUUID(),
      control: { urls: url },
      reconnectWaitMs: 50,
    },
  );
  for (const peer of SUITE_NODES) if (peer !== node) void transport.admit({ site: 'home', node: peer });
  return transport;
}

function subjectTo(node: string, lane: 'control' | 'bulk'): string {
  const from = { site: 'home', node: node === 'alpha' ? 'beta' : 'alpha' };
  return formatSubject({ kind: 'message', fleet: 'suite', from, to: { site: 'home', node }, actor: 'probe', lane });
}
