// SPDX-License-Identifier: Apache-2.0
export { describeTransport } from './describe-transport.ts';
export { sampleEnvelope } from './sample-envelope.ts';
export { ABSENT_NODE, SUITE_NODES, type TransportCapabilities, type TransportHarness } from './transport-harness.ts';
export { createTransportInbox, type TransportInbox } from './transport-inbox.ts';
