// SPDX-License-Identifier: Apache-2.0
//
// Stages for several sessions that advance together: each session's call runs as if it were alone, and what the calls ask
// of a stage at the same time is run at once.
//
// W1  The lowest stage that somebody waits for goes first, so that calls which are out of step meet again.
// W2  Prompt blocks run alone (L2), before those who can share.
import { createRendezvous } from './rendezvous.ts';
import type { RungsByExit } from './serving-rungs.ts';
import type { Stage } from './stage.ts';
import type { ChosenRows, StageRequest } from './stage-run.ts';

/** One call's part. */
export interface StageSharer {
  /** The same stages, whose runs wait for the other calls. */
  share(byExit: RungsByExit): RungsByExit;
  /** The others wait for this call no more. Must be called in every case. */
  leave(): void;
}

/** Hands out parts to calls, as many as were said. */
export interface SharedStages {
  join(): StageSharer;
}

interface StageCall {
  readonly stage: Stage;
  readonly request: StageRequest;
}

/** Stages that so many calls share. All of them must join. */
export function createSharedStages(calls: number): SharedStages {
  const rendezvous = createRendezvous<StageCall, ChosenRows>(calls, {
    choose: chooseCalls,
    serve: async served => {
      const [first] = served;
      if (first === undefined) return [];
      const made = await first.stage.runTogether(served.map(({ request }) => request));
      return made.map(value => ({ status: 'fulfilled', value }));
    },
  });
  return {
    join: () => {
      const member = rendezvous.join();
      return { share: byExit => shareAll(byExit, call => member.ask(call)), leave: () => member.leave() };
    },
  };
}

/** W1, W2 */
function chooseCalls(waiting: readonly StageCall[]): readonly StageCall[] {
  const lowest = waiting.reduce((low, call) => (call.stage.from < low.stage.from ? call : low));
  const group = waiting.filter(({ stage }) => stage === lowest.stage);
  const lone = group.find(({ request }) => request.range.mayShare !== true);
  return lone === undefined ? group : [lone];
}

type AskStage = (call: StageCall) => Promise<ChosenRows>;

function shareAll(byExit: RungsByExit, ask: AskStage): RungsByExit {
  const shared = new Map<Stage, Stage>();
  const share = (stage: Stage): Stage => {
    const made = shared.get(stage) ?? shareStage(stage, ask);
    shared.set(stage, made);
    return made;
  };
  return new Map(
    [...byExit].map(([exit, rungs]) => [exit, { ...rungs, trunk: rungs.trunk.map(share), exit: share(rungs.exit) }]),
  );
}

function shareStage(stage: Stage, ask: AskStage): Stage {
  return {
    ...stage,
    alone: stage,
    run: async (cache, input, range) => {
      const request = { cache, input, range: { ...range, firstQuery: range.from }, candidates: 0 };
      return (await ask({ stage, request })).rows;
    },
    choose: (cache, input, { candidates, ...range }) => ask({ stage, request: { cache, input, range, candidates } }),
  };
}
