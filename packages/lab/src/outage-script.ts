// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { LinkCut } from './link-cut.ts';

/** When a link is out, in milliseconds since its script began. */
export interface LinkOutage {
  readonly atMs: number;
  readonly forMs: number;
  /** Again and again, so long after each beginning; longer than `forMs`. Default: once. */
  readonly everyMs?: number | undefined;
  /** Default `stall`: bytes wait, and go on afterwards. */
  readonly how?: LinkCut | undefined;
}

/** The outages of one link; where two overlap, the one listed first counts. */
export interface OutageScript {
  /** How the link is cut at that time; undefined where it is whole. */
  cutAt(scriptMs: number): LinkCut | undefined;
  /** The next time at which an outage begins or ends; undefined when none is left. */
  nextChangeMs(scriptMs: number): number | undefined;
}

/** Checks the outages: `invalid-argument` names the one that can't be. */
export function createOutageScript(outages: readonly LinkOutage[]): OutageScript {
  for (const outage of outages) checkOutage(outage);
  return {
    cutAt: scriptMs => {
      const outage = outages.find(one => isOut(one, scriptMs));
      return outage === undefined ? undefined : (outage.how ?? 'stall');
    },
    nextChangeMs: scriptMs => {
      const changes = outages.flatMap(one => nextChanges(one, scriptMs));
      return changes.length === 0 ? undefined : Math.min(...changes);
    },
  };
}

/** The beginning of the last outage that began by then; before the first, that of the first. */
function beginningBefore({ atMs, everyMs }: LinkOutage, scriptMs: number): number {
  if (everyMs === undefined || scriptMs < atMs) return atMs;
  return atMs + Math.floor((scriptMs - atMs) / everyMs) * everyMs;
}

function isOut(outage: LinkOutage, scriptMs: number): boolean {
  const beginMs = beginningBefore(outage, scriptMs);
  return scriptMs >= beginMs && scriptMs < beginMs + outage.forMs;
}

function nextChanges(outage: LinkOutage, scriptMs: number): readonly number[] {
  const beginMs = beginningBefore(outage, scriptMs);
  const next = outage.everyMs === undefined ? [] : [beginMs + outage.everyMs];
  return [beginMs, beginMs + outage.forMs, ...next].filter(changeMs => changeMs > scriptMs);
}

function checkOutage({ atMs, forMs, everyMs }: LinkOutage): void {
  const refuse = (field: string, value: number, allowed: string): never => {
    throw new AiflowError('invalid-argument', `outage ${field} ${value} is not allowed: it must be ${allowed}`);
  };
  if (!(atMs >= 0 && Number.isFinite(atMs))) refuse('atMs', atMs, 'milliseconds, 0 or more');
  if (!(forMs > 0 && Number.isFinite(forMs))) refuse('forMs', forMs, 'milliseconds above 0');
  if (everyMs !== undefined && !(everyMs > forMs && Number.isFinite(everyMs)))
    refuse('everyMs', everyMs, `longer than forMs ${forMs}`);
}
