// SPDX-License-Identifier: Apache-2.0
import type { WireFormat } from '@aiflow/codec';
import type { ComputeFormat } from '@aiflow/model';
import type { RelayWay } from '@aiflow/placement';
import { jsonStream, type StreamContract } from '@aiflow/protocol';
import { type ContinueRequest, parseContinueRequest } from './continue-request.ts';
import type { LinkFigures } from './link-book.ts';

/** Who stood upstream, and where it stopped. */
export interface RelaySource {
  readonly node: string;
  readonly layer: number;
  readonly format: ComputeFormat;
}

/** Time spent computing, in milliseconds. */
export interface RelayCompute {
  /** At the source until it began to hand over: own tokens and hidden states. */
  readonly sourceMs: number;
  /** Here until the first token: what a relay saves is missing from it. */
  readonly firstMs: number;
  /** Here for each further token, on average; 0 when there was none. */
  readonly stepMs: number;
}

/** What came from the source. Bytes are of rows and scales; envelopes come on top. */
export interface RelayTransfer {
  readonly positions: number;
  /** Positions whose features the source had already. */
  readonly reused: number;
  /** Before the first token. */
  readonly bytes: number;
  readonly chunks: number;
  /** From the first row to the last of them, waiting included. */
  readonly ms: number;
  /** For tokens said here, one round trip each. */
  readonly steps: number;
  readonly stepBytes: number;
}

/** What became of a relay; the last item. */
export interface RelaySummary {
  readonly session: string;
  /** How it went on in the end: `ids` where the source was lost on the way. */
  readonly way: RelayWay;
  readonly wireFormat: WireFormat;
  readonly computeFormat: ComputeFormat;
  readonly exit: number;
  /** Absent where only token ids were needed. */
  readonly source?: RelaySource;
  readonly promptTokens: number;
  /** Answer tokens that stood before this node spoke: those given, then the source's own. */
  readonly standing: readonly number[];
  readonly ownTokens: number;
  /** Tokens said here. */
  readonly tokens: readonly number[];
  /** The whole answer. */
  readonly text: string;
  /** Ended by itself, not at its token limit. */
  readonly endedByItself: boolean;
  readonly firstTokenMs: number;
  readonly durationMs: number;
  readonly compute: RelayCompute;
  readonly transfer: RelayTransfer;
  readonly link: LinkFigures;
  /** In plain words what went wrong on the way. */
  readonly reasons: readonly string[];
}

/** One item: tokens as they are said, then the summary. */
export type ContinueItem =
  | { readonly kind: 'tokens'; readonly tokens: readonly number[]; readonly text: string }
  | { readonly kind: 'summary'; readonly summary: RelaySummary };

/** Asks a continuer to go on where another node stopped: a stream of tokens and, last, a summary. */
export const continueAnswer: StreamContract<ContinueRequest, ContinueItem> = jsonStream('aiflow.relay.continue', {
  request: parseContinueRequest,
  item: parseContinueItem,
});

function parseContinueItem(json: unknown): ContinueItem {
  const item = json as { kind?: unknown; tokens?: unknown; summary?: unknown } | null;
  if (item?.kind === 'tokens' && Array.isArray(item.tokens)) return item as ContinueItem;
  if (item?.kind === 'summary' && typeof item.summary === 'object' && item.summary !== null) {
    return item as ContinueItem;
  }
  throw new Error(`an item is tokens or a summary, got kind ${String(item?.kind)}`);
}
