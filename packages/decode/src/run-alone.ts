// SPDX-License-Identifier: Apache-2.0
import type { Engine } from '@aiflow/model';
import type { Tier } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { createEngineDrafter, type SessionSubject } from './drafter.ts';
import { runSession } from './run-session.ts';
import type { SessionOptions } from './session-options.ts';
import type { SessionResult } from './session-result.ts';

/** Where a lone run takes place. */
export interface LoneRun {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly subject: SessionSubject;
  readonly node: string;
  readonly tier: Tier;
}

/** What one exit of one engine says alone: the baseline of every comparison, on the same machine as all other modes. */
export function runAlone(run: LoneRun, exit: number, options: SessionOptions = {}): Promise<SessionResult> {
  const { engine, subject, node, tier, clock } = run;
  const drafter = createEngineDrafter(engine, subject, { node, tier });
  return runSession(
    { drafter, tiers: [], clock },
    { referenceExit: exit, ...options, draftExit: exit, localExit: exit },
  );
}
