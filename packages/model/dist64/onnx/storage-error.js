// SPDX-License-Identifier: Apache-2.0
//
// What the file system's refusals mean to a cache of graphs.
import { AiflowError } from '@aiflow/protocol';

const FULL = { code: 'resource-exhausted', remedy: 'free space there, or name another cacheFolder' };
const FORBIDDEN = {
  code: 'permission-denied',
  remedy: 'let this user write there, or name another cacheFolder',
};
const MEANINGS = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: FORBIDDEN,
};
const OTHER = { code: 'internal', remedy: 'name another cacheFolder' };
/** An error that names the file, the bytes it needs, why it was refused, and what to do. */
export function storageError(path, bytes, error) {
  const reason = error.code ?? String(error);
  const { code, remedy } = MEANINGS[reason] ?? OTHER;
  return new AiflowError(code, `cannot write ${path}, which needs ${bytes} bytes (${reason}): ${remedy}`, {
    cause: error,
    details: { file: path, bytes: String(bytes) },
  });
}
//# sourceMappingURL=storage-error.js.map
