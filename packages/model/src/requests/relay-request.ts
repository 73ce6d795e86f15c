// SPDX-License-Identifier: Apache-2.0

/** Asks for the hidden states of a session, and computes those that are missing. */
export interface ReadStateRequest {
  readonly session: string;
  /** Hidden states *before* this layer; the engine must hold an exit at this depth or begin there (`fromLayer`). */
  readonly layer: number;
  /** The answer is first cropped to this length. */
  readonly base: number;
  /** Tokens to take as given from `base` on. Default none. */
  readonly given?: readonly number[];
  /** First position wanted, counted over prompt and answer; all up to the last token follow. */
  readonly from: number;
  /** Hand over keys and values of the layers below as well, so that the receiver needs this node no more. */
  readonly includeCache: boolean;
}

/** Hidden states of adjoining positions, enough to go on from `layer` without what lies below. */
export interface RelayState {
  readonly layer: number;
  /** First position, counted over prompt and answer. */
  readonly from: number;
  readonly rows: number;
  /** Rows from the first on that a run by itself would have had bit for bit; 0 to `rows`. */
  readonly canonicalRows: number;
  /** [rows, hidden] */
  readonly hidden: Float32Array;
  /** [2 * layer, rows, hidden]: keys then values of each layer below; absent unless asked for. */
  readonly cache?: Float32Array;
}
