// SPDX-License-Identifier: Apache-2.0
import type { EngineStatus, RelayingStatus } from './engine-status.ts';
import type { DraftRequest, DraftResult, OpenRequest, VerifyRequest, VerifyResult } from './requests/decode-request.ts';
import type { InformationRequest, VerifyCurveRequest, VerifyPoint } from './requests/measure-request.ts';
import type { ReadStateRequest, RelayState } from './requests/relay-request.ts';

/** The arithmetic a graph runs in. Only `fp32` carries the claim of exactness. */
export type ComputeFormat = 'fp32' | 'int8' | 'int4';

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

/** An engine that can also tell what texts and blocks cost it, and at which size it serves: what this package makes. */
export interface MeasuringEngine extends Engine {
  /** The rung that serves now, by exit. It rises while an engine that was started with `progressive` loads the rest. */
  readonly rungs: ReadonlyMap<number, number>;
  /** Bits needed for `ids[1]` and on: the sum of -log2 p(id | ids before). */
  measureBits(request: InformationRequest, signal?: AbortSignal): Promise<number>;
  measureVerifyCurve(request: VerifyCurveRequest, signal?: AbortSignal): Promise<readonly VerifyPoint[]>;
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
