// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createDrafterEffects } from './drafter-effects.ts';
import { createExchangeLimits } from './exchange-limits.ts';
import { letGo } from './let-go.ts';
import type { SessionEffect, SessionEvent } from './session-event.ts';
import type { SessionCollaborators, SessionOptions } from './session-options.ts';
import type { Verifier } from './verifier.ts';
import { VerifierEffects } from './verifier-effects.ts';

/** Does what the machine orders of the owner's engine and of verifiers. Each order comes back as one event at most. */
export interface EffectPerformer {
  perform(effect: SessionEffect): void;
  /** Cancels whatever is under way and says farewell to `verifiers` and the engine. */
  stop(verifiers: readonly Verifier[]): void;
}

/** Makes one for a session that has `remainingMs` left. */
export function createEffectPerformer(
  collaborators: SessionCollaborators,
  options: SessionOptions,
  remainingMs: () => number,
  emit: (event: SessionEvent) => void,
): EffectPerformer {
  const limits = createExchangeLimits(collaborators.clock, options, remainingMs);
  const drafter = createDrafterEffects(collaborators.drafter, limits, emit);
  const verifiers = new VerifierEffects(collaborators, limits, emit);
  const perform = (effect: SessionEffect): void => {
    switch (effect.type) {
      case 'open-drafter':
        drafter.open(effect.answer);
        break;
      case 'draft':
        drafter.draft(effect.order);
        break;
      case 'cancel-draft':
        drafter.cancel();
        break;
      case 'open':
        verifiers.open(effect);
        break;
      case 'verify':
        verifiers.verify(effect);
        break;
      case 'rollback':
        verifiers.rollBack(effect);
        break;
      case 'abandon':
        verifiers.abandon(effect);
        break;
      case 'revise':
      case 'finish':
        break;
    }
  };
  return {
    perform,
    stop: left => {
      const reason = new AiflowError('cancelled', 'the session has ended');
      drafter.stop(reason);
      verifiers.stop(reason);
      letGo(collaborators.drafter.close());
      for (const verifier of left) letGo(verifier.close());
    },
  };
}
