// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Envelope } from '@aiflow/protocol';

/** What an envelope is measured by before it is sent through a door. */
export interface SendLimits {
  readonly socket: string;
  /** The node behind the door. */
  readonly host: string;
  readonly maxPayloadBytes: number;
}

/** Throws `unavailable` for another node than the one behind the door, `resource-exhausted` for too large a payload. */
export function checkSendable(envelope: Envelope, { socket, host, maxPayloadBytes }: SendLimits): void {
  const { to, payload } = envelope;
  if (to.node !== host) {
    throw new AiflowError(
      'unavailable',
      `door ${socket} leads to node ${host} alone, not to ${to.node}: reach that over the mesh, by its broker's url`,
      { hop: hopOf(envelope) },
    );
  }
  const size = payload.byteLength;
  if (size <= maxPayloadBytes) return;
  throw new AiflowError(
    'resource-exhausted',
    `payload of ${size} bytes exceeds maxPayloadBytes ${maxPayloadBytes}: send it as a stream`,
    { hop: hopOf(envelope), details: { limit: String(maxPayloadBytes), bytes: String(size) } },
  );
}

/** The transport is not started, or closed. */
export function notOpenError(envelope: Envelope, what: 'is not started' | 'is closed'): AiflowError {
  return new AiflowError('unavailable', `transport of ${envelope.from.node} ${what}`, { hop: hopOf(envelope) });
}

/** More waits for the door than may. */
export function queueFullError(envelope: Envelope, waiting: number, maxQueuedBytes: number): AiflowError {
  return new AiflowError(
    'resource-exhausted',
    `${waiting} bytes wait for the door and maxQueuedBytes is ${maxQueuedBytes}: send slower`,
    { hop: hopOf(envelope), retryAfterMs: 100 },
  );
}

/** More requests are open than may be. */
export function tooManyOpenError(envelope: Envelope, maxOpen: number): AiflowError {
  return new AiflowError(
    'resource-exhausted',
    `${maxOpen} requests are open at the door: wait for some of them to end`,
    { hop: hopOf(envelope), retryAfterMs: 100 },
  );
}

function hopOf({ from, to }: Envelope): string {
  return `${from.node} -> ${to.node}/${to.actor}`;
}
