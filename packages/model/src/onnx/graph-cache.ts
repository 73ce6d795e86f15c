// SPDX-License-Identifier: Apache-2.0
//
// Graphs on disk, so that a node builds each one once.
//
// G1  A graph's key is the hash of everything it is made from: segment hashes, dimensions, format, builder and runtime
//     version. A changed input is another key; nothing is ever updated in place.
// G2  `<key>.json` names the content hash; `<content hash>.onnx` is the content. Both are written to a temporary name,
//     synced and renamed, content first, so a crash leaves either a whole entry or none.
// G3  Content is hashed again before each load. What does not match is built anew.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../logger.ts';

/** Everything a graph is made from, as text that differs when the graph may differ. */
export type GraphKeyParts = readonly string[];

/** Finds or builds graph files. */
export interface GraphCache {
  /** The path of a model file whose hash was just checked; `build` runs when there is none. */
  pathOf(parts: GraphKeyParts, build: () => Promise<Uint8Array>): Promise<string>;
}

/** A cache in `folder`, which is made when missing and may be deleted at any time. */
export function createGraphCache({ logger }: { readonly logger: Logger }, folder: string): GraphCache {
  return {
    pathOf: async (parts, build) => {
      const key = sha256(JSON.stringify(parts));
      const held = await findVerified(folder, key);
      if (held.path !== undefined) return held.path;
      logger.info('building a graph', { key, because: held.problem });
      await mkdir(folder, { recursive: true });
      return store(folder, key, await build());
    },
  };
}

async function findVerified(folder: string, key: string): Promise<{ path?: string; problem: string }> {
  const entry = await readFile(entryPath(folder, key), 'utf8').catch(() => undefined);
  if (entry === undefined) return { problem: 'not cached' };
  const expected = /^\{"sha256":"([0-9a-f]{64})"\}$/.exec(entry)?.[1];
  if (expected === undefined) return { problem: 'its entry is damaged' };
  const path = contentPath(folder, expected);
  const content = await readFile(path).catch(() => undefined);
  if (content === undefined) return { problem: 'its content is missing' };
  return sha256(content) === expected ? { path, problem: '' } : { problem: 'its content does not match its hash' };
}

async function store(folder: string, key: string, content: Uint8Array): Promise<string> {
  const hash = sha256(content);
  const path = contentPath(folder, hash);
  await writeWhole(path, content);
  await writeWhole(entryPath(folder, key), new TextEncoder().encode(JSON.stringify({ sha256: hash })));
  return path;
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function entryPath(folder: string, key: string): string {
  return join(folder, `${key}.json`);
}

function contentPath(folder: string, hash: string): string {
  return join(folder, `${hash}.onnx`);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
