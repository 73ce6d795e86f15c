// SPDX-License-Identifier: Apache-2.0

/** The arithmetic a graph runs in. Only `fp32` carries the claim of exactness. */
export type ComputeFormat = 'fp32' | 'int8' | 'int4';

/** Greedy when absent or `temperature` is 0. Noise is keyed by (seed, answer position, token), so it is the same at every tier. */
export interface SamplingOptions {
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed: number;
}

/** Accepts a depth's token where its two best logits lie at least `minMargin` apart. */
export interface ConfidenceStep {
  readonly exit: number;
  /** In logits. */
  readonly minMargin: number;
}

/** What an answer may still cost from here on. */
export interface ExitBudget {
  /** Milliseconds for all tokens of the call. */
  readonly timeMs?: number;
  /** Joules for all tokens of the call; needs `watts`. */
  readonly joules?: number;
  /** What the machine draws while it computes, in watts. */
  readonly watts?: number;
}

/**
 * Which depth decides each token. A policy is data, so that it crosses to a model host and onto the wire, and policies
 * nest: `budget` caps the depth that the policy inside may choose.
 *
 * - `fixed`: one depth for every token.
 * - `confidence`: each token goes through `steps`, shallow to deep, until a margin suffices; else `last` decides.
 * - `budget`: the deepest exit whose measured time for the tokens that are left fits into what is left is the cap; the
 *   shallowest exit stays allowed always, so that there is an answer.
 */
export type ExitPolicy =
  | { readonly kind: 'fixed'; readonly exit: number }
  | { readonly kind: 'confidence'; readonly steps: readonly ConfidenceStep[]; readonly last: number }
  | { readonly kind: 'budget'; readonly budget: ExitBudget; readonly within: ExitPolicy };

/** Begins or resumes a session. Opening one that is held under the same id replaces it. */
export interface OpenRequest {
  readonly session: string;
  readonly prompt: readonly number[];
  /** Answer tokens to start from, when a session is rebuilt elsewhere. Default none. */
  readonly answer?: readonly number[];
  readonly sampling?: SamplingOptions;
}

/** Continues a session token by token. Answer position 0 is the first token after the prompt. */
export interface DraftRequest {
  readonly session: string;
  readonly exit: number;
  /** Chooses the depth of each token; `exit` is then ignored. Default: `exit` for all of them. */
  readonly policy?: ExitPolicy;
  /** The answer is first cropped to this length. */
  readonly base: number;
  /** Tokens to take as given from `base` on, before drafting. Default none. */
  readonly given?: readonly number[];
  readonly count: number;
}

/** Tokens after the given ones; shorter than asked where the answer ended. */
export interface DraftResult {
  readonly tokens: readonly number[];
  /** Margin between the two best logits at each token, in logits. */
  readonly margins: readonly number[];
  /** The exit that decided each token; absent when no policy was given. */
  readonly exits?: readonly number[];
  /** Exits among those that decided which served from a smaller block than their own; absent where none did. */
  readonly belowLastRung?: readonly { readonly exit: number; readonly rung: number }[];
  /** The last token is the family's end token. */
  readonly finished: boolean;
  readonly computeMs: number;
}

/**
 * Judges tokens proposed from `base` on by what `exit` would have said. Only an exit's last rung speaks for it: below, it
 * fails with `failed-precondition`.
 */
export interface VerifyRequest {
  readonly session: string;
  readonly exit: number;
  /** The answer is first cropped to this length. */
  readonly base: number;
  readonly tokens: readonly number[];
}

/** After it the session holds `base + accepted` tokens and `correction`. */
export interface VerifyResult {
  /** How many proposed tokens equal what the exit alone would have said. */
  readonly accepted: number;
  /** The exit's own next token after the accepted ones; absent when the last accepted token ends the answer. */
  readonly correction: number | undefined;
  readonly margins: readonly number[];
  /** Positions whose two best logits lay within the near-tie limit and were decided by a single step. */
  readonly nearTies: number;
  readonly finished: boolean;
  readonly computeMs: number;
}

/** What an engine holds and costs. */
export interface EngineStatus {
  readonly sessions: number;
  readonly cachedBytes: number;
  readonly residentBytes: number;
}

/** Measured time of verifying a block of `tokens` at an exit. */
export interface VerifyPoint {
  readonly tokens: number;
  readonly ms: number;
}

/**
 * A family member that can be run. Sessions are caches: an engine may forget one (`not-found`) and the caller opens
 * it again from prompt and answer. Calls for one session run in the order they were made. Every method fails with an
 * AiflowError, `deadline-exceeded` or `cancelled` when its signal says so.
 */
