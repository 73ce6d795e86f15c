// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';

/** A question a family was not trained on, with its reference. */
export interface FamilyQuestion {
  readonly question: string;
  readonly answer: string;
  readonly kind: string;
}

/** The examples shipped with a family; none when it has no such file. */
export async function readExamples(familyFolder: string): Promise<readonly FamilyQuestion[]> {
  const text = await readOptional(familyFolder, 'examples.json');
  return text === undefined ? [] : parse(familyFolder, 'examples.json', text);
}

/** The held-out questions shipped with a family, one JSON object a line; none when it has no such file. */
export async function readHeldOut(familyFolder: string): Promise<readonly FamilyQuestion[]> {
  const text = await readOptional(familyFolder, 'held-out.jsonl');
  return text === undefined ? [] : parse(familyFolder, 'held-out.jsonl', `[${text.trim().split('\n').join(',')}]`);
}

async function readOptional(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged(folder, name, cause);
  }
}

function parse(folder: string, name: string, text: string): readonly FamilyQuestion[] {
  try {
    return JSON.parse(text) as FamilyQuestion[];
  } catch (cause) {
    throw damaged(folder, name, cause);
  }
}

function damaged(folder: string, name: string, cause: unknown): AiflowError {
  return new AiflowError('data-loss', `${name} in ${folder} can't be read: restore it from the package`, { cause });
}
