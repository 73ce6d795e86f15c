import type { ExitPolicy } from '../engine.ts';
/** Budgets in each other at most. */
export declare const MAX_NESTED_BUDGETS = 8;
/**
 * Refuses a policy that cannot be followed on an engine that holds `exits`. Policies arrive over the wire, so nothing
 * about their shape is taken for granted.
 *
 * @throws AiflowError `invalid-argument` for what is malformed, naming the field; `not-found` for an exit that is not
 * held, naming those that are.
 */
export declare function checkExitPolicy(policy: ExitPolicy, exits: readonly number[]): void;
//# sourceMappingURL=check-exit-policy.d.ts.map
