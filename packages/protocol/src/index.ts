// SPDX-License-Identifier: Apache-2.0
export { type Address, formatAddress, isName, parseAddress, parseName, TIERS, type Tier } from './address.ts';
export { AiflowError, type AiflowErrorOptions } from './aiflow-error.ts';
export {
  type DeliveryClass,
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  type MessageKind,
  type PayloadEncoding,
  type TraceContext,
} from './envelope.ts';
export { ERROR_CODES, type ErrorCode, isErrorCode, isRetryable } from './error-code.ts';
export { decodeFailure, encodeFailure } from './failure.ts';
export { checkGeneration, OLDEST_WIRE_GENERATION, WIRE_GENERATION } from './generation.ts';
export {
  type AskContract,
  bytesPayload,
  type Contract,
  jsonAsk,
  jsonPayload,
  jsonStream,
  jsonTell,
  looseAsk,
  type ParseJson,
  type PayloadType,
  parseJsonBytes,
  type StreamContract,
  type TellContract,
} from './payload-type.ts';
