// SPDX-License-Identifier: Apache-2.0
import type { ActorCaller } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import {
  type ClockSample,
  clockOf,
  collectTrace as collectContract,
  listTraces,
  readClock,
  type SpanRecord,
  TRACE_ACTOR,
  type TraceSummary,
} from '@aiflow/telemetry';
import type { Clock } from '@aiflow/time';
import type { FleetNode } from './fleet.ts';

const COLLECT_LIMIT_MS = 2000;
const CLOCK_READINGS = 3;
const REACHABLE_STATES: readonly string[] = ['alive', 'draining', 'suspect'];

/**
 * The spans of a trace from every node in `nodes` that answers within two seconds, and `own`. A node that does not
 * answer is left out: its spans then show as a gap, which is what happened.
 */
export async function collectTrace(
  caller: ActorCaller,
  nodes: readonly string[],
  traceId: string,
  own: readonly SpanRecord[],
): Promise<readonly SpanRecord[]> {
  const answers = await Promise.allSettled(nodes.map(node => spansOf(caller, node, traceId)));
  const gathered = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []));
  // The questions themselves are calls too; they belong to no trace the user asked about.
  return [...own, ...gathered].filter(span => span.traceId === traceId);
}

/** The part of a fleet that traces are gathered from. */
export interface TraceSource {
  readonly ask: ActorCaller['ask'];
  nodes(): readonly Pick<FleetNode, 'name' | 'state'>[];
}

/** What was heard from the nodes of a fleet, and why nothing was heard from some. */
export interface Gathered<Part> {
  readonly parts: ReadonlyMap<string, Part>;
  readonly missing: readonly { readonly node: string; readonly reason: string }[];
}

/** A node's spans of one trace, and how far its clock (named by `clockOf`) is ahead of this machine's now, where it could be read. */
export interface TracePart {
  readonly spans: readonly SpanRecord[];
  readonly clock: (ClockSample & { readonly name: string }) | undefined;
}

/** The spans of a trace from every node, with samples of the clocks of those that have some. Never rejects. */
export function gatherTrace(source: TraceSource, traceId: string, clock: Clock): Promise<Gathered<TracePart>> {
  return gather(source, async node => {
    const answer = await spansOf(source, node, traceId);
    const spans = answer.filter(span => span.traceId === traceId);
    return { spans, clock: spans.length === 0 ? undefined : await sampleClock(source, node, clock) };
  });
}

/** The traces that each node knows of, the latest first, at most `limit` (1 to 100) each. Never rejects. */
export function gatherTraces(source: TraceSource, limit: number): Promise<Gathered<readonly TraceSummary[]>> {
  return gather(source, node =>
    source.ask({ node, actor: TRACE_ACTOR }, listTraces, { limit }, { timeoutMs: COLLECT_LIMIT_MS }),
  );
}

function spansOf(caller: Pick<ActorCaller, 'ask'>, node: string, traceId: string): Promise<readonly SpanRecord[]> {
  return caller.ask({ node, actor: TRACE_ACTOR }, collectContract, { traceId }, { timeoutMs: COLLECT_LIMIT_MS });
}

async function gather<Part>(source: TraceSource, ask: (node: string) => Promise<Part>): Promise<Gathered<Part>> {
  const parts = new Map<string, Part>();
  const missing: { node: string; reason: string }[] = [];
  const hear = async ({ name, state }: Pick<FleetNode, 'name' | 'state'>): Promise<void> => {
    if (!REACHABLE_STATES.includes(state)) return void missing.push({ node: name, reason: state });
    try {
      parts.set(name, await ask(name));
    } catch (cause) {
      const { code, message } = AiflowError.from(cause);
      missing.push({ node: name, reason: `${code}: ${message}` });
    }
  };
  await Promise.all(source.nodes().map(hear));
  return { parts, missing };
}

/** The reading with the shortest round trip: the clock was read somewhere within it. */
async function sampleClock({ ask }: TraceSource, node: string, clock: Clock): Promise<TracePart['clock']> {
  const samples: NonNullable<TracePart['clock']>[] = [];
  const epochMs = clock.wallMs() - clock.nowMs();
  try {
    for (let read = 0; read < CLOCK_READINGS; read++) {
      const sentMs = clock.nowMs();
      const reading = await ask({ node, actor: TRACE_ACTOR }, readClock, {}, { timeoutMs: COLLECT_LIMIT_MS });
      const uncertaintyMs = (clock.nowMs() - sentMs) / 2;
      const aheadMs = reading.wallMs - (epochMs + sentMs + uncertaintyMs);
      samples.push({ name: clockOf({ node, ...reading }), aheadMs, uncertaintyMs });
    }
  } catch {
    // a node of an earlier build does not tell its clock
  }
  return samples.sort((a, b) => a.uncertaintyMs - b.uncertaintyMs)[0];
}
