// SPDX-License-Identifier: Apache-2.0
import { describe } from 'vitest';
import { testTransportDelivery } from './describe-transport-delivery.ts';
import { testTransportExchanges } from './describe-transport-exchanges.ts';
import { testTransportFaults } from './describe-transport-faults.ts';
import { testTransportLife } from './describe-transport-life.ts';
import { type TransportCapabilities, type TransportHarness, useTransportBench } from './transport-harness.ts';

/**
 * The conformance suite of transports: what `Transport` of @aiflow/actor promises, and what actors need of it. Call it
 * at the top of a test file. `setup` runs once; every test closes the transports it opened.
 */
export function describeTransport(
  name: string,
  setup: () => Promise<TransportHarness>,
  capabilities: TransportCapabilities = {},
): void {
  describe(`transport ${name}`, () => {
    const bench = useTransportBench(setup, capabilities);
    testTransportDelivery(bench, capabilities);
    testTransportLife(bench);
    testTransportFaults(bench, capabilities);
    testTransportExchanges(bench);
  });
}
