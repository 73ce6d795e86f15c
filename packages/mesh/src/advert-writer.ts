// SPDX-License-Identifier: Apache-2.0
import { type Advert, encodeAdvert, signedAdvertPayload } from '@aiflow/protocol';
import type { NodeIdentity } from './identity.ts';

/** Signs an advert; the result is what travels. Throws `invalid-argument` for one that no receiver would accept. */
export function signAdvert(identity: NodeIdentity, advert: Advert): Uint8Array {
  const bytes = encodeAdvert(advert);
  return signedAdvertPayload.encode({ advert: bytes, signature: identity.sign(bytes), publicKey: identity.publicKey });
}
