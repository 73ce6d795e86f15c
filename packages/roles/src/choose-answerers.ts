// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { AskRequest } from './ask-request.ts';
import { type ChoiceFacts, chooseMembers, type MemberChoice } from './choose-members.ts';
import { choosePolicy, type PolicySettings, tiersOf } from './choose-policy.ts';
import { percent, type ResolvedPolicy, resolvePolicy } from './exit-policy.ts';

/** Who answers, and how the depth of each token is chosen where one node does. */
export interface AnswererChoice {
  /** As it was asked; without its exit policy where that gave way. */
  readonly request: AskRequest;
  readonly choice: MemberChoice;
  readonly policy: ResolvedPolicy | undefined;
}

/**
 * Picks who answers. Under `auto` a risk that this node's own exits can not promise gives way to whoever reaches the
 * wanted exit, and the reasons say so; with nobody else there, or energy to be kept to, the node answers alone as it can.
 * Throws as `chooseMembers` and `choosePolicy` do.
 */
export function chooseAnswerers(facts: ChoiceFacts, request: AskRequest, settings: PolicySettings): AnswererChoice {
  const tiers = tiersOf(request);
  const instead = tiers === 'local' ? answerWithoutRisk(facts, request, settings) : undefined;
  if (instead !== undefined) return instead;
  const choice = chooseMembers(facts, tiers, request.exit);
  return { request, choice, policy: choosePolicy(request, settings, { engine: facts.engine, choice }) };
}

function answerWithoutRisk(
  facts: ChoiceFacts,
  request: AskRequest,
  settings: PolicySettings,
): AnswererChoice | undefined {
  const { tiers = 'auto', exitPolicy: { risk, joules } = {}, exit } = request;
  if (tiers !== 'auto' || risk === undefined || joules !== undefined) return undefined;
  const choice = chooseMembers(facts, 'auto', exit);
  const why = whyNotPromised(risk, facts, { wantedExit: choice.wantedExit, settings });
  if (why === undefined) return undefined;
  const isReached = choice.mode !== 'local' || facts.engine.exits.includes(choice.wantedExit);
  if (!isReached) return { request, choice, policy: choosePolicy(request, settings, { engine: facts.engine, choice }) };
  const { exitPolicy: _gaveWay, ...rest } = request;
  const reason = `answered as without a risk: ${why}`;
  return { request: rest, choice: { ...choice, reasons: [reason, ...choice.reasons] }, policy: undefined };
}

/** Undefined where the exits held here keep to the risk. */
function whyNotPromised(
  risk: number,
  { engine: { exits, family } }: ChoiceFacts,
  { wantedExit, settings }: { readonly wantedExit: number; readonly settings: PolicySettings },
): string | undefined {
  if (!exits.includes(wantedExit)) {
    return `only a node that holds exit ${wantedExit} can promise ${percent(risk)}, and the one asked holds ${exits.join(', ')}`;
  }
  try {
    resolvePolicy({ risk }, { family, held: exits, last: wantedExit, confidence: settings.confidence ?? new Map() });
    return undefined;
  } catch (error) {
    return AiflowError.from(error).message;
  }
}
