// SPDX-License-Identifier: Apache-2.0
//
// The door of a node: programs on the same machine come in by a unix socket and speak with its actors, broker or no broker.
//
// D1  A name is one client's (door-admission.ts). The same boot, which came again because its connection broke, takes the
//     place of its earlier call.
// D2  Clients are bounded, and so is what each may have open and waiting (door-guest.ts).
// D3  A client that left, whatever way, leaves nothing open behind it.
import { type Logger, SILENT_LOGGER, type TransportReceiver } from '@aiflow/actor';
import { AiflowError, type Envelope } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import { createRateLimitedLog, type RateLimitedLog } from '../rate-limited-log.ts';
import type { Door, DoorCollaborators, DoorHealth, DoorOptions } from './door.ts';
import { checkAdmission } from './door-admission.ts';
import { createDoorAdverts, type DoorAdverts } from './door-adverts.ts';
import { createDoorCounters, type MutableDoorCounters } from './door-counters.ts';
import { createDoorGuest, type DoorGuest, type GuestBounds } from './door-guest.ts';
import { createDoorServer, type DoorCall, type DoorServer } from './door-server.ts';
import { type DoorHost, type DoorParty, type Grpc, readParty, writeParty } from './door-wire.ts';
import { toStatus } from './grpc-errors.ts';

const MEBIBYTE = 1024 * 1024;
const WINDOW_BYTES = MEBIBYTE;
const MAX_CLIENTS = 32;
/** Connections that may be there without a client that was let in. */
const SPARE_CONNECTIONS = 16;

/** Makes a door; `open` lets clients in. */
export function createDoor(collaborators: DoorCollaborators, options: DoorOptions): Door {
  return new NodeDoor(collaborators, options);
}

interface Visit {
  readonly guest: DoorGuest;
  readonly call: DoorCall;
}

class NodeDoor implements Door {
  readonly #collaborators: DoorCollaborators;
  readonly #options: DoorOptions;
  readonly #host: DoorHost;
  readonly #logger: Logger;
  readonly #log: RateLimitedLog;
  readonly #bounds: GuestBounds;
  readonly #counters: MutableDoorCounters = createDoorCounters();
  readonly #visits = new Map<string, Visit>();
  readonly #server: DoorServer;
  readonly #adverts: DoorAdverts;
  #receiver: TransportReceiver | undefined;
  #closed: Promise<void> | undefined;

