// SPDX-License-Identifier: Apache-2.0
import type { Engine } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import type { AskRequest, TierChoice } from './ask-request.ts';
import type { MemberChoice } from './choose-members.ts';
import {
  type ConfidenceTable,
  type ExitPolicyWish,
  type ResolvedPolicy,
  resolvePolicy,
  wishes,
} from './exit-policy.ts';

/** What a node knows of policies. */
export interface PolicySettings {
  /** For questions that this node answers alone and that name neither exit nor policy. */
  readonly exitPolicy?: ExitPolicyWish;
  /** The family's calibrated margins. Default none: a risk is then refused. */
  readonly confidence?: ConfidenceTable;
}

/**
 * Who answers a question that may carry an exit policy: with one, `auto` means the asked node alone. Throws
 * `invalid-argument` for a policy beside what contradicts it.
 */
export function tiersOf({ tiers = 'auto', exitPolicy = {}, audit }: AskRequest): TierChoice {
  if (!wishes(exitPolicy)) return tiers;
  if (tiers === 'two' || tiers === 'three') {
    throw new AiflowError(
      'invalid-argument',
      `tiers ${tiers} and an exit policy exclude each other: together the wanted exit judges every token, whoever drafted it; leave the policy out, or ask with tiers local or cloud-only`,
    );
  }
  if (audit === true) {
    throw new AiflowError(
      'invalid-argument',
      'an audit and an exit policy exclude each other: an audit compares with one exit alone; leave one of them out',
    );
  }
  return tiers === 'auto' ? 'local' : tiers;
}

/** The policy of an answer that one node gives alone; undefined where one exit decides, as without a policy. */
export function choosePolicy(
  request: AskRequest,
  settings: PolicySettings,
  { engine, choice }: { readonly engine: Pick<Engine, 'family' | 'exits'>; readonly choice: MemberChoice },
): ResolvedPolicy | undefined {
  if (choice.mode !== 'local') return undefined;
  const wish = wishOf(request, settings);
  if (wish === undefined || !wishes(wish)) return undefined;
  const held = engine.exits;
  const last = held.filter(exit => exit <= choice.wantedExit).at(-1) ?? held[0] ?? 0;
  return resolvePolicy(wish, { family: engine.family, held, last, confidence: settings.confidence ?? new Map() });
}

/** The machine's draw is the node's to know, so it completes a request's wish. */
function wishOf({ exitPolicy, exit, audit }: AskRequest, settings: PolicySettings): ExitPolicyWish | undefined {
  const own = settings.exitPolicy;
  if (exitPolicy === undefined) return exit === undefined && audit !== true ? own : undefined;
  return own?.watts === undefined ? exitPolicy : { watts: own.watts, ...exitPolicy };
}
