// SPDX-License-Identifier: Apache-2.0
//
// Why a desk refuses a reader: each names what was asked for, what is held and what to do.
import { AiflowError, type OpenFeatures, type StepFeatures } from '@aiflow/protocol';

/** A reader of an older epoch. */
export function overtaken(
  { session, epoch }: { readonly session: string; readonly epoch: number },
  held: number,
): AiflowError {
  return new AiflowError(
    'failed-precondition',
    `epoch ${epoch} of session ${session} was asked for, epoch ${held} is held here: its owner went on`,
    { details: { field: 'epoch', asked: String(epoch), held: String(held) } },
  );
}

/** The session was opened anew while this reader waited. */
export function takenOver({ session, epoch }: OpenFeatures): AiflowError {
  return new AiflowError('aborted', `session ${session} went on elsewhere after epoch ${epoch}: read it there`, {
    details: { field: 'epoch', asked: String(epoch) },
  });
}

/** Tokens that do not adjoin those held. */
export function gap({ session, base }: StepFeatures, held: number): AiflowError {
  return new AiflowError(
    'invalid-argument',
    `tokens from answer position ${base} of session ${session} leave a gap: ${held} are held here; send those between`,
    { details: { field: 'base', asked: String(base), held: String(held) } },
  );
}

/** Nothing to step on. */
export function notHeld(session: string): AiflowError {
  return new AiflowError('not-found', `session ${session} is not held here: open its features again`);
}

/** More positions than the family has. */
export function beyondContext(session: string, positions: number, context: number): AiflowError {
  return new AiflowError(
    'out-of-range',
    `session ${session} would hold ${positions} positions, the family's context is ${context}: end the answer, or shorten the prompt`,
    { details: { field: 'positions', asked: String(positions), held: String(context) } },
  );
}
