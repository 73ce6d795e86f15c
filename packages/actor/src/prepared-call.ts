// SPDX-License-Identifier: Apache-2.0
import {
  type Address,
  AiflowError,
  type AskContract,
  type DeliveryClass,
  type PayloadEncoding,
  type PayloadType,
  type StreamContract,
  type TellContract,
  type TraceContext,
} from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { formatHop } from './hop.ts';
import type { Call } from './interceptor.ts';
import type { CallRequest } from './outbound.ts';
import { encodePayload } from './payload-form.ts';

const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const DEFAULT_CREDIT = 16;

/** A call whose every default is filled in. */
export interface PreparedCall {
  readonly kind: Call['kind'];
  readonly messageId: string;
  readonly from: Address;
  readonly to: Address;
  readonly requestType: PayloadType<unknown>;
  readonly encoding: PayloadEncoding;
  readonly request: unknown;
  readonly timeoutMs: number;
  /** On this node's clock. */
  readonly deadlineMs: number;
  readonly signals: readonly AbortSignal[];
  readonly deliveryClass: DeliveryClass;
  readonly latestKey: string;
  readonly credit: number;
  /** The request's wire form, made once; undefined within a node. */
  readonly payload: Uint8Array | undefined;
  /** What travels along; an outbound interceptor may change it. */
  trace: TraceContext | undefined;
  /** Bytes that came back. */
  replyBytes: number;
}

/** What {@link prepareCall} needs to know of the node. */
export interface CallDefaults {
  readonly node: string;
  readonly clock: Clock;
  readonly defaultTimeoutMs: number;
  nextMessageId(): string;
}

type AnyContract = AskContract<unknown, unknown> | StreamContract<unknown, unknown> | TellContract<unknown>;

/** Fills in defaults. Throws the call's error when it has no time or is cancelled already, or asks for nonsense. */
export function prepareCall(request: CallRequest<AnyContract>, defaults: CallDefaults): PreparedCall {
  const { site, to, contract, options } = request;
  const timeoutMs = budget(request, defaults);
  const signals = signalsOf(site.signal, options.signal);
  const credit = options.credit ?? DEFAULT_CREDIT;
  if (!Number.isInteger(credit) || credit < 1) {
    throw new AiflowError('invalid-argument', `credit ${credit} is not allowed: use a whole number from 1`);
  }
  const encoding = ('encoding' in contract ? contract.encoding : undefined) ?? 'native';
  return {
    kind: contract.kind,
    messageId: defaults.nextMessageId(),
    from: site.from,
    to,
    requestType: contract.request,
    encoding,
    request: request.request,
    timeoutMs,
    deadlineMs: defaults.clock.nowMs() + timeoutMs,
    signals,
    deliveryClass: options.deliveryClass ?? 'control',
    latestKey: options.latestKey ?? '',
    credit,
    payload: to.node === defaults.node ? undefined : encodePayload(contract.request, request.request, encoding),
    trace: options.trace ?? site.trace,
    replyBytes: 0,
  };
}

/** Places an error on the way this call took. */
export function atHop(call: PreparedCall, node: string, error: AiflowError): AiflowError {
  return error.at({ node, hop: formatHop(call.from.node, call.to) });
}

/** The error of a call whose time is over. */
export function timedOut(call: PreparedCall): AiflowError {
  const target = `${call.to.node}/${call.to.actor}`;
  return new AiflowError(
    'deadline-exceeded',
    `${call.kind} ${call.requestType.name || 'in JSON'} to ${target} did not end within ${Math.round(call.timeoutMs)} ms`,
  );
}

function budget({ site, options, to, contract }: CallRequest<AnyContract>, defaults: CallDefaults): number {
  const wanted = options.timeoutMs ?? defaults.defaultTimeoutMs;
  if (!(wanted > 0)) {
    throw new AiflowError('deadline-exceeded', `timeoutMs ${wanted} leaves no time to reach ${to.node}/${to.actor}`);
  }
  const leftMs = site.remainingMs();
  if (leftMs > 0) return Math.min(wanted, leftMs, MAX_TIMEOUT_MS);
  throw new AiflowError(
    'deadline-exceeded',
    `no time is left for ${contract.kind} ${contract.request.name} to ${to.node}/${to.actor}: the message being handled is out of time`,
  );
}

const NO_SIGNALS: readonly AbortSignal[] = [];

function signalsOf(site: AbortSignal | undefined, own: AbortSignal | undefined): readonly AbortSignal[] {
  if (site === undefined && own === undefined) return NO_SIGNALS;
  const signals = [site, own].filter(signal => signal !== undefined);
  for (const signal of signals) if (signal.aborted) throw AiflowError.from(signal.reason, 'cancelled');
  return signals;
}
