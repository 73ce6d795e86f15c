// SPDX-License-Identifier: Apache-2.0
import type { Engine } from '@aiflow/model';
import { AiflowError, type OpenSession } from '@aiflow/protocol';

/** Stands for a tensor contract that can't be compared, as the two sides compute in different formats. */
const ANY_CONTRACT = '*';

type Side = Pick<Engine, 'family' | 'format' | 'exits' | 'tensorContract' | 'featureSpaces'>;

/** The part of an {@link OpenSession} by which the verifier can tell whether the split works. */
export function describeSplit(
  owner: Side,
  wanted: { readonly exit: number; readonly format: string },
): Pick<OpenSession, 'family' | 'featureSpace' | 'tensorContract' | 'computeFormat' | 'exit'> {
  const shared = [...owner.featureSpaces].filter(([layer]) => layer <= wanted.exit).at(-1);
  return {
    family: owner.family,
    featureSpace: shared?.[1] ?? 'none',
    tensorContract: owner.format === wanted.format ? owner.tensorContract : ANY_CONTRACT,
    computeFormat: wanted.format,
    exit: wanted.exit,
  };
}

/**
 * Throws `failed-precondition` naming the two values that differ, unless `engine` can judge the session that `asked`
 * describes. Drafts may come from another compute format; feature spaces tell whether the weights are the same.
 */
export function checkSplit(asked: OpenSession, engine: Side): void {
  demand('family', asked.family, engine.family);
  if (!engine.exits.includes(asked.exit)) refuse('exit', String(asked.exit), engine.exits.join(', '));
  demand('compute format', asked.computeFormat, engine.format);
  if (asked.tensorContract !== ANY_CONTRACT) demand('tensor contract', asked.tensorContract, engine.tensorContract);
  const spaces = [...engine.featureSpaces.values()];
  if (!spaces.includes(asked.featureSpace)) {
    refuse('feature space', asked.featureSpace, engine.featureSpaces.get(asked.exit) ?? spaces.at(-1) ?? 'none');
  }
}

function demand(what: string, asked: string, held: string): void {
  if (asked !== held) refuse(what, asked, held);
}

function refuse(what: string, asked: string, held: string): never {
  throw new AiflowError(
    'failed-precondition',
    `this split can't work: ${what} ${asked} was asked for, ${what} ${held} is held here`,
    { details: { field: what, asked, held } },
  );
}
