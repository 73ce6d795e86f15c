// SPDX-License-Identifier: Apache-2.0
//
// The composition root of the daemon: the one place where parts meet.
//
// N1  The health server is up before anything that may wait, so that a node without a broker can say so.
// N2  A node is ready when it serves programs on its own machine and every actor runs. It joins the mesh then, or later
//     where its broker can't be reached; neither liveness nor readiness depends on the mesh.
// N3  Stopping drains first: readiness off, no new work, open work ends or its time runs out, then the mesh is left.
import { dirname, resolve } from 'node:path';
import type { ActorHandle, Logger } from '@aiflow/actor';
import type { OutboxStore } from '@aiflow/outbox';
import type { AiflowError } from '@aiflow/protocol';
import { createRequestBook, type RequestBook } from '@aiflow/roles';
import { createBatchMetrics, createOutageRecorder } from '@aiflow/telemetry';
import { type Clock, createSystemRandom, type Random } from '@aiflow/time';
import type { NodeConfig } from '../config/node-config.ts';
import { startHealthServer } from '../health/health-server.ts';
import { recordLinkOutages } from '../offline/link-outages.ts';
import { createMeshPeers } from '../offline/mesh-peers.ts';
import { openNodeStore } from '../offline/node-store.ts';
import { createStoreAndForward, type StoreAndForward } from '../offline/store-and-forward.ts';
import { createMeshLinks } from '../relay/mesh-links.ts';
import { createPlace, type Progress } from './create-place.ts';
import { loadActor } from './load-actor.ts';
import { createMeshDirectory } from './mesh-directory.ts';
import type { MeshNode } from './mesh-node.ts';
import { nodeHealth } from './node-health.ts';
import { registerNodeMetrics } from './node-metrics.ts';
import { observeAnswers } from './observe-answers.ts';
import { type NodeModel, type StartModelCollaborators, startModel } from './start-model.ts';
import { createTeardown, type Teardown } from './teardown.ts';
import { untilAborted } from './until-aborted.ts';

/** What a node is started with besides its configuration. */
export interface StartNodeOptions {
  /** The file the configuration came from: paths in it are relative to its folder. */
  readonly configFile: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends a start that still waits, and joining that goes on after it. */
  readonly signal: AbortSignal;
}

/** A node that serves. Disposing it drains and leaves. */
export interface RunningNode extends AsyncDisposable {
  readonly name: string;
  readonly healthUrl: string;
  /** By which programs on this machine reach it, if its door is enabled. */
  readonly doorSocket: string | undefined;
  /** Resolves when the node has joined its mesh: it may serve alone for as long as its broker can't be reached. */
  readonly joined: Promise<void>;
  /** It has joined. */
  readonly isJoined: boolean;
  /** Resolves if the node must give its name up to another one. */
  readonly conflict: Promise<AiflowError>;
}

/**
 * Starts a node and resolves once it has joined, or serves without a broker in reach. Whatever was begun is undone when it
 * fails.
 */
