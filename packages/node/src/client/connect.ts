// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { type BrokerEndpoint, createEphemeralIdentity, createFirstUseTrust, createKeyListTrust } from '@aiflow/mesh';
import { AiflowError, parseName } from '@aiflow/protocol';
import { type Clock, createSystemClock, createSystemRandom } from '@aiflow/time';
import { createMeshNode } from '../daemon/mesh-node.ts';
import { createFleet } from './create-fleet.ts';
import type { Fleet } from './fleet.ts';
import { type RunFile, readRunFiles, runFolder } from './run-file.ts';

/** How to reach a fleet. With nothing given, the one fleet that runs on this machine is taken. */
export interface ConnectOptions {
  /** The fleet's name; needed with `url`, and where several fleets run here. */
  readonly fleet?: string;
  /** Its broker. Default: what `aiflow up` wrote down for the fleet. */
  readonly url?: string;
  readonly credentials?: Omit<BrokerEndpoint, 'urls'>;
  /** Public key by node name. Default: any key on loopback. */
  readonly trustedKeys?: Readonly<Record<string, string>>;
  /** This client's name on the mesh. Default `client-` and eight random digits. */
  readonly name?: string;
  /** The site whose events it hears. Default `clients`. */
  readonly site?: string;
  /** How long joining may take. Default 5 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Where `AIFLOW_RUN_FOLDER` and `XDG_RUNTIME_DIR` are looked up. Default this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Joins a fleet as a client and waits until its nodes are heard. Throws `not-found` when no such fleet runs here,
 * `unavailable` when its broker can't be reached, `deadline-exceeded` when no node answers.
 */
export async function connect(options: ConnectOptions = {}): Promise<Fleet> {
  const clock = options.clock ?? createSystemClock();
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const target = await resolveTarget(options);
  const name = parseName('client', options.name ?? `client-${randomBytes(4).toString('hex')}`);
  const node = createMeshNode(
    {
      clock,
      random: createSystemRandom(),
      logger: options.logger ?? SILENT_LOGGER,
      identity: createEphemeralIdentity(name),
      trust: options.trustedKeys ? createKeyListTrust({ ...options.trustedKeys }) : createFirstUseTrust(),
    },
    {
      fleet: target.fleet,
      tier: 'client',
      site: options.site ?? 'clients',
      control: target.endpoint,
      bulk: target.endpoint,
      ...(options.name === undefined ? { joinWindowMs: 0 } : {}),
    },
  );
  const fleet = createFleet({ ...node, clock }, { fleet: target.fleet, client: name });
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(options.signal ? [options.signal] : [])]);
  try {
    await node.actors.start(signal);
    await fleet.waitForNodes(1, { timeoutMs, signal });
    await fleet.settled(); // or the next line of the caller might ask a node that has not answered our hello yet
    return fleet;
  } catch (cause) {
    await fleet[Symbol.asyncDispose]();
    throw unreachable(target, cause);
  }
}

interface Target {
  readonly fleet: string;
  readonly endpoint: BrokerEndpoint;
}

async function resolveTarget(options: ConnectOptions): Promise<Target> {
  if (options.url !== undefined) {
    if (options.fleet === undefined)
      throw new AiflowError('invalid-argument', 'a url needs the name of the fleet as well: give fleet (--fleet NAME)');
    return { fleet: options.fleet, endpoint: { urls: options.url, ...options.credentials } };
  }
  const run = await findRun(options);
  const { user, password } = run;
  const credentials = user === undefined || password === undefined ? {} : { user, password };
  return { fleet: run.fleet, endpoint: { urls: run.url, ...credentials, ...options.credentials } };
}

async function findRun(options: ConnectOptions): Promise<RunFile> {
  const runs = await readRunFiles(runFolder(options.environment ?? process.env));
  const fitting = options.fleet === undefined ? runs : runs.filter(run => run.fleet === options.fleet);
  const [run] = fitting;
  if (run !== undefined && fitting.length === 1) return run;
  const names = runs.map(other => other.fleet).join(', ');
  if (run !== undefined)
    throw new AiflowError(
      'failed-precondition',
      `several fleets run here (${names}): name one with fleet (--fleet NAME)`,
    );
  const wanted = options.fleet === undefined ? 'no fleet runs' : `fleet '${options.fleet}' does not run`;
  throw new AiflowError(
    'not-found',
    `${wanted} on this machine${names ? ` (running: ${names})` : ''}: start one with aiflow up, or give its broker's url`,
  );
}

function unreachable(target: Target, cause: unknown): AiflowError {
  const error = AiflowError.from(cause);
  if (error.code !== 'deadline-exceeded' && error.code !== 'cancelled') return error;
  const urls = [target.endpoint.urls].flat().join(', ');
  return new AiflowError(error.code, `fleet '${target.fleet}' at ${urls}: ${error.message}`, { cause });
}
