// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { parseCapability } from '@aiflow/roles';
import type { FleetNode } from '../client/fleet.ts';

/** Who stops where, and who goes on. */
export interface RelayPair {
  readonly source: string;
  readonly continuer: string;
  readonly layer: number;
  /** The exit that is wanted: the continuer's deepest unless one was asked for. */
  readonly exit: number;
}

/** What was asked for; the rest is chosen. */
export interface PairWish {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly layer: number | undefined;
  readonly exit: number | undefined;
}

/**
 * The pair that saves most: the deepest exit, and the deepest layer before it that another node serves and its holder can
 * be entered at. Throws `not-found` naming who could do what.
 */
export function chooseRelayPair(nodes: readonly FleetNode[], wish: PairWish): RelayPair {
  const alive = nodes.filter(({ state }) => state === 'alive');
  const pairs = alive.flatMap(continuer =>
    alive.filter(source => source.name !== continuer.name).flatMap(source => pairsOf(source, continuer, wish.exit)),
  );
  const [chosen] = pairs
    .filter(({ source }) => wish.from === undefined || source === wish.from)
    .filter(({ continuer }) => wish.to === undefined || continuer === wish.to)
    .filter(({ layer }) => wish.layer === undefined || layer === wish.layer)
    .sort((one, other) => other.exit - one.exit || other.layer - one.layer);
  if (chosen !== undefined) return chosen;
  const can = (duty: 'features' | 'continue'): string =>
    alive.map(node => `${node.name} ${depthsOf(node, duty).join('+') || 'none'}`).join(', ') || 'nobody';
  throw new AiflowError(
    'not-found',
    `no two nodes of the fleet can relay ${describeWish(wish)}: layers served: ${can('features')}; layers entered at: ${can('continue')}: ` +
      `give one node the role features and another the role continue, with layer and exit among model.exits of both${ownFleet(alive)}`,
  );
}

/** Where nobody relays, the fleet was not made for it: it can be seen on one that was. */
function ownFleet(alive: readonly FleetNode[]): string {
  const isPlayed = (duty: 'features' | 'continue'): boolean => alive.some(node => depthsOf(node, duty).length > 0);
  if (isPlayed('features') && isPlayed('continue')) return '';
  return '; or try it on a fleet of its own: aiflow relay --link 1gbit,1ms';
}

/** The part of a family's manifest that says which exits there are. */
interface KnownExits {
  readonly family: string;
  readonly exits: readonly Pick<FamilyManifest['exits'][number], 'depth'>[];
}

/** Throws `not-found` with the family's exits where `exit` is none of them. */
export function checkRelayExit(exit: number | undefined, { family, exits }: KnownExits): void {
  const depths = exits.map(({ depth }) => depth);
  if (exit === undefined || depths.includes(exit)) return;
  throw new AiflowError('not-found', `family ${family} has no exit ${exit}: its exits are ${depths.join(', ')}`);
}

function describeWish({ from, to, layer, exit }: PairWish): string {
  const parts = Object.entries({ from, to, layer, exit }).filter(([, asked]) => asked !== undefined);
  return parts.map(([name, asked]) => `${name} ${asked}`).join(', ') || 'anything';
}

function pairsOf(source: FleetNode, continuer: FleetNode, wantedExit: number | undefined): readonly RelayPair[] {
  const entries = depthsOf(continuer, 'continue');
  const exit = wantedExit ?? Math.max(...entries);
  if (!entries.includes(exit)) return [];
  return depthsOf(source, 'features')
    .filter(layer => layer < exit && entries.includes(layer))
    .map(layer => ({ source: source.name, continuer: continuer.name, layer, exit }));
}

function depthsOf({ actors }: FleetNode, duty: 'features' | 'continue'): readonly number[] {
  return actors
    .flatMap(({ capabilities }) => capabilities.map(parseCapability))
    .flatMap(capability => (capability?.duty === duty ? [capability.exit] : []));
}
