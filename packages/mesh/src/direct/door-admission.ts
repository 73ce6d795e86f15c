// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { DoorParty } from './door-wire.ts';

/** What a door knows when somebody wants to come in. */
export interface AdmissionState {
  /** The node behind the door. */
  readonly host: string;
  readonly isClosed: boolean;
  readonly namePrefix: string;
  readonly maxClients: number;
  readonly clientsIn: number;
  /** The boot that is in under the same name. */
  readonly bootIn: string | undefined;
}

/**
 * Throws unless `party` may come in: `unavailable` when the door is closed, `permission-denied` for a name that is no client's,
 * `already-exists` for the name of another client, `resource-exhausted` when there is no room.
 */
export function checkAdmission({ node, bootId }: DoorParty, state: AdmissionState): void {
  const { host, isClosed, namePrefix, maxClients, clientsIn, bootIn } = state;
  if (isClosed) throw new AiflowError('unavailable', `the door of ${host} is closed`);
  if (!node.startsWith(namePrefix) || node === host) {
    const message = `${node} may not come in by a door: its name must begin with ${namePrefix}`;
    throw new AiflowError('permission-denied', message);
  }
  if (bootIn === bootId) return;
  if (bootIn !== undefined) {
    const message = `a client ${node} is in already, as boot ${bootIn}: take another name`;
    throw new AiflowError('already-exists', message);
  }
  if (clientsIn < maxClients) return;
  throw new AiflowError(
    'resource-exhausted',
    `the door of ${host} is taken by ${clientsIn} clients, its maxClients: try again later`,
  );
}
