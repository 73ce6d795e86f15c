// SPDX-License-Identifier: Apache-2.0
import type { ActorCaller } from '@aiflow/actor';
import { collectTrace as collectContract, type SpanRecord, TRACE_ACTOR } from '@aiflow/telemetry';

const COLLECT_LIMIT_MS = 2000;

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
  const answers = await Promise.allSettled(
    nodes.map(node =>
      caller.ask({ node, actor: TRACE_ACTOR }, collectContract, { traceId }, { timeoutMs: COLLECT_LIMIT_MS }),
    ),
  );
  const gathered = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []));
  // The questions themselves are calls too; they belong to no trace the user asked about.
  return [...own, ...gathered].filter(span => span.traceId === traceId);
}
