// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { LINK_PROFILES, type LinkFigures } from './link-profiles.ts';
import type { SimulatedLink, SimulationConfig } from './simulation-config.ts';

/** The link of one node, all figures filled in. */
export interface NodeLink extends LinkFigures {
  readonly node: string;
  /** The profile's name; `own figures` where it has none. */
  readonly title: string;
}

/**
 * The links of a simulation. `override` names a profile that takes the place of every link of the file; `invalid-argument`
 * when there is no such profile, or no link whose place it could take.
 */
export function resolveLinks(config: SimulationConfig, override: string | undefined): readonly NodeLink[] {
  const linked = config.nodes.flatMap(({ name, link }) => (link === undefined ? [] : [{ node: name, link }]));
  if (override === undefined) return linked.map(({ node, link }) => ({ node, ...resolve(link, config) }));
  if (linked.length === 0)
    throw new AiflowError(
      'invalid-argument',
      `--profile ${override} has no link whose place it could take: give a node of the file a link`,
    );
  const link = resolve({ profile: override }, config);
  return linked.map(({ node }) => ({ node, ...link }));
}

function resolve(link: SimulatedLink, config: SimulationConfig): Omit<NodeLink, 'node'> {
  const { profile, bitsPerSecond, ...own } = link;
  const base = profile === undefined ? {} : figuresOf(profile, config);
  const bothWays =
    bitsPerSecond === undefined ? {} : { upBitsPerSecond: bitsPerSecond, downBitsPerSecond: bitsPerSecond };
  const isChanged = Object.keys(own).length > 0 || bitsPerSecond !== undefined;
  const title = profile === undefined ? 'own figures' : `${profile}${isChanged ? ', changed' : ''}`;
  return { ...base, ...bothWays, ...own, title };
}

function figuresOf(profile: string, config: SimulationConfig): LinkFigures {
  const own = config.links[profile];
  if (own !== undefined) {
    const { title: _title, ...figures } = resolve(own, config);
    return figures;
  }
  const found = LINK_PROFILES[profile];
  if (found !== undefined) {
    const { standsFor: _standsFor, ...figures } = found;
    return figures;
  }
  const known = [...Object.keys(LINK_PROFILES), ...Object.keys(config.links)].join(', ');
  throw new AiflowError('invalid-argument', `there is no link profile '${profile}': known are ${known}`);
}
