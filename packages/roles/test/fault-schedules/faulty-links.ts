// SPDX-License-Identifier: Apache-2.0
//
// What lies between a node and the memory network: links that are cut or stall, a broker that goes away, frames and
// payloads cut short, old messages that come again. Every fault is counted when it really meets a message.
import type { MemoryNetwork, Transport, TransportReceiver } from '@aiflow/actor';
import {
  type Address,
  AiflowError,
  closeSessionPayload,
  draftPayload,
  type Envelope,
  encodeEnvelope,
  openSessionPayload,
  type PayloadType,
  sessionOpenedPayload,
} from '@aiflow/protocol';
import type { Random, VirtualClock } from '@aiflow/time';
import { cutPayload } from './cut-payload.ts';
import type { FaultKind } from './schedule.ts';

/** What was told of a session on its way to a verifier. */
export interface SessionTrail {
  /** What of it arrived last. A farewell is early before its opening was answered, and late when its time was over. */
  last: 'opening' | 'opened' | 'farewell' | 'early farewell' | 'late farewell' | undefined;
  farewellsSent: number;
  farewellSentMs: number;
}

/** The links of one run. Whoever plays the schedule switches the faults on and off. */
export interface FaultyLinks {
  readonly hits: Map<FaultKind, number>;
  /** Key: `verifier node`, then the session's key at its desk. */
  readonly trails: Map<string, SessionTrail>;
  readonly cut: Set<string>;
  readonly stalledUntilMs: Map<string, number>;
  /** Nodes whose process is gone: what they still say is never sent. */
  readonly crashed: Set<string>;
  /** Nodes that have no connection to the broker. */
  readonly away: Set<string>;
  readonly shares: Map<FaultKind, number>;
  hit(kind: FaultKind): void;
  wrap(transport: Transport): Transport;
}

type Named = Pick<PayloadType<{ readonly session: string }>, 'decode'>;

/** A message that was longer on its way than its sender gives it is not handled; this is a farewell's, less a link's delay. */
const TELL_LIMIT_MS = 599_000;
const SHORTENED = /^aiflow\.decode\./;

/** Links without a fault, over `network`. The asker's link stays whole: what matters lies behind the asked node. */
export function createFaultyLinks(network: MemoryNetwork, clock: VirtualClock, random: Random): FaultyLinks {
  return new Links(network, clock, random);
}

class Links implements FaultyLinks {
  readonly hits = new Map<FaultKind, number>();
  readonly trails = new Map<string, SessionTrail>();
  readonly cut = new Set<string>();
  readonly stalledUntilMs = new Map<string, number>();
  readonly crashed = new Set<string>();
  readonly away = new Set<string>();
  readonly shares = new Map<FaultKind, number>();
  readonly #network: MemoryNetwork;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #receivers = new Map<string, TransportReceiver>();
  readonly #verdicts = new Map<string, Uint8Array>();
  /** What each ask was about, as replies do not say it. */
  readonly #asked = new Map<string, string>();
  readonly #arrived = new Set<string>();
  #replays = 0;

  constructor(network: MemoryNetwork, clock: VirtualClock, random: Random) {
    this.#network = network;
    this.#clock = clock;
    this.#random = random;
  }

  hit(kind: FaultKind): void {
    this.hits.set(kind, (this.hits.get(kind) ?? 0) + 1);
  }

  wrap(transport: Transport): Transport {
    const { node, bootId, maxPayloadBytes } = transport;
    return {
      ...{ node, bootId, maxPayloadBytes },
      start: (receiver, signal) => {
        this.#receivers.set(node, receiver);
        const noted: TransportReceiver = {
          deliver: envelope => {
            this.#noteArrival(envelope);
            receiver.deliver(envelope);
          },
          undeliverable: (id, error) => receiver.undeliverable(id, error),
        };
        return transport.start(noted, signal);
      },
      send: envelope => this.#send(transport, envelope),
      close: () => transport.close(),
    };
  }

