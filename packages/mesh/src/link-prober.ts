// SPDX-License-Identifier: Apache-2.0
import { type AiflowError, type Envelope, type LinkReport, type Probe, probePayload } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { createLinkMeter, type LinkMeasurement, type LinkMeter } from './link-meter.ts';
import type { NatsTransport } from './nats-transport.ts';
import { LINK_ACTOR } from './runtime-actors.ts';

/** Sends probes to peers, answers theirs, and keeps what it learns. */
export interface LinkProber {
  /** Probes every peer in `nodes` once; one of them, whose turn it is, with a train that shows the rate. */
  probe(nodes: readonly string[]): void;
  /** Takes a message to `$link`; true when the peer probed, false for its echo. Throws `invalid-argument` for one that is no probe. */
  take(envelope: Envelope): boolean;
  forget(node: string): void;
  links(): readonly LinkMeasurement[];
  /** The same as an advert carries it. */
  reports(): readonly LinkReport[];
}

/** What a prober works with. */
export interface LinkProberCollaborators {
  readonly clock: Clock;
  readonly transport: Pick<NatsTransport, 'node' | 'bootId' | 'send'>;
  /** A probe could not be sent; the next one is due anyhow. */
  unsent(error: AiflowError): void;
}

/** Weight of the probes that show the rate: three of 16 KiB, to one peer at a time. */
const TRAIN_PROBES = 3;
const TRAIN_PADDING_BYTES = 16 * 1024;
const NO_PADDING = new Uint8Array();
const MAX_REPORTS = 256;

/** `rateEveryMs`: how often one peer gets a train; 0 turns trains off. */
export function createLinkProber(collaborators: LinkProberCollaborators, rateEveryMs: number): LinkProber {
  return new Prober(collaborators, rateEveryMs);
}

class Prober implements LinkProber {
  readonly #collaborators: LinkProberCollaborators;
  readonly #rateEveryMs: number;
  readonly #meters = new Map<string, LinkMeter>();
  readonly #trainDueMs = new Map<string, number>();
  #sequence = 0;

  constructor(collaborators: LinkProberCollaborators, rateEveryMs: number) {
    this.#collaborators = collaborators;
    this.#rateEveryMs = rateEveryMs;
  }

  probe(nodes: readonly string[]): void {
    const nowMs = this.#collaborators.clock.nowMs();
    for (const node of nodes) this.#send(node, NO_PADDING);
    const due = nodes.find(node => nowMs >= (this.#trainDueMs.get(node) ?? 0));
    if (due === undefined || this.#rateEveryMs === 0) return;
    this.#trainDueMs.set(due, nowMs + this.#rateEveryMs);
    this.#sendTrain(due);
  }

  take(envelope: Envelope): boolean {
    const probe = probePayload.decode(envelope.payload);
    const nowMs = this.#collaborators.clock.nowMs();
    const peer = envelope.from.node;
    if (probe.echo) {
      this.#meters.get(peer)?.echoed(probe.sequence, nowMs);
      return false;
    }
    this.#meterOf(peer).heard(envelope.bootId, envelope.sentAtMs, nowMs);
    this.#post(peer, { ...probe, echo: true, padding: NO_PADDING });
    return true;
  }

  forget(node: string): void {
    this.#meters.delete(node);
    this.#trainDueMs.delete(node);
  }

  links(): readonly LinkMeasurement[] {
    const nowMs = this.#collaborators.clock.nowMs();
    return [...this.#meters.values()].map(meter => meter.measure(nowMs));
  }

  reports(): readonly LinkReport[] {
    return this.links()
      .filter(link => link.rttMs !== undefined)
      .slice(0, MAX_REPORTS)
      .map(({ peer, rttMs = 0, bytesPerSecond = 0, lossRatio }) => ({ peer, rttMs, bytesPerSecond, lossRatio }));
  }

  #sendTrain(node: string): void {
    const first = this.#sequence;
    this.#meterOf(node).train(Array.from({ length: TRAIN_PROBES }, (_, index) => first + index));
    for (let sent = 0; sent < TRAIN_PROBES; sent++) this.#send(node, new Uint8Array(TRAIN_PADDING_BYTES));
  }

  #send(node: string, padding: Uint8Array): void {
    const nowMs = this.#collaborators.clock.nowMs();
    const sequence = this.#sequence++;
    this.#meterOf(node).sent(sequence, padding.byteLength, nowMs);
    this.#post(node, { sequence, sentAtMs: nowMs, echo: false, padding });
  }

  #post(node: string, probe: Probe): void {
    const { transport, unsent, clock } = this.#collaborators;
    try {
      const sent = transport.send(probeEnvelope(transport, node, probe, clock.nowMs()));
      if (sent !== undefined) sent.catch(unsent);
    } catch (error) {
      unsent(error as AiflowError);
    }
  }

  #meterOf(node: string): LinkMeter {
    const known = this.#meters.get(node);
    if (known !== undefined) return known;
    const meter = createLinkMeter(node);
    this.#meters.set(node, meter);
    return meter;
  }
}

function probeEnvelope(
  { node, bootId }: Pick<NatsTransport, 'node' | 'bootId'>,
  peer: string,
  probe: Probe,
  nowMs: number,
): Envelope {
  return {
    kind: 'tell',
    deliveryClass: probe.padding.byteLength > 0 ? 'bulk' : 'control',
    messageId: `${bootId}.probe.${probe.sequence}${probe.echo ? '.echo' : ''}`,
    correlationId: '',
    from: { node, actor: LINK_ACTOR },
    to: { node: peer, actor: LINK_ACTOR },
    remainingMs: 0,
    sentAtMs: nowMs,
    bootId,
    payloadType: probePayload.name,
    payloadEncoding: 'native',
    payload: probePayload.encode(probe),
    trace: undefined,
    position: 0,
    latestKey: '',
  };
}
