// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { type BrokerEndpoint, createFirstUseTrust, createKeyListTrust } from '@aiflow/mesh';
import { AiflowError, parseName } from '@aiflow/protocol';
import { type Clock, createSystemClock, createSystemRandom } from '@aiflow/time';
import { createFleet } from './create-fleet.ts';
import { findTargets, type Target } from './find-target.ts';
import type { Fleet } from './fleet.ts';
import { type FleetPlace, placeAtDoor, placeOnMesh } from './fleet-place.ts';

/** How to reach a fleet. With nothing given, the one fleet that runs on this machine is taken, or else a node alone. */
export interface ConnectOptions {
  /** The fleet's name; needed with `url`, and where several fleets run here. */
  readonly fleet?: string;
  /** Its broker. Default: what `aiflow up` wrote down for the fleet. */
  readonly url?: string;
  /** The door of a node on this machine: the path of its socket. No broker is needed, and that node alone is reached. */
  readonly socket?: string;
  /** The node to be asked, where the doors of several are found. */
  readonly node?: string;
  readonly credentials?: Omit<BrokerEndpoint, 'urls'>;
  /** Public key by node name. Default: any key on loopback. */
  readonly trustedKeys?: Readonly<Record<string, string>>;
  /** This client's name on the mesh. Default `client-` and eight random digits. Doors let in names that begin so. */
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
/** How long a broker is waited for where there is a door besides. */
const BROKER_LIMIT_MS = 1500;

/**
 * Joins a fleet as a client and waits until its nodes are heard. Throws `not-found` when no such fleet runs here,
 * `unavailable` when its broker or the node behind its door can't be reached, `deadline-exceeded` when no node answers.
 */
export async function connect(options: ConnectOptions = {}): Promise<Fleet> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const [target, fallback] = await findTargets(options);
  if (target === undefined) throw new AiflowError('internal', 'there is no way to any fleet');
  if (fallback === undefined) return enter(target, options, timeoutMs);
  try {
    return await enter(target, options, Math.min(timeoutMs, BROKER_LIMIT_MS));
  } catch (error) {
    const { code } = AiflowError.from(error);
    if (options.signal?.aborted || (code !== 'unavailable' && code !== 'deadline-exceeded')) throw error;
    return enter(fallback, options, timeoutMs);
  }
}

async function enter(target: Target, options: ConnectOptions, timeoutMs: number): Promise<Fleet> {
  const client = parseName('client', options.name ?? `client-${randomBytes(4).toString('hex')}`);
  const place = placeAt(target, client, options);
  const fleet = createFleet(place, client);
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(options.signal ? [options.signal] : [])]);
  try {
    await place.actors.start(signal);
    await fleet.waitForNodes(1, { timeoutMs, signal });
    // or the next line of the caller might ask a node that has not answered our hello yet
    if (target.kind === 'broker') await fleet.settled();
    return fleet;
  } catch (cause) {
    await fleet[Symbol.asyncDispose]();
    throw unreachable(target, cause);
  }
}

function placeAt(target: Target, client: string, options: ConnectOptions): FleetPlace {
  const { clock = createSystemClock(), logger = SILENT_LOGGER, trustedKeys } = options;
  const collaborators = { clock, logger, random: createSystemRandom() };
  if (target.kind === 'door') return placeAtDoor(collaborators, { client, socket: target.socket });
  const { fleet, endpoint } = target;
  const trust = trustedKeys ? createKeyListTrust({ ...trustedKeys }) : createFirstUseTrust();
  return placeOnMesh(
    { ...collaborators, trust },
    {
      ...{ client, fleet, endpoint, site: options.site ?? 'clients' },
      ...(options.name === undefined ? { joinWindowMs: 0 } : {}),
    },
  );
}

function unreachable(target: Target, cause: unknown): AiflowError {
  const error = AiflowError.from(cause);
  if (error.code !== 'deadline-exceeded' && error.code !== 'cancelled') return error;
  const where =
    target.kind === 'door'
      ? `the node at door ${target.socket}`
      : `fleet '${target.fleet}' at ${[target.endpoint.urls].flat().join(', ')}`;
  return new AiflowError(error.code, `${where}: ${error.message}`, { cause });
}
