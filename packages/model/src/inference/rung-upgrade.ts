// SPDX-License-Identifier: Apache-2.0
//
// Loads what a progressive engine left out, while it serves.
//
// U1  Exits rise together, rung by rung: every exit is at rung 2 before one is at rung 3, so that a file that comes late or
//     damaged holds up as little as it can.
// U2  What fails leaves the exit at the rung that serves, and is logged with what to do. Other exits rise on.
// U3  A stop waits for the graph that is being loaded, which cannot be interrupted, and releases it.
import { AiflowError } from '@aiflow/protocol';
import type { ExitRung } from '../manifest/exit-choice.ts';
import type { EngineCollaborators } from './engine-options.ts';
import type { ServingRungs } from './serving-rungs.ts';
import type { Stage } from './stage.ts';

/** What to load and how. */
export interface UpgradePlan {
  readonly serving: ServingRungs;
  /** The rung each exit shall reach. */
  readonly wanted: readonly ExitRung[];
  /** Refuses segments that are missing, damaged or not what the manifest says. */
  verify(choice: ExitRung): Promise<void>;
  loadExit(choice: ExitRung): Promise<Stage>;
}

/** An upgrade under way. */
export interface Upgrade {
  /** U3 */
  stop(): Promise<void>;
}

/** Begins to raise the exits of `serving` to those wanted. It never fails. */
export function startUpgrade(collaborators: EngineCollaborators, plan: UpgradePlan): Upgrade {
  const stopping = new AbortController();
  const done = raiseAll(collaborators, plan, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

async function raiseAll(collaborators: EngineCollaborators, plan: UpgradePlan, signal: AbortSignal): Promise<void> {
  const stuck = new Set<number>();
  for (const choice of stepsOf(plan)) {
    if (signal.aborted) return;
    if (stuck.has(choice.exit)) continue;
    const raised = await raise(plan, choice, signal).catch(error => fail(collaborators, choice, error));
    if (raised) collaborators.onRungsChanged?.(rungsOf(plan.serving));
    else stuck.add(choice.exit);
  }
}

/** U1 */
function stepsOf({ serving, wanted }: UpgradePlan): readonly ExitRung[] {
  return wanted
    .flatMap(({ exit, rung: last }) => {
      const first = (serving.byExit.get(exit)?.rung ?? last) + 1;
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({ exit, rung: first + index }));
    })
    .sort((left, right) => left.rung - right.rung || left.exit - right.exit);
}

async function raise(plan: UpgradePlan, choice: ExitRung, signal: AbortSignal): Promise<boolean> {
  await plan.verify(choice);
  if (signal.aborted) return false;
  const stage = await plan.loadExit(choice);
  if (signal.aborted) {
    await stage.release();
    return false;
  }
  await plan.serving.replace(choice.exit, { stage, rung: choice.rung });
  return true;
}

/** U2 */
function fail({ logger }: EngineCollaborators, { exit, rung }: ExitRung, error: unknown): boolean {
  logger.error(`exit ${exit} stays below rung ${rung}: repair what is named and start the engine again`, {
    exit,
    rung,
    because: AiflowError.from(error).message,
  });
  return false;
}

/** The rung that serves, by exit. */
export function rungsOf({ byExit }: ServingRungs): ReadonlyMap<number, number> {
  return new Map([...byExit].map(([exit, { rung }]) => [exit, rung]));
}
