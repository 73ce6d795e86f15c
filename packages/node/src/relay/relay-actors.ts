// SPDX-License-Identifier: Apache-2.0
import type { ActorDefinition } from '@aiflow/actor';
import type { FamilyFolder, RelayingEngine } from '@aiflow/model';
import {
  createContinuerRole,
  createFeatureSourceRole,
  type Directory,
  type LinkBook,
  type TextModel,
} from '@aiflow/roles';
import type { NodeConfig } from '../config/node-config.ts';

/** What the actors of a relay work with. */
export interface RelayActorParts {
  readonly engine: RelayingEngine;
  readonly family: FamilyFolder;
  /** Made only where a role needs it, as it holds the tokenizer. */
  readonly textModel: () => Promise<TextModel>;
  readonly directory: Directory;
  readonly links: LinkBook;
}

/** The actors of the roles `features` and `continue`, as far as the node plays them. */
export async function relayActors(
  { features, continue: goOn }: NodeConfig['roles'],
  { engine, family, links, textModel, directory }: RelayActorParts,
): Promise<readonly ActorDefinition[]> {
  const { hidden: width, context: contextTokens } = family.manifest.dimensions;
  const actors: ActorDefinition[] = [];
  if (features !== undefined) {
    const { maxSessions } = features;
    actors.push(createFeatureSourceRole({ engine, width, contextTokens, links }, { maxSessions }) as ActorDefinition);
  }
  if (goOn !== undefined) {
    actors.push(
      createContinuerRole({ engine, width, textModel: await textModel(), directory, links }) as ActorDefinition,
    );
  }
  return actors;
}
