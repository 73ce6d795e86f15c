// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHeldOutSuite } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';

/** A question a family was not trained on, with its reference. */
export interface FamilyQuestion {
  readonly question: string;
  readonly answer: string;
  readonly kind: string;
}

/** The examples shipped with a family; none when it has no such file. */
export async function readExamples(familyFolder: string): Promise<readonly FamilyQuestion[]> {
  try {
    return JSON.parse(await readFile(join(familyFolder, 'examples.json'), 'utf8')) as FamilyQuestion[];
  } catch (cause) {
    if (isMissing(cause)) return [];
    const message = `examples.json in ${familyFolder} can't be read: restore it from the package`;
    throw new AiflowError('data-loss', message, { cause });
  }
}

/** The held-out questions shipped with a family; none when it has no such file. */
export async function readHeldOut(familyFolder: string): Promise<readonly FamilyQuestion[]> {
  try {
    return (await readHeldOutSuite(familyFolder)).questions;
  } catch (error) {
    if (AiflowError.is(error) && isMissing(error.cause)) return [];
    throw error;
  }
}

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}
