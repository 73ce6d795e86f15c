// SPDX-License-Identifier: Apache-2.0
import type { AnsweringFleet } from '../answers/answering-fleet.ts';
import type { CaseContext } from '../harness/bench-case.ts';
import type { RoundCollector } from '../harness/collect-rounds.ts';
import type { PeacefulQuestion } from './real-askers.ts';
import type { TunnelPlan } from './real-rows.ts';

/** What the parts of the case share. */
export interface TunnelRun {
  readonly context: CaseContext;
  readonly plan: TunnelPlan;
  readonly fleet: AnsweringFleet;
  readonly rounds: RoundCollector;
  readonly questions: readonly PeacefulQuestion[];
}
