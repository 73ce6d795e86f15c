// SPDX-License-Identifier: Apache-2.0
import { aiflow } from '#gen';
import { AiflowError } from './aiflow-error.ts';
import { readFields } from './fields.ts';
import { base64, messagePayload } from './message-payload.ts';
import type { PayloadType, TellContract } from './payload-type.ts';

/**
 * An advert with its signature. The signature covers exactly the bytes of `advert`: verify them before decoding, and
 * pass them on as they came, for encoding a decoded advert again would lose what a newer node added.
 */
export interface SignedAdvert {
  /** What `encodeAdvert` gave. */
  readonly advert: Uint8Array;
  /** ed25519: 64 bytes. */
  readonly signature: Uint8Array;
  readonly publicKey: string;
}

/** The largest encoded advert, in bytes. */
export const MAX_ADVERT_BYTES = 262_144;

const SIGNATURE_BYTES = 64;

/** {@link SignedAdvert} on the wire. Decoded bytes are views of what came. */
export const signedAdvertPayload: PayloadType<SignedAdvert> = messagePayload({
  name: 'aiflow.mesh.advert',
  wire: aiflow.v1.SignedAdvert,
  parse: parseSignedAdvert,
  toWire: value => value,
  toJson: value => ({ ...value, advert: base64(value.advert), signature: base64(value.signature) }),
});

/** Announces a node. */
export const announce: TellContract<SignedAdvert> = { kind: 'tell', request: signedAdvertPayload };

function parseSignedAdvert(raw: unknown): SignedAdvert {
  const fields = readFields('signed advert', raw);
  const signature = fields.bytes('signature', SIGNATURE_BYTES);
  if (signature.byteLength !== SIGNATURE_BYTES) {
    throw new AiflowError(
      'invalid-argument',
      `signed advert has a signature of ${signature.byteLength} bytes, ed25519 makes ${SIGNATURE_BYTES}`,
    );
  }
  return {
    advert: fields.bytes('advert', MAX_ADVERT_BYTES),
    signature,
    publicKey: fields.label('publicKey'),
  };
}
