import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerResult } from '@aiflow/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorkspace, runAiflow, startAiflow, type Workspace } from '../../packages/node/test/aiflow-process.ts';
import { FAMILY_FOLDER, heldOutQuestions, startAnsweringFleet } from './answering-fleet.ts';

let workspace: Workspace;
let family: string;
beforeEach(() => {
  workspace = createWorkspace();
  family = join(workspace.folder, 'family');
  cpSync(FAMILY_FOLDER, family, { recursive: true });
});
afterEach(() => workspace[Symbol.dispose]());

interface Segment {
  readonly id: string;
  readonly file: string;
  sha256: string;
}

interface Manifest {
  family: string;
  readonly segments: Segment[];
  readonly featureSpaces: { readonly layer: number; id: string }[];
}

const readManifest = (): Manifest => JSON.parse(readFileSync(join(family, 'manifest.json'), 'utf8'));
const writeManifest = (manifest: Manifest): void =>
  writeFileSync(join(family, 'manifest.json'), JSON.stringify(manifest));

/** Changes one byte of the weights. */
function flipByte(file: string): void {
  const bytes = readFileSync(join(family, file));
  bytes[bytes.length - 100]! ^= 0x01;
  writeFileSync(join(family, file), bytes);
}

const sha256 = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(join(family, file)))
    .digest('hex');

function writeNode(model = ''): string {
  return workspace.write(
    'node.yaml',
    `fleet: damaged
node: { name: device-1, tier: device }
mesh: { url: 'nats://127.0.0.1:1', trust: { policy: first-use } }
state: { folder: ./state }
model: { folder: ./family, exits: [1], ${model} }
roles: { answer: {} }
`,
  );
}

const runNode = (model?: string): ReturnType<typeof runAiflow> =>
  runAiflow(['node', '--config', writeNode(model)], workspace.env);

