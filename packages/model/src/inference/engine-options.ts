// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import type { ComputeFormat } from '../engine.ts';
import type { Logger } from '../logger.ts';
import type { ExitChoice } from '../manifest/exit-choice.ts';

/** What an engine needs from its surroundings. */
export interface EngineCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told each time an exit of a progressive engine serves from another rung. */
  readonly onRungsChanged?: (rungs: ReadonlyMap<number, number>) => void;
}

/** Which part of which family to run, and within what bounds. */
export interface EngineOptions {
  readonly familyFolder: string;
  /** Refuse the folder when it holds another family. */
  readonly family?: string;
  /** Depths to load, at their last rung or the one named; each needs only its own segments. */
  readonly exits: readonly ExitChoice[];
  /** Serve as soon as rung 1 of each exit is loaded, and load the rest meanwhile. Default false. */
  readonly progressive?: boolean;
  /** With `progressive`: the rung to begin with, by exit. Default 1. */
  readonly firstRungs?: ReadonlyMap<number, number>;
  /**
   * Load the trunk from this layer on only, an exit's depth: such an engine continues relayed sessions and refuses, with
   * `failed-precondition`, what needs more. Default 0.
   */
  readonly fromLayer?: number;
  readonly format: ComputeFormat;
  /** Where built graphs are kept. May be shared between processes and deleted at any time. */
  readonly cacheFolder: string;
  /** Bytes of graphs to keep there; those not used for longest go first, none used within the last hour. Default 1 GiB. */
  readonly maxGraphBytes?: number;
  /** Threads inside one step. Default 1, the faster choice where nodes share a machine. */
  readonly threads?: number;
  /** Bytes of session caches; least recently used sessions go first. Default 256 MiB. */
  readonly maxCacheBytes?: number;
  /** Default 256. */
  readonly maxSessions?: number;
  /** Calls that may wait or run; more are refused with `resource-exhausted`. Default 64. */
  readonly maxWaiting?: number;
  /** Emulates a machine so many times slower by sleeping. Default 1. */
  readonly slowdown?: number;
}
