// SPDX-License-Identifier: Apache-2.0
import type { Fleet } from '@aiflow/node';
import { afterAll, beforeAll } from 'vitest';
import { fixture, startTestFleet, type TestFleet } from './test-fleet.ts';

/** One cloud, one edge and one device, each with a ledger actor, and a client that knows all three. */
export interface LedgerFleet {
  readonly fleet: TestFleet;
  readonly client: Fleet;
}

/** Starts a ledger fleet before the tests of the calling file and ends it after them; `edge` adds to the edge's entry. */
export function useLedgerFleet(name: string, edge = ''): LedgerFleet {
  let held: LedgerFleet | undefined;
  beforeAll(async () => {
    const ledger = `actors: [ { module: ${fixture('ledger-actor')} } ]`;
    const fleet = await startTestFleet(`fleet: ${name}
nodes:
  - { name: cloud-1, tier: cloud, ${ledger} }
  - { name: edge-1, tier: edge, ${edge} ${ledger} }
  - { name: device-1, tier: device, ${ledger} }
`);
    held = { fleet, client: await fleet.connect() };
    await held.client.waitForNodes(3, { timeoutMs: 5000 });
  });
  afterAll(async () => {
    await held?.client[Symbol.asyncDispose]();
    await held?.fleet[Symbol.asyncDispose]();
  });
  const started = (): LedgerFleet => {
    if (held === undefined) throw new Error('the fleet starts before the tests: use it inside of one');
    return held;
  };
  return {
    get fleet() {
      return started().fleet;
    },
    get client() {
      return started().client;
    },
  };
}