describe('a node refuses to start with', () => {
  test('a changed byte in its weights, naming the file and both hashes', async () => {
    const expected = sha256('trunk-0-1.safetensors');
    flipByte('trunk-0-1.safetensors');
    const { status, stderr } = await runNode();
    expect(status).toBe(1);
    expect(stderr).toContain(
      `error data-loss: ${join(family, 'trunk-0-1.safetensors')} has sha256 ${sha256('trunk-0-1.safetensors')}, expected ${expected}`,
    );
  });

  test('a truncated file, naming it and both sizes', async () => {
    const { byteLength } = readFileSync(join(family, 'exit-1-rung-3.safetensors'));
    truncateSync(join(family, 'exit-1-rung-3.safetensors'), 1000);
    const { status, stderr } = await runNode();
    expect(status).toBe(1);
    expect(stderr).toContain(
      `error data-loss: ${join(family, 'exit-1-rung-3.safetensors')} has 1000 bytes, expected ${byteLength}`,
    );
  });

  test('a missing file, naming it', async () => {
    rmSync(join(family, 'embedding.safetensors'));
    const { status, stderr } = await runNode();
    expect(status).toBe(1);
    expect(stderr).toContain(`error not-found: ${join(family, 'embedding.safetensors')} is missing`);
  });

  test('a folder that holds no family', async () => {
    rmSync(join(family, 'manifest.json'));
    const { status, stderr } = await runNode();
    expect(status).toBe(1);
    expect(stderr).toContain(`error not-found: ${join(family, 'manifest.json')} is missing`);
  });

  test('an exit that its family lacks, naming those it has', async () => {
    const { status, stderr } = await runAiflow(['node', '--config', writeNode()], {
      ...workspace.env,
      AIFLOW__MODEL__EXITS: '[4]',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/error not-found: family nano has no exit 4: its exits are 1, 3, 5, 8, 11/);
  });

  test('less memory than its model takes, naming both', async () => {
    const { status, stderr } = await runNode('residentLimitBytes: 40000000');
    expect(status).toBe(1);
    expect(stderr).toMatch(/error resource-exhausted: a fresh model host takes \d+ bytes, rssLimitBytes is 40000000/);
  });
});

test('weights of exits that a node does not use may be missing', async () => {
  for (const file of ['exit-11-rung-1.safetensors', 'trunk-8-11.safetensors']) rmSync(join(family, file));
  await using node = startAiflow(['node', '--config', writeNode()], workspace.env);
  await expect.poll(() => node.stderr(), { timeout: 15_000 }).toContain('joining the mesh');
});

test('a fleet with a damaged node does not start, says which and why, and leaves nothing', async () => {
  flipByte('trunk-1-3.safetensors');
  const file = workspace.write(
    'fleet.yaml',
    `fleet: damaged
nodes:
  - { name: edge-1, tier: edge, model: { folder: ./family, exits: [3] }, roles: { verify: {} } }
  - { name: device-1, tier: device, model: { folder: nano, exits: [1] }, roles: { answer: {} } }
`,
  );
  const { status, stderr } = await runAiflow(['up', file], workspace.env);
  expect(status).toBe(1);
  expect(stderr).toMatch(/error \S+: edge-1 ended .*before it was ready/);
  expect(stderr).toMatch(/trunk-1-3\.safetensors has sha256 [0-9a-f]{64}, expected [0-9a-f]{64}/);
  expect(readdirSync(workspace.folder).sort()).toEqual(['family', 'fleet.yaml', 'run']);
  expect(readdirSync(join(workspace.folder, 'run'))).toEqual([]);
});

test('a node with other weights is refused before its first verdict, both feature spaces are named, and the answer comes', async () => {
  const before = featureSpaceAt(5);
  flipByte('trunk-0-1.safetensors');
  rehash();
  const summary = await answerBeside('weights');
  const edge = summary.tiers.find(({ node }) => node === 'edge-1');
  expect(edge).toMatchObject({ state: 'gone', verifyCalls: 0, proposed: 0 });
  expect(summary.reasons.join('\n')).toContain(
    `feature space ${before} was asked for, feature space ${featureSpaceAt(5)} is held here`,
  );
});

test('a node with another family takes no part', async () => {
  writeManifest({ ...readManifest(), family: 'micro' });
  const summary = await answerBeside('family');
  expect(summary.mode).toBe('two');
  expect(summary.tiers.map(({ node }) => node)).toEqual(['device-1', 'cloud-1']);
});

const featureSpaceAt = (wanted: number): string =>
  readManifest().featureSpaces.find(({ layer }) => layer === wanted)?.id ?? '';

/** Makes the manifest fit the changed weights, as a family of other training would have it. */
function rehash(): void {
  const manifest = readManifest();
  for (const segment of manifest.segments) segment.sha256 = sha256(segment.file);
  const hash = createHash('sha256');
  const digest = (id: string): Buffer => Buffer.from(manifest.segments.find(part => part.id === id)!.sha256, 'hex');
  hash.update(digest('embedding'));
  for (const space of manifest.featureSpaces) {
    const from = manifest.featureSpaces[manifest.featureSpaces.indexOf(space) - 1]?.layer ?? 0;
    hash.update(digest(`trunk-${from}-${space.layer}`));
    space.id = hash.copy().digest('hex').slice(0, 16);
  }
  writeManifest(manifest);
}

/** What the default fleet answers when its edge holds the copied family: what the cloud says alone. */
async function answerBeside(name: string): Promise<AnswerResult['summary']> {
  await using fleet = await startAnsweringFleet(name, node =>
    node.model === undefined || node.tier !== 'edge' ? node : { ...node, model: { ...node.model, folder: family } },
  );
  const [{ question } = { question: '' }] = heldOutQuestions(1);
  const together = await fleet.ask(question, { tiers: 'three' });
  const alone = await fleet.ask(question, { tiers: 'cloud-only' });
  expect(together.summary).toMatchObject({ outcome: 'complete', exact: true });
  expect(together.text).toBe(alone.text);
  return together.summary;
}
