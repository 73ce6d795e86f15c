// SPDX-License-Identifier: Apache-2.0

/** A generation that is being written. */
export const DRAFT_ENDING = '.new';
/** A copy of a generation in which there was damage. */
export const DAMAGED_ENDING = '.damaged';
export const LOCK_NAME = 'lock';
/** The header has 32 bits for it. */
const MAX_GENERATION = 0xffff_ffff;

const NAME = /^(\d{10})\.journal$/;

/** The file of a generation: `0000000001.journal`. */
export function generationName(generation: number): string {
  return `${String(generation).padStart(10, '0')}.journal`;
}

/** The generation of a file; undefined for other files. */
export function parseGenerationName(name: string): number | undefined {
  const generation = Number(NAME.exec(name)?.[1] ?? Number.NaN);
  return generation >= 1 && generation <= MAX_GENERATION ? generation : undefined;
}

/** A generation or a draft; where `withCopies`, copies of damage too. Nothing that another hand put there. */
export function isLeftover(name: string, withCopies: boolean): boolean {
  return /^\d{10}\.journal((\.damaged)?\.new)?$/.test(name) || (withCopies && /^\d{10}\.journal\.damaged$/.test(name));
}
