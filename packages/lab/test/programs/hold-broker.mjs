// SPDX-License-Identifier: Apache-2.0
// Launches a broker, says which, and waits to be killed.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { launchBroker } from '@aiflow/lab';

const before = new Set(readdirSync(tmpdir()));
const broker = await launchBroker();
const folders = readdirSync(tmpdir()).filter(name => name.startsWith('aiflow-broker-') && !before.has(name));
process.stdout.write(`${JSON.stringify({ pid: broker.pid, port: broker.port, folders })}\n`);
