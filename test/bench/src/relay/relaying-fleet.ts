// SPDX-License-Identifier: Apache-2.0
//
// Nodes that stop at every exit and nodes that go on, each in fp32 and in int8, as processes on a broker of their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect, FLEET_CONFIG, type Fleet, parseConfig, startFleet } from '@aiflow/node';
import { type ContinueRequest, continueAnswer, type RelaySummary } from '@aiflow/roles';
import { createSystemClock } from '@aiflow/time';
import type { CaseContext } from '../harness/bench-case.ts';
import { createCleanUp } from '../harness/clean-up.ts';
import { RELAY_EXITS, WANTED_EXIT } from './rows.ts';

/** The fleet of this case. */
export interface RelayingFleet extends AsyncDisposable {
  readonly client: Fleet;
  /** Has the continuer of `format` go on. */
  goOn(format: string, request: ContinueRequest): Promise<RelaySummary>;
  /** Bytes that the fp32 source has sent, of everything. */
  bytesSent(): number;
}

const FORMATS = ['fp32', 'int8'] as const;
const NODE_PACKAGE = dirname(createRequire(import.meta.url).resolve('@aiflow/node/package.json'));
const LIMIT_MS = 30_000;

export const sourceOf = (format: string): string => `source-${format}`;
export const continuerOf = (format: string): string => `deep-${format}`;

export async function startRelayingFleet({ signal, progress }: CaseContext): Promise<RelayingFleet> {
  const cleanUp = createCleanUp();
  try {
    const clock = createSystemClock({ keepAlive: true });
    const folder = await mkdtemp(join(tmpdir(), 'aiflow-bench-'));
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
    const environment = { ...process.env, AIFLOW_RUN_FOLDER: join(folder, 'run') };
    const file = join(NODE_PACKAGE, 'assets/fleet.yaml');
    const config = fleetConfig();
    const running = cleanUp.use(await startFleet(config, { file, clock, environment, signal, onProgress: progress }));
    const client = cleanUp.use(await connect({ fleet: config.fleet, environment, clock, signal }));
    await client.waitForNodes(config.nodes.length, { timeoutMs: 10_000, signal });
    return {
      client,
      goOn: (format, request) => goOn(client, format, request),
      bytesSent: () => running.links.of(sourceOf('fp32'))?.counters.up.bytesOut ?? Number.NaN,
      [Symbol.asyncDispose]: () => cleanUp[Symbol.asyncDispose](),
    };
  } catch (error) {
    await cleanUp[Symbol.asyncDispose]();
    throw error;
  }
}

async function goOn(client: Fleet, format: string, request: ContinueRequest): Promise<RelaySummary> {
  const whole = { deadlineMs: LIMIT_MS, exit: WANTED_EXIT, ...request };
  const to = { node: continuerOf(format), actor: 'continuer' };
  for await (const item of client.stream(to, continueAnswer, whole, { timeoutMs: LIMIT_MS + 2000 })) {
    if (item.kind !== 'summary') continue;
    const { summary } = item;
    if (summary.way === (request.way ?? 'features')) return summary;
    throw new Error(`a relay did not hold: ${summary.reasons.join('; ')}`);
  }
  throw new Error('a relay ended without its summary');
}

/** The link of the fp32 source delays nothing: it only counts. */
function fleetConfig() {
  const nodes = FORMATS.flatMap(format => [
    {
      ...{ name: sourceOf(format), tier: 'edge', site: 'bench', roles: { features: {} } },
      model: { folder: 'nano', exits: [...RELAY_EXITS], format },
      ...(format === 'fp32' ? { link: { delayMs: 0, jitterMs: 0 } } : {}),
    },
    {
      ...{ name: continuerOf(format), tier: 'cloud', site: 'bench', roles: { continue: {} } },
      model: { folder: 'nano', exits: [...RELAY_EXITS, WANTED_EXIT], format },
    },
  ]);
  const text = JSON.stringify({ fleet: `bench-relay-${process.pid}`, nodes });
  return parseConfig(text, FLEET_CONFIG, { file: 'relay.json' });
}
