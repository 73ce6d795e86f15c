// SPDX-License-Identifier: Apache-2.0
//
// What a link's absence looks like in traces. An outage is a trace of its own, one span with the peer, the cause and
// how long it took, and it links the spans that were touched by it: those open while it lasted, and those whose work was
// queued for the peer. Each of these traces gets a child span of the same name and time, so that the gap is drawn where
// somebody looks for the trace of a question.
//
// O1  An outage begins with the first `down` of a peer and ends with its next `up`; what repeats either changes nothing.
// O2  Outages shorter than `minOutageMs` leave no span: a link that flaps would push the traces of work out.
// O3  At most `MAX_PEERS` outages are under way and at most `MAX_TOUCHED` spans are linked by each.
import type { TraceContext } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { Telemetry } from './create-telemetry.ts';
import { ATTRIBUTES, SPAN_NAMES } from './names.ts';
import { parseTraceParent } from './trace-parent.ts';

/** What an outage recorder works with. */
export interface OutageRecorderCollaborators {
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'recordSpan' | 'openSpans'>;
}

/** Settings of an outage recorder. */
export interface OutageRecorderOptions {
  /** Default 500. */
  readonly minOutageMs?: number;
}

/** Fed by what a node sees of its links. `peer` is a node's name, or `broker`. */
export interface OutageRecorder extends Disposable {
  /** The link to `peer` is gone; `cause` says why, in a few words. */
  down(peer: string, cause: string): void;
  /** It is back: the outage is recorded. */
  up(peer: string): void;
  /** Work of this trace waits because `peer` can't be reached. Nothing happens while no outage of `peer` is known. */
  queued(peer: string, trace: TraceContext | undefined): void;
  /** Records what is still under way, as not ended. */
  [Symbol.dispose](): void;
}

const MAX_PEERS = 256;
const MAX_TOUCHED = 64;

interface Outage {
  readonly startedMs: number;
  readonly cause: string;
  /** By trace id. */
  readonly touched: Map<string, TraceContext>;
}

/** A recorder that knows of no outage. */
export function createOutageRecorder(
  collaborators: OutageRecorderCollaborators,
  options: OutageRecorderOptions = {},
): OutageRecorder {
  return new LinkOutages(collaborators, options.minOutageMs ?? 500);
}

class LinkOutages implements OutageRecorder {
  readonly #collaborators: OutageRecorderCollaborators;
  readonly #minOutageMs: number;
  readonly #outages = new Map<string, Outage>();

  constructor(collaborators: OutageRecorderCollaborators, minOutageMs: number) {
    this.#collaborators = collaborators;
    this.#minOutageMs = minOutageMs;
  }

  down(peer: string, cause: string): void {
    if (this.#outages.has(peer) || this.#outages.size >= MAX_PEERS) return; // O1, O3
    const { clock, telemetry } = this.#collaborators;
    const outage: Outage = { startedMs: clock.nowMs(), cause, touched: new Map() };
    for (const trace of telemetry.openSpans()) touch(outage, trace);
    this.#outages.set(peer, outage);
  }

  up(peer: string): void {
    this.#end(peer, true);
  }

  queued(peer: string, trace: TraceContext | undefined): void {
    const outage = this.#outages.get(peer);
    if (outage !== undefined && trace !== undefined) touch(outage, trace);
  }

  [Symbol.dispose](): void {
    for (const peer of [...this.#outages.keys()]) this.#end(peer, false);
  }

  #end(peer: string, ended: boolean): void {
    const outage = this.#outages.get(peer);
    if (outage === undefined) return;
    this.#outages.delete(peer);
    const { clock, telemetry } = this.#collaborators;
    const durationMs = clock.nowMs() - outage.startedMs;
    if (durationMs < this.#minOutageMs) return; // O2
    for (const trace of telemetry.openSpans()) touch(outage, trace);
    const attributes = {
      [ATTRIBUTES.peerNode]: peer,
      [ATTRIBUTES.outageCause]: outage.cause,
      ...(ended ? {} : { [ATTRIBUTES.outageEnded]: false }),
    };
    const links = [...outage.touched.values()];
    const own = telemetry.recordSpan(SPAN_NAMES.outage, { durationMs, attributes, links });
    for (const parent of links) {
      telemetry.recordSpan(SPAN_NAMES.outage, { parent, durationMs, attributes, links: [own] });
    }
  }
}

/** The first span of a trace that was seen stands for it. */
function touch({ touched }: Outage, trace: TraceContext): void {
  const parent = parseTraceParent(trace);
  if (parent?.sampled !== true || touched.has(parent.traceId) || touched.size >= MAX_TOUCHED) return;
  touched.set(parent.traceId, trace);
}
