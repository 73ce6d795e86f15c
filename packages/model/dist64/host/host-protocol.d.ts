import { AiflowError } from '@aiflow/protocol';
import type {
  DraftRequest,
  DraftResult,
  InformationRequest,
  OpenRequest,
  ReadStateRequest,
  RelayingStatus,
  RelayState,
  VerifyCurveRequest,
  VerifyPoint,
  VerifyRequest,
  VerifyResult,
} from '../engine.ts';
import type { EngineOptions } from '../inference/create-engine.ts';
import type { LogFields, Logger } from '../logger.ts';
/** What can be asked of a host, and what comes back. */
export interface HostCalls {
  readonly open: {
    readonly request: OpenRequest;
    readonly result: undefined;
  };
  readonly draft: {
    readonly request: DraftRequest;
    readonly result: DraftResult;
  };
  readonly verify: {
    readonly request: VerifyRequest;
    readonly result: VerifyResult;
  };
  readonly readState: {
    readonly request: ReadStateRequest;
    readonly result: RelayState;
  };
  readonly writeState: {
    readonly request: WriteStateCall;
    readonly result: undefined;
  };
  readonly close: {
    readonly request: string;
    readonly result: undefined;
  };
  readonly status: {
    readonly request: undefined;
    readonly result: RelayingStatus;
  };
  readonly measureBits: {
    readonly request: InformationRequest;
    readonly result: number;
  };
  readonly measureVerifyCurve: {
    readonly request: VerifyCurveRequest;
    readonly result: readonly VerifyPoint[];
  };
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
/** An error as it crosses the channel. */
export interface HostFailure {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;
}
/** From the node to its host. */
export type ToHost =
  | {
      readonly kind: 'start';
      readonly options: EngineOptions;
      readonly pulseMs: number;
    }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: HostMethod;
      readonly request: unknown;
    }
  | {
      readonly kind: 'cancel';
      readonly id: number;
      readonly failure: HostFailure;
    }
  | {
      readonly kind: 'shutdown';
    };
/** From a host to its node. A pulse says that the host's loop still turns, `rungs` that an exit serves from another one. */
export type FromHost =
  | {
      readonly kind: 'ready';
      readonly description: HostDescription;
      readonly residentBytes: number;
    }
  | {
      readonly kind: 'refused';
      readonly failure: HostFailure;
    }
  | {
      readonly kind: 'result';
      readonly id: number;
      readonly value: unknown;
      readonly residentBytes: number;
    }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly failure: HostFailure;
    }
  | {
      readonly kind: 'log';
      readonly level: keyof Logger;
      readonly message: string;
      readonly fields: LogFields;
    }
  | {
      readonly kind: 'rungs';
      readonly rungs: ReadonlyMap<number, number>;
    }
  | {
      readonly kind: 'pulse';
    };
/** The part of an error that crosses. */
export declare function toHostFailure(error: unknown): HostFailure;
/** The error that crossed. */
export declare function fromHostFailure({ code, message, details, retryAfterMs }: HostFailure): AiflowError;
//# sourceMappingURL=host-protocol.d.ts.map