export interface Engine extends AsyncDisposable {
  readonly family: string;
  readonly format: ComputeFormat;
  /** Depths this engine can run, ascending. */
  readonly exits: readonly number[];
  /** What two engines must share to work on one session: dimensions, tokenizer and arithmetic in one hash. */
  readonly tensorContract: string;
  /** Feature-space id by layer. */
  readonly featureSpaces: ReadonlyMap<number, string>;
  open(request: OpenRequest, signal?: AbortSignal): Promise<void>;
  draft(request: DraftRequest, signal?: AbortSignal): Promise<DraftResult>;
  verify(request: VerifyRequest, signal?: AbortSignal): Promise<VerifyResult>;
  close(session: string): Promise<void>;
  status(): Promise<EngineStatus>;
}

/** Asks what a text costs an exit in bits. */
export interface InformationRequest {
  readonly exit: number;
  /** The first id is given, the others are paid for. Ids beyond the family's context are left out. */
  readonly ids: readonly number[];
}

/** Asks for the time of verifying blocks. */
export interface VerifyCurveRequest {
  readonly exit: number;
  /** Block lengths, in proposed tokens. */
  readonly tokens: readonly number[];
  /** Prompt length at which it is measured. Default 128. */
  readonly promptLength?: number;
  /** Runs a point, of which the median counts. Default 5. */
  readonly repeats?: number;
}

/** An engine that can also tell what texts and blocks cost it, and at which size it serves: what this package makes. */
export interface MeasuringEngine extends Engine {
  /** The rung that serves now, by exit. It rises while an engine that was started with `progressive` loads the rest. */
  readonly rungs: ReadonlyMap<number, number>;
  /** Bits needed for `ids[1]` and on: the sum of -log2 p(id | ids before). */
  measureBits(request: InformationRequest, signal?: AbortSignal): Promise<number>;
  measureVerifyCurve(request: VerifyCurveRequest, signal?: AbortSignal): Promise<readonly VerifyPoint[]>;
}

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

/** What one graph has done since it was loaded. */
export interface StageWork {
  readonly id: string;
  readonly runs: number;
  readonly rows: number;
  /** Median time of its last runs of at most 8 rows; absent before the first. Budgets are counted with it. */
  readonly msPerRun?: number | undefined;
}

/** What an engine computed since it was loaded: shows what a relay saved. */
export interface RelayingStatus extends EngineStatus {
  /** Rows taken by `writeState`. */
  readonly receivedRows: number;
  /**
   * Rows that a layer computed again from the token ids although their states further up were held, because a session
   * went on without its sender. A row counts once for each trunk stage.
   */
  readonly refilledRows: number;
  readonly stages: readonly StageWork[];
}

/**
 * An engine whose sessions can leave and arrive in the middle. After `writeState` the session computes from `layer` on
 * and nothing below it for the rows received. Where it goes on by itself, with tokens whose states nobody sent, it needs
 * keys and values below for all rows: those received (`includeCache`) or filled from the ids, which `status` counts. An
 * engine without these layers fails with `failed-precondition`; `details` then holds `session`, `layer`, `from` and `to`:
 * the states of positions `from` to `to - 1` are lacking. A host that was replaced has lost what was received: an engine
 * that holds all layers goes on from the ids, one that does not fails in this way, so that the states are sent again.
 */
export interface RelayingEngine extends MeasuringEngine {
  /**
   * Hands over states, computing the trunk up to the layer where it must.
   *
   * @throws AiflowError `out-of-range` where `from` lies past the last token; `not-found` for a layer without a cut;
   * `failed-precondition` where the states or the layers below are not here.
   */
  readState(request: ReadStateRequest, signal?: AbortSignal): Promise<RelayState>;
  /**
   * Takes rows that adjoin those held or replace them from `from` on. The session must be open with the tokens of these
   * positions: a draft of `count` 0 gives it tokens.
   *
   * @throws AiflowError `invalid-argument` for a wrong shape or a value that is not finite, `failed-precondition` for a
   * gap in positions, tokens that are not held, or keys and values of layers that are not here. Nothing is taken then.
   */
  writeState(session: string, state: RelayState, signal?: AbortSignal): Promise<void>;
  status(): Promise<RelayingStatus>;
}

/** How one of several requests that were made together ended; `reason` is an AiflowError. */
export type Outcome<Result> = PromiseSettledResult<Result>;

/**
 * An engine that serves several sessions at once: their rows share the reading of weights, which is most of a step's time.
 * Each result is what the request alone would have given, with `computeMs` of the whole call. One session may be asked
 * once a call. A first call of each size loads graphs, which hold the weights once more.
 */
export interface BatchingEngine extends RelayingEngine {
  /** One outcome for each request, in order. Sessions may differ in length, exit and count. */
  draftMany(requests: readonly DraftRequest[], signal?: AbortSignal): Promise<readonly Outcome<DraftResult>[]>;
  /** One outcome for each request, in order. Sessions may differ in length, exit and block. */
  verifyMany(requests: readonly VerifyRequest[], signal?: AbortSignal): Promise<readonly Outcome<VerifyResult>[]>;
}
