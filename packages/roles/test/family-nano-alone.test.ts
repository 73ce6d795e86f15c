// SPDX-License-Identifier: Apache-2.0
// One node with the shipped family, whose deep exit judges what its shallow one drafts where a deadline asks for drafts.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ActorSystem, createActorSystem, createMemoryNetwork } from '@aiflow/actor';
import { createEngine, type MeasuringEngine, openFamilyFolder, openTokenizer } from '@aiflow/model';
import type { Revision } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnswerSummary, type AskRequest, askAnswer, createAnswererRole, createTextModel } from '../src/index.ts';

const familyFolder = join(import.meta.dirname, '../../family-nano');
const clock = createSystemClock({ keepAlive: true });
const ignore = (): void => undefined;
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const exits = [1, 11];
let engine: MeasuringEngine;
let system: ActorSystem;
let cacheFolder: string;
let questions: readonly string[];

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'aiflow-roles-'));
  const family = await openFamilyFolder(familyFolder);
  const lines = (await readFile(join(familyFolder, 'held-out.jsonl'), 'utf8')).trim().split('\n');
  questions = [0, 1, 2].map(part => JSON.parse(lines[Math.floor((part * lines.length) / 3)]!).question as string);
  engine = await createEngine({ clock, logger }, { familyFolder, exits, format: 'fp32', cacheFolder });
  const random = createSeededRandom(1);
  system = createActorSystem({ transport: createMemoryNetwork({ clock, random }).transport('one'), clock, random });
  const parts = { manifest: family.manifest, tokenizer: await openTokenizer(family), engine };
  const textModel = createTextModel(parts, { modelHash: 'test', examples: questions });
  const stated = exits.map(exit => ({ exit, format: 'fp32' as const, stepMs: exit === 1 ? 1 : 50 }));
  const ownCosts = () => ({ node: 'one', tier: 'device' as const, exits: stated });
  const directory = { costs: () => undefined, find: () => [] };
  const role = { tier: 'device', familyExits: [1, 3, 5, 8, 11] } as const;
  system.spawn(createAnswererRole({ engine, textModel, directory, ownCosts }, role));
  await system.start();
}, 120_000);

afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
  await rm(cacheFolder, { recursive: true, force: true });
});

async function ask(request: AskRequest): Promise<{ revisions: readonly Revision[]; summary: AnswerSummary }> {
  const revisions: Revision[] = [];
  let summary: AnswerSummary | undefined;
  const to = { node: 'one', actor: 'answerer' };
  for await (const item of system.stream(to, askAnswer, request, { timeoutMs: 60_000 })) {
    if (item.kind === 'revision') revisions.push(item.revision);
    else if (item.kind === 'summary') summary = item.summary;
  }
  return { revisions, summary: summary! };
}

test('drafts first give the text that the deep exit gives alone', async () => {
  for (const question of questions) {
    const drafted = await ask({ question, deadlineMs: 100, revisionsUntilMs: 50_000 });
    expect(drafted.summary).toMatchObject({ exact: true, mode: 'local', endedByItself: true });
    expect(drafted.summary.tiers).toMatchObject([
      { exit: 1, role: 'drafter' },
      { exit: 11, role: 'verifier' },
    ]);
    const alone = await ask({ question, deadlineMs: 50_000 });
    expect(alone.summary.tiers).toMatchObject([{ exit: 11 }]);
    expect(drafted.revisions.at(-1)?.text).toBe(alone.revisions.at(-1)?.text);
  }
  await expect.poll(async () => (await engine.status()).sessions).toBe(0);
}, 120_000);