  #send(transport: Transport, envelope: Envelope): void {
    const from = transport.node;
    const to = envelope.to.node;
    const isAsker = from === 'client-1' || to === 'client-1';
    if (this.crashed.has(from)) return;
    if (isAsker) {
      transport.send(envelope);
      return;
    }
    if (envelope.kind === 'ask') this.#asked.set(envelope.messageId, envelope.payloadType);
    this.#noteSent(envelope);
    this.#checkBroker(from, to, envelope);
    if (this.away.has(to)) return;
    if (this.cut.has(from) || this.cut.has(to)) {
      this.hit('cut');
      return;
    }
    const untilMs = Math.max(this.stalledUntilMs.get(from) ?? 0, this.stalledUntilMs.get(to) ?? 0);
    const waitMs = untilMs - this.#clock.nowMs();
    if (waitMs <= 0) {
      this.#pass(transport, envelope);
      return;
    }
    this.hit('stall');
    this.#clock.setTimer(waitMs, () => quietly(() => this.#pass(transport, envelope)));
  }

  /** As nats.js says it: at once, whether it is one's own link or nobody listens at the other end. */
  #checkBroker(from: string, to: string, { messageId }: Envelope): void {
    if (this.away.has(from)) {
      this.hit('broker');
      throw new AiflowError('unavailable', 'no connection to the broker: reconnecting', { retryAfterMs: 250 });
    }
    if (!this.away.has(to)) return;
    this.hit('broker');
    const error = new AiflowError('unavailable', `nobody listens on node ${to}`, { hop: `${from} -> ${to}` });
    this.#clock.setTimer(1, () => this.#receivers.get(from)?.undeliverable(messageId, error));
  }

  #pass(transport: Transport, envelope: Envelope): void {
    if (this.#draws('replay') && isOfSession(envelope)) this.#replay(transport, envelope);
    if (this.#draws('cut-frame')) this.#cutFrame(envelope);
    else if (this.#answers(envelope) === draftPayload.name) this.#passVerdict(transport, envelope);
    else this.#sendOrShorten(transport, envelope);
  }

  #passVerdict(transport: Transport, envelope: Envelope): void {
    const key = `${envelope.from.node} ${envelope.to.node}`; // so that sessions get each other's
    const past = this.#verdicts.get(key);
    this.#verdicts.set(key, envelope.payload);
    if (past !== undefined && this.#draws('stale-verdict')) {
      this.hit('stale-verdict');
      transport.send({ ...envelope, payload: past });
    } else this.#sendOrShorten(transport, envelope);
  }

  #sendOrShorten(transport: Transport, envelope: Envelope): void {
    const type = this.#answers(envelope) ?? envelope.payloadType;
    const isSpared = !SHORTENED.test(type) || envelope.payload.byteLength === 0;
    if (isSpared || !this.#draws('cut-payload')) {
      transport.send(envelope);
      return;
    }
    this.hit('cut-payload');
    this.#injectLater(envelope.to.node, cutPayload(encodeEnvelope(envelope), this.#random));
  }

  #cutFrame(envelope: Envelope): void {
    this.hit('cut-frame');
    const bytes = encodeEnvelope(envelope);
    const kept = bytes.slice(0, this.#random.below(bytes.byteLength));
    this.#injectLater(envelope.to.node, kept);
  }

  #injectLater(node: string, bytes: Uint8Array): void {
    this.#clock.setTimer(5, () => this.#network.inject(node, bytes));
  }

  #replay(transport: Transport, envelope: Envelope): void {
    this.hit('replay');
    this.#replays += 1;
    const again = { ...envelope, messageId: `${envelope.messageId}.again${this.#replays}` };
    const lateMs = this.#random.below(400);
    this.#clock.setTimer(lateMs, () => quietly(() => transport.send(again)));
  }

  /** What a reply is about. */
  #answers({ kind, correlationId }: Envelope): string | undefined {
    return kind === 'reply' ? this.#asked.get(correlationId) : undefined;
  }

  #draws(kind: FaultKind): boolean {
    const share = this.shares.get(kind);
    return share !== undefined && this.#random.next() < share;
  }

  #noteSent(envelope: Envelope): void {
    const { payloadType, from, to } = envelope;
    if (this.#answers(envelope) === openSessionPayload.name) {
      const trail = this.#trailOf(sessionOpenedPayload, envelope, { verifier: from, owner: to });
      if (trail?.last === 'opening') trail.last = 'opened';
    } else if (payloadType === closeSessionPayload.name) {
      const trail = this.#trailOf(closeSessionPayload, envelope, { verifier: to, owner: from });
      if (trail === undefined) return;
      trail.farewellsSent += 1;
      trail.farewellSentMs = this.#clock.nowMs();
    }
  }

  /** A second copy is not handled, so it is not noted either. */
  #noteArrival(envelope: Envelope): void {
    const { payloadType, kind, from, to, messageId } = envelope;
    if (this.#arrived.has(messageId)) return;
    this.#arrived.add(messageId);
    if (payloadType === openSessionPayload.name && kind === 'ask') {
      const trail = this.#trailOf(openSessionPayload, envelope, { verifier: to, owner: from });
      if (trail !== undefined) trail.last = 'opening';
    } else if (payloadType === closeSessionPayload.name) {
      const trail = this.#trailOf(closeSessionPayload, envelope, { verifier: to, owner: from });
      if (trail === undefined) return;
      const isLate = this.#clock.nowMs() - trail.farewellSentMs > TELL_LIMIT_MS;
      trail.last = isLate ? 'late farewell' : trail.last === 'opening' ? 'early farewell' : 'farewell';
    }
  }

  #trailOf(type: Named, { payload }: Envelope, { verifier, owner }: Parties): SessionTrail | undefined {
    let session: string;
    try {
      session = type.decode(payload).session;
    } catch {
      return undefined;
    }
    const key = `${verifier.node} ${owner.node}/${session}`;
    const trail = this.trails.get(key) ?? { last: undefined, farewellsSent: 0, farewellSentMs: 0 };
    this.trails.set(key, trail);
    return trail;
  }
}

interface Parties {
  readonly verifier: Address;
  readonly owner: Address;
}

function isOfSession({ payloadType, kind }: Envelope): boolean {
  return (kind === 'ask' || kind === 'tell') && SHORTENED.test(payloadType);
}

/** A message that comes late may find its sender gone. */
function quietly(send: () => void): void {
  try {
    send();
  } catch {
    // as a process that is gone says nothing
  }
}
