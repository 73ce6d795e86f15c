// SPDX-License-Identifier: Apache-2.0
import { type Advert, encodeAdvert, type LinkReport, type NodeState, signedAdvertPayload } from '@aiflow/protocol';
import type { NodeIdentity } from './identity.ts';

/** What only the node itself knows of itself; asked for once a beat, so it must be cheap and must not throw. */
export type NodeDescription = Pick<
  Advert,
  'actors' | 'families' | 'loadRatio' | 'memoryBytes' | 'batteryRatio' | 'watts' | 'activeSessions'
>;

/** What stays the same for one boot of a node once it was heard. */
export type NodeBoot = Pick<
  Advert,
  'fleet' | 'site' | 'node' | 'tier' | 'bootId' | 'bootWallMs' | 'publicKey' | 'processId' | 'softwareVersion'
>;

/** This node's own advert. */
export interface OwnAdvert {
  /** Signs a new one, with the next sequence number. */
  renew(): Uint8Array;
  /** The last one, signed. */
  readonly signedBytes: Uint8Array;
  state: NodeState;
}

/** Signs an advert; the result is what travels. Throws `invalid-argument` for one that no receiver would accept. */
export function signAdvert(identity: NodeIdentity, advert: Advert): Uint8Array {
  const bytes = encodeAdvert(advert);
  return signedAdvertPayload.encode({ advert: bytes, signature: identity.sign(bytes), publicKey: identity.publicKey });
}

/** The advert of `boot` as it is when the advert is renewed, with what `describe` and `links` say then. */
export function createOwnAdvert(
  identity: NodeIdentity,
  boot: NodeBoot,
  sources: { describe(): NodeDescription; links(): readonly LinkReport[] },
): OwnAdvert {
  let sequence = 0;
  let signedBytes: Uint8Array | undefined;
  const own = {
    state: 'ready' as NodeState,
    renew: (): Uint8Array => {
      const { describe, links } = sources;
      const advert = { ...describe(), ...boot, links: links(), state: own.state, sequence: ++sequence };
      signedBytes = signAdvert(identity, advert);
      return signedBytes;
    },
    get signedBytes(): Uint8Array {
      return signedBytes ?? own.renew();
    },
  };
  return own;
}
