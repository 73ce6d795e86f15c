// SPDX-License-Identifier: Apache-2.0
//
// Where a client goes, from what it was told and what runs on this machine.
//
// W1  What was named is taken, and nothing else: a socket, or a broker's url.
// W2  Otherwise the one fleet that fits is joined at its broker; a node of it that has its door here is the way when the
//     broker does not answer.
// W3  Where no fleet fits, a node alone does: of several the one nearest to the user, as long as they are of one fleet.
import type { BrokerEndpoint } from '@aiflow/mesh';
import { AiflowError } from '@aiflow/protocol';
import type { ConnectOptions } from './connect.ts';
import { type DoorFile, readDoorFiles } from './door-file.ts';
import { type RunFile, readRunFiles, runFolder } from './run-file.ts';

/** A way to a fleet. */
export type Target =
  | { readonly kind: 'broker'; readonly fleet: string; readonly endpoint: BrokerEndpoint }
  | { readonly kind: 'door'; readonly socket: string };

/** The ways to try, the better first; at least one. Throws `not-found`, `invalid-argument` or `failed-precondition`. */
export async function findTargets(options: ConnectOptions): Promise<readonly Target[]> {
  const { socket, url, fleet, credentials } = options;
  if (socket !== undefined) return [{ kind: 'door', socket }];
  if (url === undefined) return findOnThisMachine(options);
  if (fleet === undefined)
    throw new AiflowError('invalid-argument', 'a url needs the name of the fleet as well: give fleet (--fleet NAME)');
  return [{ kind: 'broker', fleet, endpoint: { urls: url, ...credentials } }];
}

async function findOnThisMachine(options: ConnectOptions): Promise<readonly Target[]> {
  const folder = runFolder(options.environment ?? process.env);
  const [runs, doors] = await Promise.all([readRunFiles(folder), readDoorFiles(folder)]);
  const fits = (one: { readonly fleet: string }): boolean => options.fleet === undefined || one.fleet === options.fleet;
  const [run, ...others] = runs.filter(fits);
  if (run === undefined) return [atDoor(chooseDoor(doors.filter(fits), options, namesOf([...runs, ...doors])))];
  if (others.length > 0) throw severalFleets(namesOf(runs));
  const door = nearest(
    doors.filter(({ fleet }) => fleet === run.fleet),
    options.node,
  );
  return [atBroker(run, options), ...(door === undefined ? [] : [atDoor(door)])];
}

function atBroker({ fleet, url, user, password }: RunFile, options: ConnectOptions): Target {
  const credentials = user === undefined || password === undefined ? {} : { user, password };
  return { kind: 'broker', fleet, endpoint: { urls: url, ...credentials, ...options.credentials } };
}

function atDoor({ socket }: DoorFile): Target {
  return { kind: 'door', socket };
}

/** W3 */
function chooseDoor(doors: readonly DoorFile[], { fleet, node }: ConnectOptions, running: string): DoorFile {
  const chosen = nearest(doors, node);
  if (chosen === undefined) {
    const wanted = fleet === undefined ? 'no fleet runs' : `fleet '${fleet}' does not run`;
    throw new AiflowError(
      'not-found',
      `${wanted} on this machine${running ? ` (running: ${running})` : ''}: start one with aiflow up, or give its broker's url`,
    );
  }
  if (doors.some(door => door.fleet !== chosen.fleet)) throw severalFleets(namesOf(doors));
  return chosen;
}

const PREFERENCE = ['device', 'edge', 'cloud'];

/** The door of `node`, else the one nearest to the user. */
function nearest(doors: readonly DoorFile[], node: string | undefined): DoorFile | undefined {
  const byDistance = (one: DoorFile, other: DoorFile): number =>
    PREFERENCE.indexOf(one.tier) - PREFERENCE.indexOf(other.tier) || (one.node < other.node ? -1 : 1);
  return doors.find(door => door.node === node) ?? [...doors].sort(byDistance)[0];
}

function severalFleets(names: string): AiflowError {
  return new AiflowError(
    'failed-precondition',
    `several fleets run here (${names}): name one with fleet (--fleet NAME)`,
  );
}

function namesOf(files: readonly { readonly fleet: string }[]): string {
  return [...new Set(files.map(({ fleet }) => fleet))].join(', ');
}