  constructor(collaborators: DoorCollaborators, options: DoorOptions) {
    const { fleet, node, bootId, socket, maxPayloadBytes = 8 * MEBIBYTE, maxClients = MAX_CLIENTS } = options;
    this.#collaborators = collaborators;
    this.#options = options;
    this.#host = { fleet, node, bootId };
    this.#logger = collaborators.logger ?? SILENT_LOGGER;
    this.#log = createRateLimitedLog(this.#logger, collaborators.clock);
    this.#bounds = {
      windowBytes: WINDOW_BYTES,
      maxQueuedBytes: options.maxQueuedBytes ?? 16 * MEBIBYTE,
      maxOpenRequests: options.maxOpenRequests ?? 1024,
    };
    this.#adverts = createDoorAdverts(
      {
        ...{ host: this.#host, log: this.#log, clock: collaborators.clock, advert: collaborators.advert },
        guests: () => [...this.#visits.values()].map(({ guest }) => guest),
      },
      options.advertEveryMs ?? 1_000,
    );
    this.#server = createDoorServer(
      {
        clock: collaborators.clock,
        onCall: (call, grpc) => this.#onCall(call, grpc),
        onStranger: () => this.#onStranger(),
        onFault: cause => this.#onFault(cause),
      },
      { socket, maxPayloadBytes, maxConnections: maxClients + SPARE_CONNECTIONS },
    );
  }

  async open(receiver: TransportReceiver): Promise<void> {
    this.#receiver = receiver;
    await this.#server.listen();
    this.#logger.info('programs on this machine reach this node by its door', { socket: this.#options.socket });
  }

  has(node: string): boolean {
    return this.#visits.has(node);
  }

  send(envelope: Envelope): void | Promise<void> {
    const visit = this.#visits.get(envelope.to.node);
    if (visit === undefined) throw this.#goneError(envelope.to.node);
    return visit.guest.send(envelope);
  }

  health(): DoorHealth {
    return { socket: this.#options.socket, clients: [...this.#visits.keys()], counters: { ...this.#counters } };
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    this.#adverts.stop();
    await this.#server.stopListening();
    const flushed = Promise.all([...this.#visits.values()].map(visit => this.#seeOff(visit)));
    const limit = new AbortController();
    const patience = sleep(this.#collaborators.clock, this.#options.closeLimitMs ?? 2_000, limit.signal);
    await Promise.race([flushed, patience.catch(() => undefined)]);
    limit.abort();
    for (const { guest } of this.#visits.values()) this.#onLeft(guest, 'its door was closed');
    this.#server.end();
  }

  async #seeOff({ guest, call }: Visit): Promise<void> {
    await guest.flushed();
    const ended = new Promise(resolve => call.once('close', resolve));
    call.end();
    await ended;
  }

  #onFault(cause: unknown): void {
    const { code, message } = AiflowError.from(cause);
    this.#log.warn('door-fault', 'the door could not serve a connection: the next one is tried anew', {
      code,
      message,
    });
  }

  #onStranger(): void {
    this.#counters.strangers++;
    this.#log.warn('stranger', 'refused at the door: a connection that does not speak HTTP/2');
  }

  #onCall(call: DoorCall, grpc: Grpc): void {
    call.on('error', () => undefined); // what matters comes as its close
    try {
      const party = readParty(call.metadata);
      this.#checkMayEnter(party);
      call.sendMetadata(writeParty(new grpc.Metadata(), this.#host));
      this.#letIn(party, call);
    } catch (cause) {
      const error = AiflowError.from(cause);
      this.#counters.refusedClients++;
      this.#log.warn('refused-client', `refused a client at the door: ${error.message}`);
      call.emit('error', toStatus(error));
    }
  }

  #letIn(party: DoorParty, call: DoorCall): void {
    const { clock } = this.#collaborators;
    const earlier = this.#visits.get(party.node);
    if (earlier !== undefined) this.#turnOut(earlier);
    const guest = createDoorGuest(
      party,
      {
        ...{ clock, log: this.#log, counters: this.#counters, host: this.#host, stream: call },
        receiver: this.#receiver as TransportReceiver,
      },
      this.#bounds,
    );
    this.#visits.set(party.node, { guest, call });
    call.on('data', (bytes: Buffer) => {
      if (this.#closed === undefined) guest.take(bytes);
    });
    call.once('end', () => void guest.flushed().then(() => call.end()));
    call.once('end', () => this.#onLeft(guest, 'it went'));
    for (const event of ['close', 'cancelled']) call.once(event, () => this.#onLeft(guest, 'its connection broke'));
    this.#logger.debug(`${party.node} came in by the door`);
    this.#adverts.tell(guest);
  }

  #checkMayEnter(party: DoorParty): void {
    const { namePrefix = 'client-', maxClients = MAX_CLIENTS } = this.#options;
    checkAdmission(party, {
      ...{ host: this.#host.node, namePrefix, maxClients },
      isClosed: this.#closed !== undefined,
      clientsIn: this.#visits.size,
      bootIn: this.#visits.get(party.node)?.guest.bootId,
    });
  }

  #turnOut({ guest, call }: Visit): void {
    this.#onLeft(guest, 'it came again');
    call.end();
  }

  /** D3 */
  #onLeft(guest: DoorGuest, why: string): void {
    if (this.#visits.get(guest.node)?.guest !== guest) return;
    this.#visits.delete(guest.node);
    guest.leave(this.#goneError(guest.node, why));
    this.#logger.debug(`${guest.node} left by the door: ${why}`);
  }

  #goneError(client: string, why = 'it is not in'): AiflowError {
    return new AiflowError('unavailable', `${client} can't be reached by the door of ${this.#host.node}: ${why}`, {
      hop: `${this.#host.node} -> ${client}`,
    });
  }
}
