// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import type { BlobEntry, FamilyManifest } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';

/** A family on disk whose manifest was read and checked. */
export interface FamilyFolder {
  readonly path: string;
  readonly manifest: FamilyManifest;
  /** The bytes of one file, hash checked against the manifest on every call. */
  read(blob: BlobEntry): Promise<Uint8Array>;
}

const MANIFEST_FILE = 'manifest.json';
const MAX_MANIFEST_BYTES = 1 << 20;

/**
 * Opens the family in `folder`.
 *
 * @throws AiflowError `not-found` when the manifest is missing, `invalid-argument` when it is unusable or names
 * another family than `expectedFamily`; `read` fails with `not-found` or `data-loss` naming file, expected and actual.
 */
export async function openFamilyFolder(folder: string, expectedFamily?: string): Promise<FamilyFolder> {
  const file = join(folder, MANIFEST_FILE);
  const { size } = await stat(file).catch(error => Promise.reject(missing(file, error)));
  if (size > MAX_MANIFEST_BYTES) {
    throw new AiflowError('invalid-argument', `${file} has ${size} bytes, limit ${MAX_MANIFEST_BYTES}`);
  }
  const manifest = parseManifest(await readFile(file, 'utf8'), file);
  if (expectedFamily !== undefined && manifest.family !== expectedFamily) {
    throw new AiflowError(
      'invalid-argument',
      `${file} is family ${manifest.family}, expected ${expectedFamily}: name the folder of that family, or expect this one`,
    );
  }
  return { path: folder, manifest, read: blob => readVerified(join(folder, blob.file), blob) };
}

async function readVerified(file: string, blob: BlobEntry): Promise<Uint8Array> {
  const { size } = await stat(file).catch(error => Promise.reject(missing(file, error)));
  if (size !== blob.bytes) throw unequal(file, { shown: `${size} bytes`, expected: blob.bytes, actual: size });
  const bytes = await readFile(file);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== blob.sha256) throw unequal(file, { shown: `sha256 ${actual}`, expected: blob.sha256, actual });
  return bytes;
}

function missing(file: string, cause: unknown): AiflowError {
  return new AiflowError('not-found', `${file} is missing or unreadable: copy the family folder again`, {
    cause,
    details: { file },
  });
}

function unequal(
  file: string,
  difference: { shown: string; expected: string | number; actual: string | number },
): AiflowError {
  const { shown, expected, actual } = difference;
  return new AiflowError('data-loss', `${file} has ${shown}, expected ${expected}: copy the file again`, {
    details: { file, expected: String(expected), actual: String(actual) },
  });
}
