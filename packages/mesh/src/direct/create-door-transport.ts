// SPDX-License-Identifier: Apache-2.0
//
// The client's side of a door.
//
//   idle --start--> entering --let in--> in --the call broke--> out --entering anew--> in ... --close--> closed
//
// E1  There is at most one attempt to go in at a time, and everybody who waits for the door waits for that one.
// E2  While the door is closed, a message waits for one attempt and no longer. Those that wait keep their order, and their
//     bytes are bounded.
// E3  When the call breaks, what was open over it ends: ours is reported as undeliverable, theirs is cancelled.
import { type Logger, SILENT_LOGGER, type TransportReceiver } from '@aiflow/actor';
import { AiflowError, decodeEnvelope, type Envelope, encodeEnvelope } from '@aiflow/protocol';
import { type Clock, type Random, sleep } from '@aiflow/time';
import type { Member } from '../member.ts';
import { createRateLimitedLog, type RateLimitedLog } from '../rate-limited-log.ts';
import { ADVERT_ACTOR } from '../runtime-actors.ts';
import { type DoorCall, enterDoor } from './door-call.ts';
import { createDoorHostView, type DoorHostView } from './door-host-view.ts';
import type { DoorTransport, DoorTransportCollaborators, DoorTransportOptions } from './door-transport.ts';
import { checkSendable, notOpenError, queueFullError, tooManyOpenError } from './door-transport-errors.ts';
import { cancelOf, createExchangeLedger, type ExchangeLedger } from './exchange-ledger.ts';

const MEBIBYTE = 1024 * 1024;
const MAX_OPEN = 8192;
const RECONNECT_WAIT_MS = 250;

/** Makes a transport; `start` goes in. */
export function createDoorTransport(
  collaborators: DoorTransportCollaborators,
  options: DoorTransportOptions,
): DoorTransport {
  return new DoorClient(collaborators, options);
}

class DoorClient implements DoorTransport {
  readonly node: string;
  readonly bootId: string;
  readonly maxPayloadBytes: number;
  readonly #options: DoorTransportOptions;
  readonly #maxQueuedBytes: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #log: RateLimitedLog;
  readonly #stop = new AbortController();
  #receiver: TransportReceiver | undefined;
  #call: DoorCall | undefined;
  #entering: Promise<DoorCall> | undefined;
  #ledger: ExchangeLedger = createExchangeLedger(MAX_OPEN);
  readonly #view: DoorHostView = createDoorHostView();
  #queue: Promise<unknown> = Promise.resolve();
  #queuedBytes = 0;
  #closed: Promise<void> | undefined;

  constructor({ clock, random, logger = SILENT_LOGGER }: DoorTransportCollaborators, options: DoorTransportOptions) {
    this.node = options.node;
    this.bootId = options.bootId;
    this.maxPayloadBytes = options.maxPayloadBytes ?? 8 * MEBIBYTE;
    this.#options = options;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 16 * MEBIBYTE;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
    this.#log = createRateLimitedLog(logger, clock);
  }

  get fleet(): string {
    return this.#view.host?.fleet ?? '';
  }

  host(): Member | undefined {
    return this.#view.member(this.#call !== undefined, this.#clock.nowMs());
  }

  async start(receiver: TransportReceiver, signal?: AbortSignal): Promise<void> {
    if (this.#receiver !== undefined || this.#closed !== undefined) {
      throw new AiflowError('failed-precondition', `transport of ${this.node} was started before: make a new one`);
    }
    signal?.throwIfAborted();
    this.#receiver = receiver;
    try {
      await this.#enter(signal);
    } catch (error) {
      this.#receiver = undefined;
      throw error;
    }
  }

