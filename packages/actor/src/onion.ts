// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Call, CallObserver, CallOutcome, Interceptor, NextCall } from './interceptor.ts';

/** The interceptors of a system around one exchange. */
export interface Onion {
  /** Runs `innermost` inside the interceptors, the first of them outermost. */
  run(call: Call, innermost: NextCall): Promise<CallOutcome>;
  /** A shorter way to the same where all that there is only looks on. */
  readonly observe: CallObserver | undefined;
}

/** Undefined when there is nothing to wrap, so that a caller can skip building a {@link Call}. */
export function createOnion(interceptors: readonly Interceptor[]): Onion | undefined {
  const [outermost] = interceptors;
  if (outermost === undefined) return undefined;
  return {
    run: (call, innermost) => enter(interceptors, 0, call, innermost),
    observe: interceptors.length === 1 ? outermost.observe : undefined,
  };
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
