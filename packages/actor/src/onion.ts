// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Call, CallOutcome, Interceptor, NextCall } from './interceptor.ts';

/** Runs `innermost` inside the interceptors, the first of them outermost. */
export type Onion = (call: Call, innermost: NextCall) => Promise<CallOutcome>;

/** Undefined when there is nothing to wrap, so that a caller can skip building a {@link Call}. */
export function createOnion(interceptors: readonly Interceptor[]): Onion | undefined {
  if (interceptors.length === 0) return undefined;
  return (call, innermost) => enter(interceptors, 0, call, innermost);
}

async function enter(
  interceptors: readonly Interceptor[],
  depth: number,
  call: Call,
  innermost: NextCall,
): Promise<CallOutcome> {
  const interceptor = interceptors[depth];
  if (interceptor === undefined) return innermost(call);
  let entered = false;
  return interceptor(call, inner => {
    if (entered) throw new AiflowError('internal', `interceptor ${depth} called next twice for ${call.messageType}`);
    entered = true;
    return enter(interceptors, depth + 1, inner, innermost);
  });
}
