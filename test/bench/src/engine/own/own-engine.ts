// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  type BatchingEngine,
  type ComputeFormat,
  createEngine,
  createHostedEngine,
  type HostedEngine,
  type HostedEngineOptions,
  type Logger,
  openFamilyFolder,
} from '@aiflow/model';
import { createSeededRandom, createSystemClock } from '@aiflow/time';

/** Where the engine finds its weights and keeps its graphs. */
export interface OwnFiles {
  readonly familyFolder: string;
  readonly cacheFolder: string;
}

/** What all measures of our engine need. */
export interface OwnEngines {
  /** Depths of the family, ascending. */
  readonly exits: readonly number[];
  open(format: ComputeFormat, exits: readonly number[]): Promise<BatchingEngine>;
  openHosted(
    format: ComputeFormat,
    options: Pick<HostedEngineOptions, 'exits' | 'rssLimitBytes' | 'maxCacheBytes'>,
  ): Promise<HostedEngine>;
  /** A text of random tokens. */
  prompt(key: string, length: number): readonly number[];
}

export const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Ids below are control tokens. */
const SPECIALS = 16;

/** Opens engines of the family in `familyFolder`. */
export async function createOwnEngines({ familyFolder, cacheFolder }: OwnFiles): Promise<OwnEngines> {
  const { manifest } = await openFamilyFolder(familyFolder);
  const collaborators = { clock: createSystemClock({ keepAlive: true }), logger: SILENT };
  const folders = (format: ComputeFormat): { familyFolder: string; cacheFolder: string } => ({
    familyFolder,
    cacheFolder: join(cacheFolder, `own-${format}`),
  });
  return {
    exits: manifest.exits.map(({ depth }) => depth),
    open: (format, exits) => createEngine(collaborators, { ...folders(format), exits, format }),
    openHosted: (format, options) => createHostedEngine(collaborators, { ...folders(format), format, ...options }),
    prompt: (key, length) => {
      const random = createSeededRandom(key);
      const range = manifest.dimensions.vocabulary - SPECIALS;
      return Array.from({ length }, () => SPECIALS + random.below(range));
    },
  };
}
