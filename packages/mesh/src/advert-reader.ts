// SPDX-License-Identifier: Apache-2.0
//
// Adverts as they come in: signed by the node they speak of, forwarded by others byte for byte.
//
// A1  The signature is checked before anything in the advert is believed; it covers the bytes as they came.
// A2  An advert that its own node published stands under that node's subject. One that another node passed on may say
//     nothing of the sender, and proves only that it was signed once.
// A3  Total: whatever the bytes, the result is a verified advert or an AiflowError.
import { type Advert, AiflowError, decodeAdvert, MAX_ADVERT_BYTES, signedAdvertPayload } from '@aiflow/protocol';
import type { Announcement } from './announcement.ts';
import { verifySignature } from './identity.ts';
import type { TrustPolicy } from './trust.ts';

/** The event under which an edge passes adverts on to its site. */
export const RELAY_EVENT = 'relay';

/** How an advert reached us: published by its own node to many or to us alone, or passed on by another. */
export type AdvertRoute = 'hello' | 'event' | 'direct' | 'relayed';

/** An advert whose signature, fleet and key were found good. */
export interface VerifiedAdvert {
  readonly advert: Advert;
  /** The signed form as it came, to be passed on verbatim. */
  readonly signedBytes: Uint8Array;
  readonly route: AdvertRoute;
}

/** What an advert is measured by. */
export interface AdvertExpectations {
  readonly fleet: string;
  readonly trust: TrustPolicy;
}

/** Room for the signature and key around the advert. */
const SIGNED_OVERHEAD_BYTES = 512;

/**
 * Verifies an announcement. Throws `invalid-argument` (malformed), `failed-precondition` (another generation or fleet),
 * `unauthenticated` (unsigned, forged, or under another node's subject) or `permission-denied` (a key that is not trusted).
 */
export function readAdvert(announcement: Announcement, expectations: AdvertExpectations): VerifiedAdvert {
  const { bytes, from } = announcement;
  if (bytes.byteLength > MAX_ADVERT_BYTES + SIGNED_OVERHEAD_BYTES) {
    throw new AiflowError(
      'invalid-argument',
      `advert from ${from.node} has ${bytes.byteLength} bytes: the limit is ${MAX_ADVERT_BYTES}`,
    );
  }
  const signed = signedAdvertPayload.decode(bytes);
  if (!verifySignature(signed.publicKey, signed.advert, signed.signature)) {
    throw new AiflowError('unauthenticated', `advert from ${from.node} is not signed by the key it names`);
  }
  const advert = decodeAdvert(signed.advert);
  checkClaims(advert, signed.publicKey, announcement, expectations);
  // A copy: the bytes are a view of a much larger read from the socket, and they are kept.
  return { advert, signedBytes: Uint8Array.from(bytes), route: routeOf(advert, announcement) };
}

function checkClaims(
  advert: Advert,
  publicKey: string,
  { from }: Announcement,
  { fleet, trust }: AdvertExpectations,
): void {
  if (advert.publicKey !== publicKey) {
    throw new AiflowError('unauthenticated', `advert from ${from.node} names another key than the one that signed it`);
  }
  if (advert.fleet !== fleet) {
    throw new AiflowError(
      'failed-precondition',
      `advert from ${from.node} is of fleet ${advert.fleet}, this one is ${fleet}`,
    );
  }
  trust.check(advert.node, publicKey);
}

/** A2 */
function routeOf(advert: Advert, { via, from, event }: Announcement): AdvertRoute {
  const isOwn = from.node === advert.node && from.site === advert.site;
  if (isOwn) return via;
  if (via === 'direct' || (via === 'event' && event === RELAY_EVENT)) return 'relayed';
  throw new AiflowError(
    'unauthenticated',
    `advert of ${advert.node} at site ${advert.site} came under the subject of ${from.node} at site ${from.site}`,
  );
}
