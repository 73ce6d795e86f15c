// SPDX-License-Identifier: Apache-2.0
import { type Advert, AiflowError } from '@aiflow/protocol';
import { fingerprintOf } from './identity.ts';

/** Nothing was heard of a node for too long. */
export function deadError({ node }: Advert, silentMs: number): AiflowError {
  const seconds = (silentMs / 1000).toFixed(1);
  return new AiflowError('unavailable', `node ${node} is dead: nothing was heard of it for ${seconds} s`, { node });
}

/** A node said that it goes. */
export function leftError({ node }: Advert): AiflowError {
  return new AiflowError('unavailable', `node ${node} left the mesh`, { node });
}

/** A node came back as another boot. */
export function restartError({ node, bootId }: Advert): AiflowError {
  return new AiflowError('unavailable', `node ${node} restarted as boot ${bootId}: what was open with it is lost`, {
    node,
  });
}

/** Who claims a name. */
export type Claim = Pick<Advert, 'node' | 'site' | 'bootId' | 'publicKey'>;

/** Two claim one name; both are named. */
export function takenError(holder: Claim, claimant: Claim): AiflowError {
  const describe = ({ bootId, publicKey, site }: Claim): string =>
    `boot ${bootId} with key ${fingerprintOf(publicKey)} at site ${site}`;
  return new AiflowError(
    'already-exists',
    `node name ${claimant.node} is taken by ${describe(holder)}, so ${describe(claimant)} is refused: ` +
      'stop one of the two or give it another name',
    {
      node: claimant.node,
      details: {
        holderBoot: holder.bootId,
        holderKey: fingerprintOf(holder.publicKey),
        refusedBoot: claimant.bootId,
        refusedKey: fingerprintOf(claimant.publicKey),
      },
    },
  );
}