  send(envelope: Envelope): void | Promise<void> {
    const { host } = this.#view;
    if (this.#closed !== undefined || this.#receiver === undefined || host === undefined) {
      throw notOpenError(envelope, this.#closed === undefined ? 'is not started' : 'is closed');
    }
    const { socket } = this.#options;
    checkSendable(envelope, { socket, host: host.node, maxPayloadBytes: this.maxPayloadBytes });
    const bytes = encodeEnvelope(envelope);
    if (this.#call !== undefined && this.#queuedBytes === 0) return this.#hand(this.#call, envelope, bytes);
    return this.#sendWhenIn(envelope, bytes);
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    this.#stop.abort(new AiflowError('unavailable', `transport of ${this.node} is closed`));
    const call = this.#call;
    if (call === undefined) return;
    const limit = new AbortController();
    const patience = sleep(this.#clock, this.#options.closeLimitMs ?? 2_000, limit.signal).catch(() => undefined);
    await Promise.race([call.end(), patience]);
    limit.abort();
    call.destroy();
  }

  #hand(call: DoorCall, envelope: Envelope, bytes: Uint8Array): void | Promise<void> {
    if (!this.#ledger.sent(envelope)) throw tooManyOpenError(envelope, MAX_OPEN);
    return call.lane.send(bytes);
  }

  /** E2 */
  #sendWhenIn(envelope: Envelope, bytes: Uint8Array): Promise<void> {
    const size = bytes.byteLength;
    if (this.#queuedBytes + size > this.#maxQueuedBytes) {
      throw queueFullError(envelope, this.#queuedBytes, this.#maxQueuedBytes);
    }
    this.#queuedBytes += size;
    const handed = this.#queue.then(async () => {
      try {
        const call = this.#call ?? (await this.#enter());
        const taken = this.#hand(call, envelope, bytes);
        return { taken };
      } finally {
        this.#queuedBytes -= size;
      }
    });
    this.#queue = handed.catch(() => undefined);
    return handed.then(({ taken }) => taken);
  }

  /** E1 */
  #enter(signal?: AbortSignal): Promise<DoorCall> {
    this.#entering ??= this.#enterOnce(signal).finally(() => {
      this.#entering = undefined;
    });
    return this.#entering;
  }

  async #enterOnce(signal?: AbortSignal): Promise<DoorCall> {
    const { socket, enterLimitMs = 2_000 } = this.#options;
    const limit = AbortSignal.timeout(enterLimitMs);
    const until = AbortSignal.any([this.#stop.signal, limit, ...(signal === undefined ? [] : [signal])]);
    const ledger = createExchangeLedger(MAX_OPEN);
    const call: DoorCall = await enterDoor(
      this,
      { said: bytes => this.#onSaid(bytes, ledger), ended: error => this.#onEnded(call, ledger, error) },
      { socket, maxPayloadBytes: this.maxPayloadBytes, windowBytes: MEBIBYTE, maxQueuedBytes: this.#maxQueuedBytes },
      until,
    );
    this.#ledger = ledger;
    this.#call = call;
    this.#view.host = call.host;
    return call;
  }

  #onSaid(bytes: Uint8Array, ledger: ExchangeLedger): void {
    if (this.#closed !== undefined) return;
    try {
      const envelope = decodeEnvelope(bytes);
      if (envelope.to.actor === ADVERT_ACTOR) {
        this.#view.hear(envelope.payload, this.#clock.nowMs());
        return;
      }
      ledger.came(envelope);
      this.#receiver?.deliver(envelope);
    } catch (error) {
      this.#log.warn('malformed', `refused what came through the door: ${AiflowError.from(error).message}`);
    }
  }

  /** E3 */
  #onEnded(call: DoorCall, ledger: ExchangeLedger, error: AiflowError): void {
    if (this.#call === call) this.#call = undefined;
    const receiver = this.#receiver;
    if (this.#closed !== undefined || receiver === undefined) return;
    this.#logger.debug(`the door closed: ${error.message}`);
    for (const messageId of ledger.ours()) receiver.undeliverable(messageId, error);
    for (const request of ledger.theirs()) receiver.deliver(cancelOf(request, 'left'));
    void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    const { signal } = this.#stop;
    const waitMs = this.#options.reconnectWaitMs ?? RECONNECT_WAIT_MS;
    while (this.#call === undefined && !signal.aborted) {
      await sleep(this.#clock, waitMs * (1 + this.#random.next()), signal).catch(() => undefined);
      if (this.#call === undefined && !signal.aborted) await this.#enter().catch(() => undefined);
    }
  }
}
