// SPDX-License-Identifier: Apache-2.0
//
// How a client hears of the node behind its door: the node's own signed advert, as a message to the client's `$advert`.
import { AiflowError, decodeAdvert, type Envelope, signedAdvertPayload } from '@aiflow/protocol';
import type { VerifiedAdvert } from '../advert-reader.ts';
import { verifySignature } from '../identity.ts';
import { ADVERT_ACTOR } from '../runtime-actors.ts';
import type { DoorHost } from './door-wire.ts';

let sent = 0;

/** Tells the client `to` what `host` says of itself. */
export function advertEnvelope(
  signedBytes: Uint8Array,
  { host, to, nowMs }: { readonly host: DoorHost; readonly to: string; readonly nowMs: number },
): Envelope {
  sent += 1;
  return {
    kind: 'tell',
    deliveryClass: 'control',
    messageId: `${host.bootId}.advert-${sent.toString(36)}`,
    correlationId: '',
    from: { node: host.node, actor: ADVERT_ACTOR },
    to: { node: to, actor: ADVERT_ACTOR },
    remainingMs: 0,
    sentAtMs: nowMs,
    bootId: host.bootId,
    payloadType: signedAdvertPayload.name,
    payloadEncoding: 'native',
    payload: signedBytes,
    trace: undefined,
    position: 0,
    latestKey: '',
  };
}

/**
 * What the node behind a door says of itself. Throws `unauthenticated` for words that are not signed or of another node, and
 * what decoding throws.
 */
export function readHostAdvert(payload: Uint8Array, host: DoorHost): Pick<VerifiedAdvert, 'advert' | 'signedBytes'> {
  const signedBytes = Uint8Array.from(payload);
  const signed = signedAdvertPayload.decode(signedBytes);
  if (!verifySignature(signed.publicKey, signed.advert, signed.signature)) {
    throw new AiflowError('unauthenticated', `advert at the door of ${host.node} is not signed by the key it names`);
  }
  const advert = decodeAdvert(signed.advert);
  const isHosts = advert.node === host.node && advert.bootId === host.bootId && advert.publicKey === signed.publicKey;
  if (isHosts) return { advert, signedBytes };
  throw new AiflowError(
    'unauthenticated',
    `advert at the door of ${host.node} is of ${advert.node}, boot ${advert.bootId}`,
  );
}
