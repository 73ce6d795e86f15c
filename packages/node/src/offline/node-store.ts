// SPDX-License-Identifier: Apache-2.0
import { dirname, join, resolve } from 'node:path';
import type { Logger } from '@aiflow/actor';
import { createNodeFiles } from '@aiflow/journal';
import { type OutboxStore, openDurableStore } from '@aiflow/outbox';
import { AiflowError } from '@aiflow/protocol';
import { openSpanSpool, type SpanSpool } from '@aiflow/telemetry';
import type { Clock, Random } from '@aiflow/time';
import type { NodeConfig } from '../config/node-config.ts';

/** What a node's disk is opened with. */
export interface NodeStoreCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The node's file: paths in it are relative to its folder. */
  readonly configFile: string;
}

/**
 * What this node must not forget, under `state.folder/store`; undefined where it answers no questions or `store.enabled`
 * is false. Rejects when another process holds it or its file is none of ours, naming the file.
 */
export async function openNodeStore(
  { node, roles, store, state }: NodeConfig,
  { clock, random, logger, configFile }: NodeStoreCollaborators,
): Promise<OutboxStore | undefined> {
  if (!store.enabled || roles.answer === undefined) return undefined;
  const opened = await openDurableStore(
    { files: createNodeFiles(), clock, random: random.fork('store'), logger },
    {
      folder: join(stateFolderOf(state, configFile), 'store'),
      durability: store.syncEveryMs === undefined ? 'each' : { everyMs: store.syncEveryMs },
      maxBytes: store.maxBytes,
    },
  );
  logger.info('store is open', { node: node.name, waiting: opened.entries().length, bytes: opened.bytes });
  return opened;
}

/**
 * The spans of this node, under `state.folder/spans`; undefined where `telemetry.spool` is false, or where they can't be
 * kept: no node stays down for its traces.
 */
export async function openNodeSpool(
  { node, telemetry, state }: NodeConfig,
  { clock, logger, configFile }: NodeStoreCollaborators,
): Promise<SpanSpool | undefined> {
  if (!telemetry.spool) return undefined;
  const folder = join(stateFolderOf(state, configFile), 'spans');
  try {
    return await openSpanSpool(
      { files: createNodeFiles(), clock, logger },
      { folder, node: node.name, tier: node.tier },
    );
  } catch (cause) {
    const { code, message } = AiflowError.from(cause);
    logger.warn('spans are not kept: traces end with this process', { code, reason: message });
    return undefined;
  }
}

function stateFolderOf({ folder }: NodeConfig['state'], configFile: string): string {
  return resolve(dirname(resolve(configFile)), folder);
}
