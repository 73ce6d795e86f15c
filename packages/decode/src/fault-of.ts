// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type ErrorCode } from '@aiflow/protocol';
import type { Fault } from './session-event.ts';

const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'permission-denied',
  'unauthenticated',
  'unimplemented',
  'invalid-argument',
]);

/** Sorts an error by what can be done about it; `while` is what was asked, since an opening and a block differ. */
export function faultOf(error: unknown, doing: 'opening' | 'working', where: string): Fault {
  const { code, message, hop } = AiflowError.from(error);
  return { kind: kindOf(code, doing), reason: `${hop ?? where}: ${message}` };
}

function kindOf(code: ErrorCode, doing: 'opening' | 'working'): Fault['kind'] {
  if (code === 'cancelled') return 'cancelled';
  if (code === 'failed-precondition') return doing === 'opening' ? 'refused' : 'lost';
  if (code === 'not-found') return 'lost';
  return REFUSALS.has(code) ? 'refused' : 'failed';
}
