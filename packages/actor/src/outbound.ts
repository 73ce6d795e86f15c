// SPDX-License-Identifier: Apache-2.0
import type { Address, AskContract, StreamContract, TellContract, TraceContext } from '@aiflow/protocol';
import type { StreamOptions } from './actor-context.ts';

/** Who makes calls, and what the calls inherit. */
export interface CallSite {
  readonly from: Address;
  /** True inside a handler: such calls belong to an exchange that is open, so a draining node still makes them. */
  readonly nested: boolean;
  readonly trace: TraceContext | undefined;
  /** Aborting it cancels the calls made here. Read only when a call is made, so it may be built on demand. */
  readonly signal: AbortSignal | undefined;
  /** Milliseconds the calls made here may take at most; Infinity when nothing limits them. */
  remainingMs(): number;
}

/** One call as its author wrote it, with the site it was made at. */
export interface CallRequest<Contract> {
  readonly site: CallSite;
  readonly to: Address;
  readonly contract: Contract;
  readonly request: unknown;
  readonly options: StreamOptions;
}

/** Makes calls for any site. */
export interface Outbound {
  tell(request: CallRequest<TellContract<unknown>>): Promise<void>;
  ask(request: CallRequest<AskContract<unknown, unknown>>): Promise<unknown>;
  stream(request: CallRequest<StreamContract<unknown, unknown>>): AsyncIterable<unknown>;
}
