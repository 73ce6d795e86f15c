// SPDX-License-Identifier: Apache-2.0
//
// Graphs on disk, so that a node builds each one once.
//
// G1  A graph's key is the hash of everything it is made from: segment hashes, dimensions, format, builder and runtime
//     version. A changed input is another key; nothing is ever updated in place.
// G2  `<key>.json` names the content hash; `<content hash>.onnx` is the content. Both are written to a temporary name,
//     synced and renamed, content first, so a crash leaves either a whole entry or none.
// G3  Content is hashed again before each load. What does not match is built anew.
// G4  A file that cannot be written whole leaves nothing behind, and the error says which, why, and what to do.
// G5  After a build, what was not used for longest goes until the rest is within `maxBytes`.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { pruneGraphs } from './prune-graphs.js';
import { storageError } from './storage-error.js';
/**
 * A cache on disk.
 *
 * `pathOf` fails with an AiflowError: `resource-exhausted` where the disk is full, `permission-denied` where the folder
 * cannot be written; both name file, bytes needed and remedy.
 */
export function createGraphCache({ logger, clock }, { folder, maxBytes }) {
  const prune = async () => {
    try {
      const bytes = await pruneGraphs(folder, { maxBytes, nowMs: clock.wallMs() });
      if (bytes > 0) logger.info('removed graphs that were not used for long', { bytes, maxBytes });
    } catch (error) {
      logger.warn('cannot remove old graphs', { folder, because: AiflowError.from(error).message });
    }
  };
  return {
    pathOf: async (parts, build) => {
      const key = sha256(JSON.stringify(parts));
      const held = await findVerified(folder, key);
      if (held.path !== undefined) {
        await markUsed(entryPath(folder, key), clock);
        return held.path;
      }
      logger.info('building a graph', { key, because: held.problem });
      const path = await store(folder, key, await build());
      await prune();
      return path;
    },
  };
}
/** A folder that may be read but not written serves as well; its owner prunes it. */
async function markUsed(path, clock) {
  const now = new Date(clock.wallMs());
  await utimes(path, now, now).catch(() => undefined);
}
async function findVerified(folder, key) {
  const entry = await readFile(entryPath(folder, key), 'utf8').catch(() => undefined);
  if (entry === undefined) return { problem: 'not cached' };
  const expected = /^\{"sha256":"([0-9a-f]{64})"\}$/.exec(entry)?.[1];
  if (expected === undefined) return { problem: 'its entry is damaged' };
  const path = contentPath(folder, expected);
  const content = await readFile(path).catch(() => undefined);
  if (content === undefined) return { problem: 'its content is missing' };
  return sha256(content) === expected ? { path, problem: '' } : { problem: 'its content does not match its hash' };
}
async function store(folder, key, content) {
  const hash = sha256(content);
  const path = contentPath(folder, hash);
  await writeWhole(path, content);
  await writeWhole(entryPath(folder, key), new TextEncoder().encode(JSON.stringify({ sha256: hash })));
  return path;
}
/** G4 */
async function writeWhole(path, content) {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(path, content.byteLength, error);
  }
}
function entryPath(folder, key) {
  return join(folder, `${key}.json`);
}
function contentPath(folder, hash) {
  return join(folder, `${hash}.onnx`);
}
function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}
//# sourceMappingURL=graph-cache.js.map
