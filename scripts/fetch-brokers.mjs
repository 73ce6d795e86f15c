// SPDX-License-Identifier: Apache-2.0
// Puts other versions of nats-server into the user's cache, so that suites run on each of them. The system stays as it is.
// Usage: node scripts/fetch-brokers.mjs [--refresh]   (after `npx tsc -b packages/lab`)
import { fetchBrokerVersions, listBrokers } from '@aiflow/lab';

const refresh = process.argv.includes('--refresh');
const results = await fetchBrokerVersions({ refresh, onProgress: line => console.log(line) });
for (const result of results) if ('failure' in result) console.error(`${result.suite}: ${result.failure}`);

const brokers = await listBrokers();
for (const broker of brokers) console.log(`${broker.version.padEnd(10)} ${broker.origin.padEnd(12)} ${broker.path}`);
if (brokers.length === 0) console.error('no nats-server at all: run `sudo apt-get install -y nats-server`');
process.exitCode = brokers.length === 0 ? 1 : 0; // offline with one broker is for the suites to judge
