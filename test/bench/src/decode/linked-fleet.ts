// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  connect,
  FLEET_CONFIG,
  type Fleet,
  type FleetConfig,
  type FleetNodeConfig,
  readConfig,
  startFleet,
} from '@aiflow/node';
import type { LinkFacts } from '@aiflow/placement';
import { createSystemClock } from '@aiflow/time';
import type { CaseContext } from '../harness/bench-case.ts';
import { createCleanUp } from '../harness/clean-up.ts';

/** The default fleet as real processes, with slower machines and an emulated link to the cloud. */
export interface LinkedFleet extends AsyncDisposable {
  readonly client: Fleet;
  /** Sets the round trip between the cloud and all others. */
  setRoundTrip(ms: number): void;
  /** Sets round trip and rate of the cloud's link; no rate, no limit. */
  setCloudLink(link: LinkFacts): void;
}

/** Changes a node of the default fleet before it starts. */
export type ArrangeNode = (node: FleetNodeConfig) => FleetNodeConfig;

/**
 * Every node sleeps so much for each millisecond it computes that three of them fit on two cores: times are those of
 * machines so much slower, and none waits for another's core.
 */
const SHARED_SLOWDOWN = 3;
const CLOUD = 'cloud-1';
const DEVICE = 'device-1';
const NODE_PACKAGE = dirname(createRequire(import.meta.url).resolve('@aiflow/node/package.json'));

/** Starts the fleet; the device's step takes `deviceFactor` times what the others' takes. */
export async function startLinkedFleet(
  { signal, progress }: CaseContext,
  deviceFactor: number,
  arrange: ArrangeNode = node => node,
): Promise<LinkedFleet> {
  const cleanUp = createCleanUp();
  try {
    const clock = createSystemClock({ keepAlive: true });
    const folder = await mkdtemp(join(tmpdir(), 'aiflow-bench-'));
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
    const environment = { ...process.env, AIFLOW_RUN_FOLDER: join(folder, 'run') };
    const file = join(NODE_PACKAGE, 'assets/fleet.yaml');
    const config = arranged(slowedAndLinked(await readConfig(file, FLEET_CONFIG), deviceFactor), arrange);
    const running = cleanUp.use(await startFleet(config, { file, clock, environment, signal, onProgress: progress }));
    const client = cleanUp.use(await connect({ fleet: config.fleet, environment, clock, signal }));
    await client.waitForNodes(config.nodes.length, { timeoutMs: 10_000, signal });
    return {
      client,
      setRoundTrip: ms => running.links.of(CLOUD)?.set({ delayMs: ms / 2 }),
      setCloudLink: ({ rttMs, bytesPerSecond }) => running.links.of(CLOUD)?.set({ delayMs: rttMs / 2, bytesPerSecond }),
      [Symbol.asyncDispose]: () => cleanUp[Symbol.asyncDispose](),
    };
  } catch (error) {
    await cleanUp[Symbol.asyncDispose]();
    throw error;
  }
}

function arranged(config: FleetConfig, arrange: ArrangeNode): FleetConfig {
  return { ...config, nodes: config.nodes.map(arrange) };
}

function slowedAndLinked(config: FleetConfig, deviceFactor: number): FleetConfig {
  const nodes = config.nodes.map(node => {
    const slowdown = node.name === DEVICE ? SHARED_SLOWDOWN * deviceFactor : SHARED_SLOWDOWN;
    const model = node.model === undefined ? {} : { model: { ...node.model, slowdown } };
    return { ...node, ...model, ...(node.name === CLOUD ? { link: { delayMs: 0, jitterMs: 0 } } : {}) };
  });
  return { ...config, nodes, fleet: `bench-decode-${process.pid}` };
}
