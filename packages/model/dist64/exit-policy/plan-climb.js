/** The way of one token through exits (Y1). The policy must have been checked against the same exits. */
export function planClimb(policy, facts) {
  let leftMs = Number.POSITIVE_INFINITY;
  let leaf = policy;
  for (; leaf.kind === 'budget'; leaf = leaf.within) leftMs = Math.min(leftMs, allowedMs(leaf.budget));
  const whole = stepsOf(leaf);
  if (leftMs === Number.POSITIVE_INFINITY) return whole;
  leftMs -= facts.spentMs;
  for (const cap of [...facts.exits].reverse()) {
    const steps = capped(whole, cap, facts.exits);
    const needMs = facts.tokensLeft * facts.tokenMs(steps.map(step => step.exit));
    if (needMs <= leftMs || cap === facts.exits[0]) return steps;
  }
  return whole;
}
function allowedMs({ timeMs = Number.POSITIVE_INFINITY, joules, watts = 1 }) {
  return joules === undefined ? timeMs : Math.min(timeMs, (1000 * joules) / watts);
}
function stepsOf(leaf) {
  return leaf.kind === 'fixed'
    ? [{ exit: leaf.exit, minMargin: 0 }]
    : [...leaf.steps, { exit: leaf.last, minMargin: 0 }];
}
/** The same way up to `cap`; where it ends early, the deepest exit under the cap decides. */
function capped(steps, cap, exits) {
  const deepest = steps.at(-1)?.exit ?? cap;
  const last = exits.findLast(exit => exit <= Math.min(cap, deepest)) ?? deepest;
  return [...steps.filter(step => step.exit < last), { exit: last, minMargin: 0 }];
}
//# sourceMappingURL=plan-climb.js.map
