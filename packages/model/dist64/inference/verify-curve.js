import { draftTokens, verifyTokens } from './decoder.js';
/**
 * Times the verification of blocks on the context's session, which must be new. A block of n tokens computes n + 1
 * rows: the last committed token's too, as in a running session.
 */
export async function measureCurve(context, { clock }, { tokens, repeats }) {
  const { session, embedding } = context;
  await draftTokens(context, 1);
  const held = session.tokens(session.promptLength, session.promptLength + 1);
  const once = async count => {
    session.replaceFrom(0, []);
    session.replaceFrom(0, [...held, ...spreadTokens(count, embedding.vocabulary)]);
    const beganMs = clock.nowMs();
    await verifyTokens(context, 1);
    return clock.nowMs() - beganMs;
  };
  const points = [];
  for (const count of tokens) {
    const times = [];
    for (let run = 0; run <= repeats; run++) times.push(await once(count));
    points.push({ tokens: count, ms: median(times.slice(1)) });
  }
  return points;
}
/** Token ids that differ from each other; what they mean does not matter to time. */
export function spreadTokens(count, vocabulary) {
  return Array.from({ length: count }, (_, index) => (index * 7919 + 13) % vocabulary);
}
function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
//# sourceMappingURL=verify-curve.js.map
