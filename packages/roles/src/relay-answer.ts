// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { AnswerRun } from './answer-run.ts';
import { type AnswerSummary, type AskItem, askAnswer } from './ask-contract.ts';
import type { AskRequest } from './ask-request.ts';
import type { RemoteMember } from './remote-verifier.ts';

/**
 * Has the reference answer alone and passes its revisions on. A node that fails is replaced by the next candidate,
 * which begins anew; with none left it fails with the last error, naming the hop.
 */
export async function* relayAnswer(run: AnswerRun): AsyncGenerator<AskItem, void> {
  const faults: string[] = [];
  let sequence = 0;
  let last = new AiflowError('unavailable', `no reachable node answers with exit ${run.choice.wantedExit}`, {
    node: run.node,
    hop: run.node,
  });
  for (const member of run.choice.reference) {
    try {
      for await (const item of ask(run, member)) {
        sequence += 1;
        yield retold(run, item, sequence, faults);
      }
      return;
    } catch (error) {
      last = AiflowError.from(error).at({ hop: `${run.node} -> ${member.address.node}` });
      if (!last.retryable || run.signal.aborted) throw last;
      faults.push(`${last.hop}: ${last.message}`);
    }
  }
  throw last;
}

async function* ask(run: AnswerRun, member: RemoteMember): AsyncGenerator<AskItem, void> {
  const { node } = member.address;
  const { traffic, signal } = run;
  const leftMs = run.remainingMs();
  const request: AskRequest = { ...run.request, tiers: 'local', exit: member.exit, deadlineMs: leftMs };
  traffic.sent(node, askAnswer.request, request);
  for await (const item of run.caller.stream(member.address, askAnswer, request, { signal, timeoutMs: leftMs })) {
    traffic.received(node, askAnswer.item, item);
    yield item;
  }
}

/** Sequence numbers go on when another node begins anew; the summary adds what happened here. */
function retold(run: AnswerRun, item: AskItem, sequence: number, faults: readonly string[]): AskItem {
  if (item.kind === 'revision') return { kind: 'revision', revision: { ...item.revision, sequence } };
  const theirs = item.summary;
  const summary: AnswerSummary = {
    ...theirs,
    mode: 'cloud-only',
    reasons: [...theirs.reasons, ...faults],
    links: [...run.traffic.traffic(), ...theirs.links],
    durationMs: run.clock.nowMs() - run.beganMs,
  };
  return { kind: 'summary', summary };
}
