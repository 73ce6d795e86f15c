// SPDX-License-Identifier: Apache-2.0
//
// What two ends of a relay must agree on. The reader says what it takes, the source refuses what it can't give before it
// computes anything, and the reader checks what it is told before it takes a row.
import { isWireFormat, WIRE_FORMATS } from '@aiflow/codec';
import type { Engine } from '@aiflow/model';
import { AiflowError, type FeaturesOpened, type FeatureTerms } from '@aiflow/protocol';

/** Stands for a tensor contract that can't be compared, as the two sides compute in different formats. */
const ANY_CONTRACT = '*';

type Side = Pick<Engine, 'family' | 'format' | 'exits' | 'tensorContract' | 'featureSpaces'>;

/** An engine and the elements of its rows. */
export interface RelaySide {
  readonly engine: Side;
  readonly width: number;
}

/** What is asked of a source that computes in `format`. */
export interface WantedFeatures
  extends Pick<FeatureTerms, 'session' | 'epoch' | 'layer' | 'wireFormat' | 'includesCache' | 'from'> {
  readonly format: string;
}

/** The terms under which `reader` takes features. @throws AiflowError `not-found` for a layer it can't be entered at. */
export function describeTerms({ engine, width }: RelaySide, wanted: WantedFeatures): FeatureTerms {
  const { format, ...rest } = wanted;
  const featureSpace = engine.featureSpaces.get(wanted.layer);
  if (featureSpace === undefined || !engine.exits.includes(wanted.layer)) throw unknownLayer(wanted.layer, engine);
  return {
    ...rest,
    family: engine.family,
    featureSpace,
    tensorContract: engine.format === format ? engine.tensorContract : ANY_CONTRACT,
    computeFormat: format,
    width,
  };
}

/** Refuses, naming both values, unless the source that `side` describes can give what `asked` says. */
export function checkTerms(asked: FeatureTerms, { engine, width }: RelaySide): void {
  demand('family', asked.family, engine.family);
  if (!engine.exits.includes(asked.layer)) throw unknownLayer(asked.layer, engine);
  demand('feature space', asked.featureSpace, engine.featureSpaces.get(asked.layer) ?? 'none');
  demand('compute format', asked.computeFormat, engine.format);
  if (asked.tensorContract !== ANY_CONTRACT) demand('tensor contract', asked.tensorContract, engine.tensorContract);
  demand('row width', String(asked.width), String(width));
  if (!isWireFormat(asked.wireFormat)) refuse('wire format', asked.wireFormat, WIRE_FORMATS.join(', '));
}

/** Refuses, naming both values, unless the source opened what `asked` said: two versions never meet in one session. */
export function checkOpened(asked: FeatureTerms, opened: FeaturesOpened): void {
  const fields = [
    ...(['session', 'epoch', 'family', 'featureSpace', 'tensorContract', 'computeFormat', 'wireFormat'] as const),
    ...(['layer', 'width', 'includesCache', 'from'] as const),
  ];
  for (const field of fields) {
    if (field === 'tensorContract' && asked.tensorContract === ANY_CONTRACT) continue;
    demand(NAMES[field] ?? field, String(asked[field]), String(opened[field]));
  }
}

/** Refuses unless the positions opened are those `expected` and at most `ownTokens` that the source said itself. */
export function checkPositions(
  { positions, ownTokens: said }: FeaturesOpened,
  { expected, ownTokens }: { readonly expected: number; readonly ownTokens: number },
): void {
  if (said.length <= ownTokens && positions === expected + said.length) return;
  throw new AiflowError(
    'failed-precondition',
    `this relay can't work: ${expected} positions and at most ${ownTokens} own tokens were asked for, ` +
      `${positions} positions with ${said.length} own tokens were opened`,
  );
}

const NAMES: Readonly<Record<string, string>> = {
  featureSpace: 'feature space',
  tensorContract: 'tensor contract',
  computeFormat: 'compute format',
  wireFormat: 'wire format',
  width: 'row width',
  includesCache: 'cache',
  from: 'first position',
};

function demand(what: string, asked: string, held: string): void {
  if (asked !== held) refuse(what, asked, held);
}

function refuse(what: string, asked: string, held: string): never {
  throw new AiflowError(
    'failed-precondition',
    `this relay can't work: ${what} ${asked} was asked for, ${what} ${held} is held here`,
    { details: { field: what, asked, held } },
  );
}

function unknownLayer(layer: number, { exits }: Side): AiflowError {
  const held = exits.join(', ');
  return new AiflowError(
    'not-found',
    `no relay at layer ${layer}: this node's trunk is cut at ${held}: load exit ${layer} there, or relay at one of these`,
    { details: { field: 'layer', asked: String(layer), held } },
  );
}
