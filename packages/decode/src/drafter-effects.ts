// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Drafter, DraftOrder } from './drafter.ts';
import type { ExchangeLimits } from './exchange-limits.ts';
import { faultOf } from './fault-of.ts';
import type { SessionEvent } from './session-event.ts';

/** What the machine orders of the owner's own engine. Each order comes back as one event. */
export interface DrafterEffects {
  open(answer: readonly number[]): void;
  draft(order: DraftOrder): void;
  /** A rollback overtook the draft under way. */
  cancel(): void;
  /** Cancels what is under way; no order follows. */
  stop(reason: AiflowError): void;
}

/** Orders for `drafter`; `emit` hears of their ends. */
export function createDrafterEffects(
  drafter: Drafter,
  limits: ExchangeLimits,
  emit: (event: SessionEvent) => void,
): DrafterEffects {
  const stopped = new AbortController();
  let draft = new AbortController();
  const fail = (error: unknown, doing: 'opening' | 'working'): void => {
    const fault = faultOf(error, doing, drafter.node);
    const isOurs = fault.kind !== 'cancelled' || draft.signal.aborted;
    emit({ type: 'drafter-failed', fault: isOurs ? fault : { ...fault, kind: 'failed' } });
  };
  return {
    open: answer => {
      const limit = { what: `opening ${drafter.node}'s own engine`, limitMs: limits.draftMs(), signal: stopped.signal };
      limits
        .run(limit, signal => drafter.open(answer, signal))
        .then(
          () => emit({ type: 'drafter-opened' }),
          error => fail(error, 'opening'),
        );
    },
    draft: order => {
      draft = new AbortController();
      const limit = { what: `draft of ${drafter.node}`, limitMs: limits.draftMs(), signal: draft.signal };
      limits
        .run(limit, signal => drafter.draft(order, signal))
        .then(
          drafted => emit({ type: 'drafted', ...drafted }),
          error => fail(error, 'working'),
        );
    },
    cancel: () => draft.abort(new AiflowError('cancelled', 'a rollback overtook the draft')),
    stop: reason => {
      stopped.abort(reason);
      draft.abort(reason);
    },
  };
}
