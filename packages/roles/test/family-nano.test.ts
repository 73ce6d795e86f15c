import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ActorSystem, createActorSystem, createMemoryNetwork, type MemoryNetwork } from '@aiflow/actor';
import { runAlone } from '@aiflow/decode';
import {
  type ComputeFormat,
  createEngine,
  type FamilyTokenizer,
  type MeasuringEngine,
  openFamilyFolder,
  openTokenizer,
  readHeldOutSuite,
} from '@aiflow/model';
import type { Revision, Tier } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AnswerSummary,
  type AskRequest,
  askAnswer,
  createAnswererRole,
  createTextModel,
  createVerifierRole,
  formatCapability,
} from '../src/index.ts';

const familyFolder = join(import.meta.dirname, '../../family-nano');
const clock = createSystemClock({ keepAlive: true });
const random = createSeededRandom(1);
const ignore = (): void => undefined;
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const places: readonly { node: string; tier: Tier; exits: readonly number[]; format: ComputeFormat }[] = [
  { node: 'device-1', tier: 'device', exits: [1], format: 'fp32' },
  { node: 'edge-1', tier: 'edge', exits: [5], format: 'fp32' },
  { node: 'cloud-1', tier: 'cloud', exits: [11], format: 'fp32' },
];
const engines = new Map<string, MeasuringEngine>();
const systems: ActorSystem[] = [];
let network: MemoryNetwork;
let tokenizer: FamilyTokenizer;
let questions: readonly string[];
let cacheFolder: string;

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'aiflow-roles-'));
  const family = await openFamilyFolder(familyFolder);
  const heldOut = (await readHeldOutSuite(familyFolder)).questions;
  questions = [0, 1, 2, 3].map(part => heldOut[Math.floor((part * heldOut.length) / 4)]!.question);
  tokenizer = await openTokenizer(family);
  network = createMemoryNetwork({ clock, random });
  for (const { node, tier, exits, format } of places) {
    const engine = await createEngine({ clock, logger }, { familyFolder, exits, format, cacheFolder });
    engines.set(node, engine);
    const system = createActorSystem({ transport: network.transport(node), clock, random: random.fork(node) });
    const textModel = createTextModel(
      { manifest: family.manifest, tokenizer, engine },
      { modelHash: 'test', examples: questions },
    );
    const directory = {
      costs: () => undefined,
      find: (prefix: string) =>
        places
          .filter(place => place.node !== node)
          .map(place => ({
            address: { node: place.node, actor: prefix.startsWith('verify') ? 'verifier' : 'answerer' },
            tier: place.tier,
            capability: formatCapability({
              duty: prefix.startsWith('verify') ? 'verify' : 'answer',
              family: 'nano',
              exit: place.exits[0]!,
              format: place.format,
            }),
          })),
    };
    system.spawn(createVerifierRole({ engine }));
    system.spawn(createAnswererRole({ engine, textModel, directory }, { tier, familyExits: [1, 3, 5, 8, 11] }));
    await system.start();
    systems.push(system);
  }
}, 120_000);

afterAll(async () => {
  for (const system of systems) await system[Symbol.asyncDispose]();
  for (const engine of engines.values()) await engine[Symbol.asyncDispose]();
  await rm(cacheFolder, { recursive: true, force: true });
});

async function ask(request: AskRequest): Promise<{ revisions: readonly Revision[]; summary: AnswerSummary }> {
  const revisions: Revision[] = [];
  let summary: AnswerSummary | undefined;
  const to = { node: 'device-1', actor: 'answerer' };
  for await (const item of systems[0]!.stream(to, askAnswer, request, { timeoutMs: 60_000 })) {
    if (item.kind === 'revision') revisions.push(item.revision);
    else if (item.kind === 'summary') summary = item.summary;
  }
  return { revisions, summary: summary! };
}

async function alone(question: string, sampling?: AskRequest['sampling']): Promise<string> {
  const prompt = tokenizer.encodeQuestion(question);
  const subject = { session: 'alone', prompt, ...(sampling === undefined ? {} : { sampling }) };
  const run = { engine: engines.get('cloud-1')!, clock, subject, node: 'cloud-1', tier: 'cloud' } as const;
  return tokenizer.decode((await runAlone(run, 11)).tokens);
}

test('the shipped family answers over three tiers what its deepest exit says alone', async () => {
  for (const question of questions) {
    const { revisions, summary } = await ask({ question, tiers: 'three' });
    expect(revisions.at(-1)?.text).toBe(await alone(question));
    expect(summary).toMatchObject({ exact: true, mode: 'three', far: false, endedByItself: true });
    expect(summary.tiers[2]).toMatchObject({ node: 'cloud-1', exit: 11, openings: 1 });
  }
}, 120_000);

test('so it does when tokens are drawn, as the noise is the same at every tier', async () => {
  const sampling = { temperature: 0.8, topP: 0.95, seed: 7 };
  for (const question of questions) {
    const { revisions, summary } = await ask({ question, sampling });
    expect(revisions.at(-1)?.text).toBe(await alone(question, sampling));
    expect(summary.exact).toBe(true);
  }
}, 120_000);

test('a question about something else is refused with questions that work', async () => {
  const { revisions, summary } = await ask({ question: 'for (let i = 0; i < n; i++) sum += values[i] ** 2;' });
  expect(summary).toMatchObject({ far: true, outcome: 'far' });
  expect(summary.domain?.score).toBeGreaterThan(summary.domain?.threshold ?? 99);
  expect(revisions.at(-1)?.text).toContain(questions[0]);
});

test('emoji and control characters pass through the tokenizer', async () => {
  const { summary } = await ask({ question: `${questions[0]} 🚁\u0007`, maxTokens: 24 });
  expect(['complete', 'far']).toContain(summary.outcome);
});

test('an answer is found again by an audit, here by the node that gave it', async () => {
  const { summary } = await ask({ question: questions[1]!, audit: true });
  expect(summary).toMatchObject({ exact: true, audit: { node: 'cloud-1', agreed: true } });
});
