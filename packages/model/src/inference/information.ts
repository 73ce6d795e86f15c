// SPDX-License-Identifier: Apache-2.0

import { advance } from './ladder.ts';
import type { LadderContext } from './ladder-context.ts';
import { PREFILL_ROWS } from './prefill-blocks.ts';
import type { Candidates } from './sampling.ts';

/**
 * Bits that the exit needs for the session's prompt after its first token: the sum of -log2 p(token | tokens before).
 * The session must be new.
 */
export async function measureInformation(context: LadderContext): Promise<number> {
  const { session, rungs, embedding } = context;
  await advance(context, session.promptLength);
  const features = session.logOf(rungs.exit.from);
  const cache = session.cacheOf(rungs.exit);
  let bits = 0;
  for (let from = 0; from < session.promptLength - 1; from += PREFILL_ROWS) {
    const to = Math.min(from + PREFILL_ROWS, session.promptLength - 1);
    const request = { from, to, firstQuery: from, candidates: embedding.vocabulary };
    const { candidates } = await rungs.exit.choose(cache, features.view(from, to), request);
    const next = session.tokens(from + 1, to + 1);
    candidates.forEach((row, index) => {
      bits += bitsOf(row, next[index] ?? 0);
    });
    await context.checkpoint();
  }
  return bits;
}

/** -log2 of the softmax at `token`; every token of the vocabulary must be among the candidates. */
function bitsOf({ logits, tokens }: Candidates, token: number): number {
  const peak = logits[0] ?? 0;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - peak), 0);
  const own = logits[tokens.indexOf(token)] ?? Number.NEGATIVE_INFINITY;
  return (peak + Math.log(sum) - own) / Math.LN2;
}
