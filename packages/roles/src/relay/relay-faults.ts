// SPDX-License-Identifier: Apache-2.0
//
// What can end a run or its relay: which errors a run survives, and how those it does not are told.
import { AiflowError } from '@aiflow/protocol';

const LOSSES: ReadonlySet<string> = new Set([
  ...['unavailable', 'deadline-exceeded', 'not-found', 'data-loss'],
  ...['cancelled', 'aborted', 'resource-exhausted', 'internal', 'unknown'],
]);

/** Whether the source can't be had any more; other errors say that the relay can't work. */
export function isLoss({ code, details }: AiflowError): boolean {
  return LOSSES.has(code) && details.field === undefined;
}

/** The first position whose features an engine without the layers below lacks. */
export function lackingFrom(error: unknown): number | undefined {
  if (!AiflowError.is(error) || error.code !== 'failed-precondition') return undefined;
  const from = Number(error.details.from);
  return Number.isInteger(from) ? from : undefined;
}

/** A source's stream ended before, or after, all was sent: `what` it did. */
export function streamEnded(node: string, what: string): AiflowError {
  return new AiflowError('data-loss', `${node} ${what}, then its stream ended`);
}

/** Where a run was when it had to end. */
export interface FaultPlace {
  readonly node: string;
  /** Such as `cloud-1 -> edge-1/features`. */
  readonly hop: string;
  /** Why the source is lost; undefined where it is not, or none is needed. */
  readonly loss: AiflowError | undefined;
}

/** Neither rows nor the layers that make them: `error` says what is lacking, `source` is who could send it. */
export function stuck(error: AiflowError, source: string, { node, hop, loss }: FaultPlace): AiflowError {
  return new AiflowError(
    'unavailable',
    `can't go on: ${error.message}${lossOf(loss)}; bring ${source} back, or ask a node that holds the layers below`,
    { cause: error, node, hop: loss?.hop ?? hop, details: error.details },
  );
}

/** The answer's own time ended after `tokens` tokens. */
export function outOfTime(allowedMs: number, tokens: number, { node, hop, loss }: FaultPlace): AiflowError {
  const limit = Math.round(allowedMs);
  return new AiflowError(
    'deadline-exceeded',
    `the ${limit} ms that ${node} had for this answer ended after ${tokens} tokens${lossOf(loss)}: ` +
      'raise deadlineMs, and the time of the call with it, or ask for fewer tokens',
    { node, hop: loss?.hop ?? hop, details: { limitMs: String(limit), tokens: String(tokens) }, cause: loss },
  );
}

function lossOf(loss: AiflowError | undefined): string {
  return loss === undefined ? '' : `, and its source is lost (${loss.code}: ${loss.message})`;
}
