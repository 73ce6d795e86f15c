// SPDX-License-Identifier: Apache-2.0
//
// What a node and its model host say to each other over the child process channel (advanced serialization, so typed
// arrays and maps cross as they are). Coarse on purpose: one message asks for a draft or a verified block, never for a
// step.
import { AiflowError, type AiflowErrorOptions, isErrorCode } from '@aiflow/protocol';
import type { Outcome } from '../engine.ts';
import type { RelayingStatus } from '../engine-status.ts';
import type { EngineOptions } from '../inference/engine-options.ts';
import type { LogFields, Logger } from '../logger.ts';
import type {
  DraftRequest,
  DraftResult,
  OpenRequest,
  VerifyRequest,
  VerifyResult,
} from '../requests/decode-request.ts';
import type { InformationRequest, VerifyCurveRequest, VerifyPoint } from '../requests/measure-request.ts';
import type { ReadStateRequest, RelayState } from '../requests/relay-request.ts';

/** What can be asked of a host, and what comes back. */
export interface HostCalls {
  readonly open: { readonly request: OpenRequest; readonly result: undefined };
  readonly draft: { readonly request: DraftRequest; readonly result: DraftResult };
  readonly verify: { readonly request: VerifyRequest; readonly result: VerifyResult };
  readonly draftMany: {
    readonly request: readonly DraftRequest[];
    readonly result: readonly HostOutcome<DraftResult>[];
  };
  readonly verifyMany: {
    readonly request: readonly VerifyRequest[];
    readonly result: readonly HostOutcome<VerifyResult>[];
  };
  readonly readState: { readonly request: ReadStateRequest; readonly result: RelayState };
  readonly writeState: { readonly request: WriteStateCall; readonly result: undefined };
  readonly close: { readonly request: string; readonly result: undefined };
  readonly status: { readonly request: undefined; readonly result: RelayingStatus };
  readonly measureBits: { readonly request: InformationRequest; readonly result: number };
  readonly measureVerifyCurve: { readonly request: VerifyCurveRequest; readonly result: readonly VerifyPoint[] };
}

/** The arguments of `writeState` in one. */
export interface WriteStateCall {
  readonly session: string;
  readonly state: RelayState;
}

/** A key of {@link HostCalls}. */
export type HostMethod = keyof HostCalls;

/** What a loaded engine is, as said at start; only `rungs` changes later. */
export interface HostDescription {
  readonly family: string;
  readonly exits: readonly number[];
  readonly rungs: ReadonlyMap<number, number>;
  readonly tensorContract: string;
  readonly featureSpaces: ReadonlyMap<number, string>;
}

/** How one of several requests ended, as it crosses the channel. */
export type HostOutcome<Result> =
  | { readonly status: 'fulfilled'; readonly value: Result }
  | { readonly status: 'rejected'; readonly failure: HostFailure };

/** An error as it crosses the channel. */
export interface HostFailure {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;
}

/** From the node to its host. */
export type ToHost =
  | { readonly kind: 'start'; readonly options: EngineOptions; readonly pulseMs: number }
  | { readonly kind: 'call'; readonly id: number; readonly method: HostMethod; readonly request: unknown }
  | { readonly kind: 'cancel'; readonly id: number; readonly failure: HostFailure }
  | { readonly kind: 'shutdown' };

/** From a host to its node. A pulse says that the host's loop still turns, `rungs` that an exit serves from another one. */
export type FromHost =
  | { readonly kind: 'ready'; readonly description: HostDescription; readonly residentBytes: number }
  | { readonly kind: 'refused'; readonly failure: HostFailure }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown; readonly residentBytes: number }
  | { readonly kind: 'error'; readonly id: number; readonly failure: HostFailure }
  | { readonly kind: 'log'; readonly level: keyof Logger; readonly message: string; readonly fields: LogFields }
  | { readonly kind: 'rungs'; readonly rungs: ReadonlyMap<number, number> }
  | { readonly kind: 'pulse' };

/** The part of an error that crosses. */
export function toHostFailure(error: unknown): HostFailure {
  const { code, message, details, retryAfterMs } = AiflowError.from(error, 'internal');
  return { code, message, details, retryAfterMs };
}

/** The outcome in the form that crosses. */
export function toHostOutcome<Result>(outcome: Outcome<Result>): HostOutcome<Result> {
  if (outcome.status === 'fulfilled') return outcome;
  return { status: 'rejected', failure: toHostFailure(outcome.reason) };
}

/** The outcome that crossed. */
export function fromHostOutcome<Result>(outcome: HostOutcome<Result>): Outcome<Result> {
  if (outcome.status === 'fulfilled') return outcome;
  return { status: 'rejected', reason: fromHostFailure(outcome.failure) };
}

/** The error that crossed. */
export function fromHostFailure({ code, message, details, retryAfterMs }: HostFailure): AiflowError {
  const options: AiflowErrorOptions = retryAfterMs === undefined ? { details } : { details, retryAfterMs };
  return new AiflowError(isErrorCode(code) ? code : 'unknown', message, options);
}