export async function startNode(config: NodeConfig, options: StartNodeOptions): Promise<RunningNode> {
  const teardown = createTeardown();
  try {
    return await assemble(config, options, teardown);
  } catch (error) {
    await teardown[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(config: NodeConfig, options: StartNodeOptions, teardown: Teardown): Promise<RunningNode> {
  const { clock, logger, signal } = options;
  const progress: Progress = { stage: 'starting', hostBytes: () => 0, families: () => [], meanSessions: () => 0 };
  const random = createSystemRandom();
  const place = await createPlace(config, { ...options, random }, progress);
  const { mesh, actors, telemetry } = place;
  teardown.defer(() => telemetry.shutdown());
  const health = teardown.use(
    await startHealthServer(
      nodeHealth(place, () => progress.stage),
      config.health,
    ),
  ); // N1
  logger.info('health server listens', { url: health.url });
  const store = await openNodeStore(config, { ...options, random });
  if (store) teardown.use(store);
  teardown.defer(() => mesh.leave());
  teardown.defer(() => actors[Symbol.asyncDispose]());
  const parts = {
    ...options,
    ...collaboratorsOf(place, options),
    requests: store && createRequestBook({ store, clock }),
  };
  const model = await unlessAborted(startModel(config, parts), signal);
  if (model) {
    teardown.use(model);
    progress.hostBytes = () => model.engine.statistics().residentBytes;
    progress.families = () => [model.reporter.report()];
    progress.meanSessions = model.meanSessions;
  }
  await spawnActors(config, options, place);
  const { requests } = parts;
  const forwarding =
    model && store && requests && teardown.use(forwardFor(config, { ...parts, requests, random, place, model, store }));
  for (const actor of [...(model?.actors ?? []), ...(forwarding?.actors ?? [])]) actors.spawn(actor);
  registerNodeMetrics(telemetry.metrics, place);
  const conflict = new Promise<AiflowError>(settle => mesh.onConflict(settle));
  logger.info('joining the mesh', { url: withoutCredentials(config.mesh.url) });
  await actors.start(signal);
  teardown.defer(() => drain(place, config, progress)); // N3
  progress.stage = 'ready';
  logger.info('node is ready', { site: config.node.site, actors: actors.actors().length });
  forwarding?.begin();
  watchLinks(place, clock, teardown, () => forwarding?.reconnected());
  if (model) measureInBackground(model, config, teardown);
  return {
    name: config.node.name,
    healthUrl: health.url,
    doorSocket: place.door?.health().socket,
    joined: mesh.joined,
    isJoined: mesh.health().state === 'joined',
    conflict,
    [Symbol.asyncDispose]: () => teardown[Symbol.asyncDispose](),
  };
}

function collaboratorsOf(
  { mesh, telemetry }: MeshNode,
  { clock }: StartNodeOptions,
): Pick<StartModelCollaborators, 'directory' | 'links' | 'observeAnswers' | 'observeBatches'> {
  return {
    directory: createMeshDirectory(mesh),
    links: createMeshLinks(mesh),
    observeAnswers: family => observeAnswers({ clock, telemetry }, family),
    observeBatches: () => createBatchMetrics(telemetry.metrics),
  };
}

interface ForwardingParts extends Pick<StartModelCollaborators, 'clock' | 'logger' | 'directory' | 'links'> {
  readonly requests: RequestBook;
  readonly random: Random;
  readonly place: MeshNode;
  readonly model: NodeModel;
  readonly store: OutboxStore;
}

function forwardFor({ node, roles }: NodeConfig, parts: ForwardingParts): StoreAndForward {
  const { clock, random, logger, directory, links, requests, place, model, store } = parts;
  const { mesh, actors, telemetry } = place;
  const { family, modelHash, engine } = model;
  const peers = createMeshPeers(mesh, links, { node: node.name, site: node.site });
  return createStoreAndForward(
    { store, requests, actors, clock, random, logger, directory, peers, telemetry },
    {
      ...{ node: node.name, tier: node.tier, family: family.manifest.family, modelHash, exits: engine.exits },
      finishes: roles.answer?.finish ?? node.tier !== 'device',
    },
  );
}

/** Outages are drawn in the traces that they touch. */
function watchLinks({ mesh, telemetry }: MeshNode, clock: Clock, teardown: Teardown, onReconnected: () => void): void {
  const stop = new AbortController();
  const watching = recordLinkOutages(mesh, createOutageRecorder({ clock, telemetry }), {
    ...{ clock, onReconnected },
    signal: stop.signal,
  });
  teardown.defer(async () => {
    stop.abort();
    await watching;
  });
}

/** Leaving ends it. */
function measureInBackground({ engine, reporter }: NodeModel, { roles }: NodeConfig, teardown: Teardown): void {
  const stop = new AbortController();
  teardown.defer(async () => stop.abort());
  void reporter.measure(measuredExits(engine.exits, roles), stop.signal);
}

/** The exit by which this node judges or answers comes first; one that only relays is weighed by no planner. */
function measuredExits(exits: readonly number[], { answer, verify }: NodeConfig['roles']): readonly number[] {
  const first = verify?.exit ?? exits.at(-1) ?? 0;
  if (answer === undefined && verify === undefined) return [first];
  return [first, ...exits.filter(exit => exit !== first)];
}

/** Rejects as soon as `signal` aborts; what starts all the same is disposed of then. */
async function unlessAborted<T extends AsyncDisposable | undefined>(
  starting: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const started = await Promise.race([starting.then(value => ({ value })), untilAborted(signal)]);
  if (started) return started.value;
  starting.then(
    value => value?.[Symbol.asyncDispose](),
    () => undefined, // the signal's reason is the one to tell
  );
  throw signal.reason;
}

async function spawnActors(
  config: NodeConfig,
  options: StartNodeOptions,
  place: MeshNode,
): Promise<readonly ActorHandle[]> {
  const baseFolder = dirname(resolve(options.configFile));
  const definitions = await Promise.all(config.actors.map(actor => loadActor(actor, baseFolder, options)));
  return definitions.map(definition => place.actors.spawn(definition));
}

async function drain({ mesh, actors }: MeshNode, config: NodeConfig, progress: Progress): Promise<void> {
  progress.stage = 'draining';
  mesh.drain();
  await actors.drain(config.drainTimeoutMs);
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@');
}
