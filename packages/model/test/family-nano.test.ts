// SPDX-License-Identifier: Apache-2.0
//
// The shipped family, against what an independent run of its weights (numpy, fp32) wrote down.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSystemClock } from '@aiflow/time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFamily } from '../src/check-family.ts';
import type { BatchingEngine } from '../src/engine.ts';
import { createEngine } from '../src/inference/create-engine.ts';
import { openFamilyFolder } from '../src/manifest/family-folder.ts';
import { openTokenizer } from '../src/tokenizer/tokenizer.ts';
import { createWorkspace, SILENT, type Workspace } from './engines.ts';

const folder = join(import.meta.dirname, '../../family-nano');
const isThere = existsSync(join(folder, 'manifest.json')) && existsSync(join(folder, 'golden.json'));

interface Golden {
  readonly prompts: readonly {
    readonly prompt: string;
    readonly ids: readonly number[];
    readonly exits: readonly {
      readonly depth: number;
      readonly top: readonly { readonly id: number; readonly logit: number }[];
      readonly greedy: readonly number[];
    }[];
  }[];
}

describe.skipIf(!isThere)(
  isThere ? 'family-nano' : 'family-nano (skipped: its folder holds no manifest and golden yet)',
  () => {
    let workspace: Workspace;
    let engine: BatchingEngine;
    let golden: Golden;

    beforeAll(async () => {
      workspace = await createWorkspace();
      golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;
      const { manifest } = await openFamilyFolder(folder, 'nano');
      engine = await createEngine(
        { clock: createSystemClock({ keepAlive: true }), logger: SILENT },
        {
          ...{ familyFolder: folder, exits: manifest.exits.map(exit => exit.depth), format: 'fp32' },
          cacheFolder: workspace.path('graphs'),
        },
      );
    }, 60_000);

    afterAll(async () => {
      await engine[Symbol.asyncDispose]();
      await workspace[Symbol.asyncDispose]();
    });

    test('the tokenizer gives the recorded ids and gives the text back', async () => {
      const tokenizer = await openTokenizer(await openFamilyFolder(folder));
      for (const { prompt, ids } of golden.prompts) {
        expect(tokenizer.encodeQuestion(prompt)).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(prompt);
      }
    });

    test('every exit continues every prompt as recorded, up to the end of the answer, with the recorded margin', async () => {
      for (const { ids, exits } of golden.prompts) {
        for (const { depth, top, greedy } of exits) {
          await engine.open({ session: 'golden', prompt: ids });
          const { tokens, margins } = await engine.draft({
            session: 'golden',
            exit: depth,
            base: 0,
            count: greedy.length,
          });
          expect(tokens, `exit ${depth}`).toEqual(greedy.slice(0, tokens.length));
          if (tokens.length < greedy.length) expect(tokens.at(-1)).toBe(3);
          expect(Math.abs(margins[0]! - (top[0]!.logit - top[1]!.logit)), `exit ${depth}`).toBeLessThan(1e-3);
        }
      }
    });

    test('prompts drafted and verified together get what each gets alone, at every exit', async () => {
      for (const index of golden.prompts[0]!.exits.keys()) {
        const asked = golden.prompts.map(({ ids, exits }, at) => ({ ids, ...exits[index]!, session: `many-${at}` }));
        for (const { session, ids } of asked) await engine.open({ session, prompt: ids });
        const drafts = await engine.draftMany(
          asked.map(({ session, depth, greedy }) => ({ session, exit: depth, base: 0, count: greedy.length })),
        );
        const texts = drafts.map(outcome => (outcome.status === 'fulfilled' ? outcome.value.tokens : []));
        asked.forEach(({ greedy }, at) => {
          expect(texts[at]).toEqual(greedy.slice(0, texts[at]!.length));
          expect(texts[at]!.length).toBeGreaterThan(0);
        });
        for (const { session, ids } of asked) await engine.open({ session, prompt: ids });
        const verdicts = await engine.verifyMany(
          asked.map(({ session, depth }, at) => ({ session, exit: depth, base: 0, tokens: texts[at]! })),
        );
        verdicts.forEach((outcome, at) => {
          expect(outcome).toMatchObject({ status: 'fulfilled', value: { accepted: texts[at]!.length } });
        });
      }
    });

    test('every file, every rung and every count is what the manifest says', async () => {
      const family = await openFamilyFolder(folder);
      const files = await checkFamily(family);
      expect(files.length).toBe(family.manifest.segments.length + 1);
    });

    test.each([
      ['int8', 0.97],
      ['int4', 0.85],
    ] as const)(
      'in %s the exits take most of the recorded steps',
      async (format, least) => {
        await using rounded = await createEngine(
          { clock: createSystemClock({ keepAlive: true }), logger: SILENT },
          { familyFolder: folder, exits: engine.exits, format, cacheFolder: workspace.path('graphs') },
        );
        let same = 0;
        let steps = 0;
        for (const { ids, exits } of golden.prompts) {
          for (const { depth, greedy } of exits) {
            await rounded.open({ session: 's', prompt: ids });
            for (const [base, token] of greedy.entries()) {
              const given = greedy.slice(0, base);
              const { tokens } = await rounded.draft({ session: 's', exit: depth, base: 0, given, count: 1 });
              if (tokens[0] === token) same++;
              steps++;
              if (token === 3) break;
            }
          }
        }
        expect(same / steps).toBeGreaterThan(least);
      },
      120_000,
    );

    test('the deepest exit verifies what it says in one block', async () => {
      for (const { ids, exits } of golden.prompts) {
        const { depth } = exits.at(-1)!;
        await engine.open({ session: 'alone', prompt: ids });
        const { tokens, finished } = await engine.draft({ session: 'alone', exit: depth, base: 0, count: 60 });
        await engine.open({ session: 'block', prompt: ids });
        const verdict = await engine.verify({ session: 'block', exit: depth, base: 0, tokens });
        expect(verdict).toMatchObject({ accepted: tokens.length, finished });
      }
    });
  },
);
