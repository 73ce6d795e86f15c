// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

const FULL_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** The code of an error of `node:fs`, such as ENOENT; undefined for other errors. */
export function systemCode(cause: unknown): string | undefined {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Whether an error of `node:fs` says that there is no room. */
export function isFull(cause: unknown): boolean {
  return FULL_CODES.includes(systemCode(cause));
}

/** A write that failed: `resource-exhausted` where there is no room, else `unavailable`. What was there before stands. */
export function writeFailure(path: string, bytes: number, cause: unknown): AiflowError {
  if (AiflowError.is(cause)) return cause;
  const code = systemCode(cause) ?? String(cause);
  const remedy = isFull(cause) ? 'free space there' : 'look at that disk';
  return new AiflowError(
    isFull(cause) ? 'resource-exhausted' : 'unavailable',
    `cannot write ${bytes} bytes to journal ${path} (${code}): ${remedy}`,
    { cause, details: { file: path, bytes: String(bytes) } },
  );
}

/** The bound of a journal is met. */
export function journalFull(folder: string, bytes: number, maxBytes: number): AiflowError {
  return new AiflowError(
    'resource-exhausted',
    `journal ${folder} would have ${bytes} bytes, maxBytes is ${maxBytes}: rewrite it with fewer entries, or raise the limit`,
    { details: { folder, bytes: String(bytes), maxBytes: String(maxBytes) } },
  );
}

/** A journal's folder can't be used. */
export function openFailure(folder: string, cause: unknown): AiflowError {
  if (AiflowError.is(cause)) return cause;
  const code = systemCode(cause) ?? String(cause);
  return new AiflowError(
    isFull(cause) ? 'resource-exhausted' : 'unavailable',
    `cannot open journal ${folder} (${code}): make it a folder on a disk with room that this user may write to`,
    { cause, details: { folder } },
  );
}
