// SPDX-License-Identifier: Apache-2.0

/** Where a contender finds its weights. */
export interface ModelFiles {
  /** The family as shipped. */
  readonly familyFolder: string;
  /** What the bench made of it: GGUF files and a folder for transformers.js. */
  readonly peerFolder: string;
}

/** What continuing a text came to. */
export interface DecodeFigures {
  /** The first, which carries the prompt's cost and is not timed, and those that were. */
  readonly tokens: readonly number[];
  readonly msPerToken: number;
  /** Share of that time spent outside the runtime, where the contender is ours. */
  readonly overheadShare?: number;
}

/** One program with one set of weights, one thread, one session. */
export interface DecodeContender extends AsyncDisposable {
  /** Continues `prompt` greedily by `count + 1` tokens. */
  decode(prompt: readonly number[], count: number): Promise<DecodeFigures>;
  /** Milliseconds of one step over so many tokens after `prompt`, for each of `sizes`; undefined where it has no such thing. */
  step?(prompt: readonly number[], sizes: readonly number[]): Promise<readonly number[]>;
}

export type ContenderName =
  | 'aiflow-fp32'
  | 'aiflow-int8'
  | 'aiflow-int4'
  | 'llama-f32'
  | 'llama-q8'
  | 'llama-q4'
  | 'transformers-fp32'
  | 'transformers-q8'
  | 'transformers-q4';
