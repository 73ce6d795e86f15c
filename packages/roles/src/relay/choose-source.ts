// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat, Engine } from '@aiflow/model';
import { type Address, AiflowError } from '@aiflow/protocol';
import { parseCapability } from '../capability.ts';
import type { Directory } from '../directory.ts';

/** A node that serves features, and the layer it is asked to stop at. */
export interface ChosenSource {
  readonly address: Address;
  readonly layer: number;
  readonly format: ComputeFormat;
}

/** What a source must be. */
export interface SourceWish {
  readonly node: string | undefined;
  readonly layer: number | undefined;
  /** The exit whose answer is wanted. */
  readonly exit: number;
  /** The source stops before this layer: that of the exit where states are relayed, as else nothing is left to do. */
  readonly before: number;
}

/**
 * The source that saves most: of those named, one that stops at the deepest layer this node can be entered at; between
 * equals the directory's order. Throws `not-found` naming who serves what and where this node can be entered.
 */
export function chooseSource(
  engine: Pick<Engine, 'family' | 'exits'>,
  directory: Directory,
  { node, layer, exit, before }: SourceWish,
): ChosenSource {
  const known = directory.find(`features:${engine.family}:`).flatMap(({ address, capability }) => {
    const parsed = parseCapability(capability);
    return parsed === undefined ? [] : [{ address, layer: parsed.exit, format: parsed.format }];
  });
  const [chosen] = known
    .filter(source => node === undefined || source.address.node === node)
    .filter(source => layer === undefined || source.layer === layer)
    .filter(source => source.layer < before && engine.exits.includes(source.layer))
    .sort((one, other) => other.layer - one.layer);
  if (chosen !== undefined) return chosen;
  const serving =
    known.map(source => `${source.address.node} serves layer ${source.layer}`).join(', ') || 'nobody serves any';
  const wanted = `${node === undefined ? 'no node' : `node ${node} does not`} serve${node === undefined ? 's' : ''} features ${layer === undefined ? 'that can be used here' : `of layer ${layer}`}`;
  const held = engine.exits.join(', ');
  throw new AiflowError(
    'not-found',
    `${wanted}: ${serving}; this node can be entered at ${held}, for exit ${exit} before layer ${before}`,
    { details: { field: 'layer', asked: String(layer ?? 'any'), held } },
  );
}
