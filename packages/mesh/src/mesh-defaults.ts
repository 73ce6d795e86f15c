// SPDX-License-Identifier: Apache-2.0
import type { MembershipOptions } from './membership.ts';
import type { MeshCollaborators, MeshOptions } from './mesh.ts';
import type { NodeBoot } from './own-advert.ts';

const ANSWER_EVERY_MS = 200;

/** What stays the same for this boot, but for the moment from which it counts (J3 of mesh-joining.ts). */
export function bootOf(
  { identity, clock }: MeshCollaborators,
  options: MeshOptions,
): Omit<NodeBoot, 'bootWallMs'> & { bootWallMs: number } {
  const { fleet, site, tier, bootId, softwareVersion = '' } = options;
  const { name, publicKey } = identity;
  const processId = process.pid;
  return { fleet, site, node: name, tier, bootId, bootWallMs: clock.wallMs(), publicKey, processId, softwareVersion };
}

/** How long silence may last: by default in beats. */
export function patienceOf(options: MeshOptions): Omit<MembershipOptions, 'self'> {
  const beatMs = options.beatMs ?? 1_000;
  return {
    suspectAfterMs: options.suspectAfterMs ?? beatMs * 3.5,
    deadAfterMs: options.deadAfterMs ?? beatMs * 6,
    forgetAfterMs: options.forgetAfterMs ?? 300_000,
    answerEveryMs: ANSWER_EVERY_MS,
    maxMembers: options.maxMembers ?? 1_024,
  };
}
