// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '@aiflow/time';
import type { LinkEmulator } from './link-emulator.ts';
import { createOutageScript, type LinkOutage } from './outage-script.ts';

/** A script that runs. */
export interface PlayedOutages {
  /** Ends it, and heals the link if it is out. */
  stop(): void;
}

/** Cuts and heals the link as the outages say; their time begins now. Throws `invalid-argument` for outages that can't be. */
export function playOutages(
  clock: Clock,
  link: Pick<LinkEmulator, 'cut' | 'heal' | 'isCut'>,
  outages: readonly LinkOutage[],
): PlayedOutages {
  const script = createOutageScript(outages);
  const beginMs = clock.nowMs();
  let timer: Timer | undefined;
  const apply = (scriptMs: number): void => {
    const how = script.cutAt(scriptMs);
    if (how === undefined && link.isCut !== undefined) link.heal();
    else if (how !== undefined && how !== link.isCut) link.cut(how);
    const nextMs = script.nextChangeMs(scriptMs);
    // The script's own time goes from change to change: a late timer skips none of them.
    if (nextMs === undefined) timer = undefined;
    else timer = clock.setTimer(Math.max(0, beginMs + nextMs - clock.nowMs()), () => apply(nextMs));
  };
  apply(0);
  return {
    stop: () => {
      timer?.cancel();
      timer = undefined;
      if (link.isCut !== undefined) link.heal();
    },
  };
}
