// SPDX-License-Identifier: Apache-2.0

/** Bytes on the link, envelope, subject and packet headers included. */
export interface MessageSizes {
  /** A draft, a verdict, a rollback or an acknowledgement, without its tokens. */
  readonly message: number;
  /** One token id. */
  readonly token: number;
  /** An opening without the prompt. */
  readonly opening: number;
  /** A revision of an answer that was handed over, without its text, and how often one comes. */
  readonly revision: number;
  readonly revisionToken: number;
  readonly revisionEveryTokens: number;
}

/**
 * What `@aiflow/protocol` and the NATS transport make of them: an envelope of about 250 bytes, its subjects 160, headers
 * of TCP and IP 52; token ids take two bytes, text about three a token.
 */
export const MESSAGE_SIZES: MessageSizes = {
  message: 460,
  token: 2,
  opening: 620,
  revision: 700,
  revisionToken: 3,
  revisionEveryTokens: 8,
};
