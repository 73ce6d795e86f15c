// SPDX-License-Identifier: Apache-2.0
//
// What arrives from the broker, judged before anybody sees it. Total: whatever the bytes, it delivers or counts.
//
// I1  The sender in the subject, which the broker vouches for, is the sender in the envelope; else it is forged.
// I2  Only admitted nodes are heard. An asker that is not (yet) admitted is told so, once for each ask.
// I3  Memory for chunks is bounded by the assembler; what does not become whole is counted and dropped.
import { type AiflowError, createChunkAssembler, decodeChunk, decodeEnvelope, type Envelope } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { Msg } from '@nats-io/transport-node';
import type { RateLimitedLog } from './rate-limited-log.ts';
import { type MeshSubject, type NodePlace, parseSubject } from './subjects.ts';
import type { MutableTransportCounters } from './transport-counters.ts';

/** Who judges and who receives. */
export interface InboundCollaborators {
  readonly self: NodePlace;
  readonly clock: Clock;
  readonly log: RateLimitedLog;
  readonly counters: MutableTransportCounters;
  isAdmitted(place: NodePlace): boolean;
  deliver(envelope: Envelope): void;
  /** A message of a node that is not admitted. */
  turnAway(from: NodePlace, envelope: Envelope): void;
}

/** The receiving half of the transport. */
export interface InboundFrames {
  accept(message: Msg): void;
  close(): void;
}

/** Limits on chunked messages. */
export interface InboundLimits {
  readonly maxPayloadBytes: number;
  /** How long a chunked message may wait for its next chunk. Default 30 000. */
  readonly chunkTimeoutMs?: number;
}

type MessageSubject = Extract<MeshSubject, { kind: 'message' }>;

const MAX_ASSEMBLIES = 64;
/** What an envelope adds to its payload, at most. */
const ENVELOPE_OVERHEAD_BYTES = 64 * 1024;
const MAX_REMEMBERED_SUBJECTS = 4096;

/** Judges frames for `collaborators.self`. */
export function createInboundFrames(collaborators: InboundCollaborators, limits: InboundLimits): InboundFrames {
  return new Inbound(collaborators, limits);
}

class Inbound implements InboundFrames {
  readonly #collaborators: InboundCollaborators;
  readonly #assembler: ReturnType<typeof createChunkAssembler>;
  /** Few subjects carry most frames, and taking one apart costs more than looking it up. */
  readonly #subjects = new Map<string, MessageSubject | undefined>();

  constructor(collaborators: InboundCollaborators, limits: InboundLimits) {
    this.#collaborators = collaborators;
    const maxMessageBytes = limits.maxPayloadBytes + ENVELOPE_OVERHEAD_BYTES;
    this.#assembler = createChunkAssembler(
      { clock: collaborators.clock, onDropped: (source, _messageId, error) => this.#drop('incomplete', source, error) },
      { maxAssemblies: MAX_ASSEMBLIES, maxBytes: maxMessageBytes * 4, timeoutMs: limits.chunkTimeoutMs ?? 30_000 },
    );
  }

  accept(message: Msg): void {
    const subject = this.#parse(message.subject);
    if (subject === undefined) {
      this.#refuse('malformed', message.subject, 'a subject that no node of ours makes');
      return;
    }
    const bytes = subject.lane === 'bulk' ? this.#assemble(subject, message.data) : message.data;
    if (bytes !== undefined) this.#open(subject, bytes);
  }

  close(): void {
    this.#assembler.close();
  }

  #open(subject: MessageSubject, bytes: Uint8Array): void {
    const envelope = this.#decode(subject, () => decodeEnvelope(bytes));
    if (envelope === undefined) return;
    const refusal = this.#misdirection(subject, envelope);
    if (refusal !== undefined) {
      this.#refuse('forged', subject.from.node, refusal);
    } else if (this.#collaborators.isAdmitted(subject.from)) {
      this.#collaborators.counters.received++;
      this.#collaborators.deliver(envelope);
    } else {
      this.#turnAway(subject.from, envelope);
    }
  }

  /** I1 */
  #misdirection(subject: MessageSubject, { from, to }: Envelope): string | undefined {
    if (from.node !== subject.from.node) return `a message that claims to be from ${from.node}`;
    const here = to.node === this.#collaborators.self.node && to.actor === subject.actor;
    return here ? undefined : `a message for ${to.actor}@${to.node}`;
  }

  /** I2. A chunk of a stranger is refused before it takes memory. */
  #assemble(subject: MessageSubject, data: Uint8Array): Uint8Array | undefined {
    if (!this.#collaborators.isAdmitted(subject.from)) {
      this.#refuse('unadmitted', subject.from.node, 'a chunk of a node that is not admitted');
      return undefined;
    }
    const chunk = this.#decode(subject, () => decodeChunk(data));
    if (chunk === undefined) return undefined;
    try {
      return this.#assembler.accept(`${subject.from.site}.${subject.from.node}`, chunk);
    } catch (error) {
      this.#drop('incomplete', subject.from.node, error as AiflowError);
      return undefined;
    }
  }

  #turnAway(from: NodePlace, envelope: Envelope): void {
    this.#refuse('unadmitted', from.node, 'a message of a node that is not admitted');
    if (envelope.kind === 'ask' || envelope.kind === 'stream-open') this.#collaborators.turnAway(from, envelope);
  }

  #decode<T>(subject: MessageSubject, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (cause) {
      const error = cause as AiflowError;
      this.#drop(error.code === 'failed-precondition' ? 'wrongGeneration' : 'malformed', subject.from.node, error);
      return undefined;
    }
  }

  #drop(counter: Refusal, from: string, error: AiflowError): void {
    this.#refuse(counter, from, error.message);
  }

  #refuse(counter: Refusal, from: string, what: string): void {
    this.#collaborators.counters[counter]++;
    this.#collaborators.log.warn(counter, `refused a frame: ${what}`, { from });
  }

  #parse(text: string): MessageSubject | undefined {
    if (this.#subjects.has(text)) return this.#subjects.get(text);
    const parsed = parseSubject(text);
    const subject = parsed?.kind === 'message' ? parsed : undefined;
    if (this.#subjects.size >= MAX_REMEMBERED_SUBJECTS) this.#subjects.clear();
    this.#subjects.set(text, subject);
    return subject;
  }
}

type Refusal = 'malformed' | 'wrongGeneration' | 'forged' | 'unadmitted' | 'incomplete';
