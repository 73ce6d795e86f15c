// SPDX-License-Identifier: Apache-2.0
//
// Keeps a cache of graphs within its bound. An entry's modification time is when it was last used; entries of one content
// stand and fall together. Whoever loads a graph reads it whole at once, so one used RECENT_MS ago is not being read.
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
/** What was used less than this ago stays, whatever the bound: another process may be about to load it. */
export const RECENT_MS = 3_600_000;
/**
 * Removes the contents that were not used for longest, with their entries, until those that are left take at most
 * `maxBytes`; and what crashed writers left. Returns the bytes removed.
 */
export async function pruneGraphs(folder, { maxBytes, nowMs }) {
  const names = await readdir(folder);
  const abandoned = await Promise.all(names.filter(name => name.endsWith('.tmp')).map(name => fileOf(folder, name)));
  const contents = (await listContents(folder, names)).sort((left, right) => left.usedMs - right.usedMs);
  let bytes = contents.reduce((sum, content) => sum + content.bytes, 0);
  let removed = 0;
  for (const content of [...abandoned, ...contents]) {
    const isAbandoned = abandoned.includes(content);
    if (nowMs - content.usedMs < RECENT_MS || (!isAbandoned && bytes <= maxBytes)) continue;
    for (const file of content.files) await rm(file, { force: true });
    if (!isAbandoned) bytes -= content.bytes;
    removed += content.bytes;
  }
  return removed;
}
/** Each content with the entries that name it. A content that none names was just written, or its entry was lost. */
async function listContents(folder, names) {
  const entries = await Promise.all(
    names
      .filter(name => name.endsWith('.json'))
      .map(async name => ({
        ...(await fileOf(folder, name)),
        text: await readFile(join(folder, name), 'utf8').catch(() => ''),
      })),
  );
  const contents = names.filter(name => name.endsWith('.onnx'));
  return Promise.all(
    contents.map(async name => {
      const { files, bytes, usedMs } = await fileOf(folder, name);
      const own = entries.filter(entry => entry.text.includes(name.slice(0, -'.onnx'.length)));
      return {
        files: [...own.flatMap(entry => entry.files), ...files],
        bytes,
        usedMs: Math.max(usedMs, ...own.map(entry => entry.usedMs)),
      };
    }),
  );
}
/** A file that another process removes meanwhile counts as nothing. */
async function fileOf(folder, name) {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  return { files: [path], bytes: found?.size ?? 0, usedMs: found?.mtimeMs ?? 0 };
}
//# sourceMappingURL=prune-graphs.js.map
