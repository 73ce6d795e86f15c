// SPDX-License-Identifier: Apache-2.0
//
// One client that was let in. Total: whatever it says is delivered, answered with a refusal, or counted.
//
// G1  It speaks under its own name and boot alone, and to the node behind the door alone.
// G2  A request past the bound of open ones, or for another node, is answered with a failure and not delivered.
// G3  While more waits for it than the window has, nothing more is read from it.
// G4  When it leaves, what it had asked is cancelled, and what it was asked fails.
import type { TransportReceiver } from '@aiflow/actor';
import { AiflowError, decodeEnvelope, type Envelope, encodeEnvelope } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { RateLimitedLog } from '../rate-limited-log.ts';
import { failureOf } from '../refusal-envelope.ts';
import type { MutableDoorCounters } from './door-counters.ts';
import type { DoorParty } from './door-wire.ts';
import { createEnvelopeLane, type EnvelopeLane, type LaneBounds } from './envelope-lane.ts';
import { cancelOf, createExchangeLedger, type ExchangeLedger } from './exchange-ledger.ts';

/** The part of a gRPC call that a guest needs. */
export interface GuestStream {
  write(bytes: Buffer, taken: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** What a guest works with. */
export interface GuestCollaborators {
  readonly clock: Clock;
  readonly log: RateLimitedLog;
  readonly counters: MutableDoorCounters;
  readonly receiver: TransportReceiver;
  readonly stream: GuestStream;
  /** The node behind the door. */
  readonly host: DoorParty;
}

/** Bounds of a guest. */
export interface GuestBounds extends LaneBounds {
  readonly maxOpenRequests: number;
}

/** A client that is in. */
export interface DoorGuest extends DoorParty {
  /** Takes what it said. */
  take(bytes: Uint8Array): void;
  /** As `Transport.send`, to this client. */
  send(envelope: Envelope): void | Promise<void>;
  /** Resolves when it was given all that waits. */
  flushed(): Promise<void>;
  /** G4. Idempotent. */
  leave(reason: AiflowError): void;
}

/** A guest that says it is `party`. */
export function createDoorGuest(party: DoorParty, collaborators: GuestCollaborators, bounds: GuestBounds): DoorGuest {
  return new Guest(party, collaborators, bounds);
}

type Refusal = 'malformed' | 'wrongGeneration' | 'forged' | 'misdirected' | 'overflow';

class Guest implements DoorGuest {
  readonly node: string;
  readonly bootId: string;
  readonly #collaborators: GuestCollaborators;
  readonly #lane: EnvelopeLane;
  readonly #ledger: ExchangeLedger;
  readonly #bounds: GuestBounds;
  #hasLeft = false;
  #isPaused = false;

  constructor(party: DoorParty, collaborators: GuestCollaborators, bounds: GuestBounds) {
    const { stream, host } = collaborators;
    this.node = party.node;
    this.bootId = party.bootId;
    this.#collaborators = collaborators;
    this.#bounds = bounds;
    this.#ledger = createExchangeLedger(bounds.maxOpenRequests);
    this.#lane = createEnvelopeLane(
      (bytes, taken) => void stream.write(bytes, taken),
      bounds,
      `${host.node} -> ${party.node}`,
    );
  }

  take(bytes: Uint8Array): void {
    if (this.#hasLeft) return;
    const envelope = this.#decode(bytes);
    if (envelope !== undefined) this.#admit(envelope);
    this.#holdBack();
  }

  send(envelope: Envelope): void | Promise<void> {
    if (!this.#ledger.sent(envelope)) throw this.#tooManyOpen(envelope);
    this.#collaborators.counters.sent++;
    return this.#lane.send(encodeEnvelope(envelope));
  }

  flushed(): Promise<void> {
    return this.#lane.whenEmpty();
  }

  leave(reason: AiflowError): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#lane.end(reason);
    const { receiver } = this.#collaborators;
    for (const request of this.#ledger.theirs()) receiver.deliver(cancelOf(request, 'left'));
    for (const messageId of this.#ledger.ours()) receiver.undeliverable(messageId, reason);
  }

  #admit(envelope: Envelope): void {
    const { counters, receiver } = this.#collaborators;
    if (envelope.from.node !== this.node || envelope.bootId !== this.bootId) {
      this.#refuse('forged', `a message that claims to be from ${envelope.from.node} in boot ${envelope.bootId}`); // G1
    } else if (envelope.to.node !== this.#collaborators.host.node) {
      this.#refuse('misdirected', `a message for ${envelope.to.actor}@${envelope.to.node}`);
      this.#answer(envelope, this.#elsewhere(envelope)); // G2
    } else if (this.#ledger.came(envelope)) {
      counters.received++;
      receiver.deliver(envelope);
    } else {
      this.#refuse('overflow', `more than ${this.#bounds.maxOpenRequests} open requests`);
      this.#answer(envelope, this.#tooManyOpen(envelope));
    }
  }

  /** G3 */
  #holdBack(): void {
    if (this.#isPaused || this.#lane.outstandingBytes < this.#bounds.windowBytes) return;
    const { stream } = this.#collaborators;
    this.#isPaused = true;
    stream.pause();
    const goOn = (): void => {
      this.#isPaused = false;
      stream.resume();
    };
    this.#lane.whenOpen().then(goOn, () => undefined);
  }

  #answer(envelope: Envelope, error: AiflowError): void {
    if (envelope.kind !== 'ask' && envelope.kind !== 'stream-open') return;
    const { host, clock } = this.#collaborators;
    try {
      const failure = failureOf(envelope, error, { bootId: host.bootId, nowMs: clock.nowMs() });
      this.#lane.send(encodeEnvelope(failure))?.catch(() => undefined);
    } catch (full) {
      this.#refuse('overflow', AiflowError.from(full).message);
    }
  }

  #decode(bytes: Uint8Array): Envelope | undefined {
    try {
      return decodeEnvelope(bytes);
    } catch (cause) {
      const error = AiflowError.from(cause);
      this.#refuse(error.code === 'failed-precondition' ? 'wrongGeneration' : 'malformed', error.message);
      return undefined;
    }
  }

  #refuse(counter: Refusal, what: string): void {
    this.#collaborators.counters[counter]++;
    this.#collaborators.log.warn(counter, `refused at the door: ${what}`, { from: this.node });
  }

  #elsewhere({ from, to }: Envelope): AiflowError {
    const { node } = this.#collaborators.host;
    return new AiflowError(
      'unavailable',
      `the door of node ${node} leads to ${node} alone, not to ${to.node}: reach that over the mesh, by its broker's url`,
      { node, hop: `${from.node} -> ${to.node}/${to.actor}` },
    );
  }

  #tooManyOpen({ from, to }: Envelope): AiflowError {
    return new AiflowError(
      'resource-exhausted',
      `${this.#bounds.maxOpenRequests} requests between ${this.node} and its door are open: wait for some of them to end`,
      { hop: `${from.node} -> ${to.node}/${to.actor}`, retryAfterMs: 100 },
    );
  }
}
