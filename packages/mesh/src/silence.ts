// SPDX-License-Identifier: Apache-2.0
import { isGone, type MemberEntry } from './member-entry.ts';

/** How long silence may last. */
export interface Patience {
  readonly suspectAfterMs: number;
  readonly deadAfterMs: number;
  readonly forgetAfterMs: number;
}

/** What a member's silence makes of it. `ask`: it is dead, and a sign of life is due to be asked for (M9). */
export type SilenceVerdict = 'none' | 'suspect' | 'dead' | 'ask' | 'forget';

/** Judges how long nothing was heard of a member. The same verdict comes again until the entry shows its effect. */
export function judgeSilence(
  entry: Pick<MemberEntry, 'state' | 'heardMs' | 'introducedMs'>,
  { suspectAfterMs, deadAfterMs, forgetAfterMs }: Patience,
  nowMs: number,
): SilenceVerdict {
  const silentMs = nowMs - entry.heardMs;
  if (isGone(entry)) {
    if (silentMs >= forgetAfterMs) return 'forget';
    return entry.state === 'dead' && nowMs - entry.introducedMs >= deadAfterMs ? 'ask' : 'none'; // M9
  }
  if (silentMs >= deadAfterMs) return 'dead';
  return silentMs >= suspectAfterMs && entry.state !== 'suspect' ? 'suspect' : 'none';
}
