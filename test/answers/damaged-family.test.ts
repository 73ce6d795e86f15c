import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
    const { byteLength } = readFileSync(join(family, 'exit-1.safetensors'));
    truncateSync(join(family, 'exit-1.safetensors'), 1000);
    const { status, stderr } = await runNode();
    expect(status).toBe(1);
    expect(stderr).toContain(
      `error data-loss: ${join(family, 'exit-1.safetensors')} has bytes 1000, expected ${byteLength}`,
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

  test('less memory than its model takes, naming both', async () => {
    const { status, stderr } = await runNode('residentLimitBytes: 40000000');
    expect(status).toBe(1);
    expect(stderr).toMatch(/error resource-exhausted: a fresh model host takes \d+ bytes, rssLimitBytes is 40000000/);
  });
});

test('weights of exits that a node does not use may be missing', async () => {
  for (const file of ['exit-11.safetensors', 'trunk-8-11.safetensors']) rmSync(join(family, file));
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

describe('in a fleet, a node is refused before its first verdict, both values are named, and the answer still comes', () => {
  test('when it holds other weights', async () => {
    const before = readManifest().featureSpaces.find(({ layer }) => layer === 5)?.id;
    flipByte('trunk-0-1.safetensors');
    const after = rehash();
    const summary = await answerBeside('weights');
    expect(summary.reasons.join('\n')).toMatch(new RegExp(`feature space ${before} was asked for, feature space`));
    expect(after.some(id => summary.reasons.join('\n').includes(`feature space ${id} is held here`))).toBe(true);
  });
});

/** Makes the manifest fit the changed weights, as a family of other training would have it; returns its feature spaces. */
function rehash(): readonly string[] {
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
  return manifest.featureSpaces.map(({ id }) => id);
}

/** The answer of the default fleet whose edge holds the copied family. */
async function answerBeside(name: string): Promise<{ readonly reasons: readonly string[] }> {
  await using fleet = await startAnsweringFleet(name, node =>
    node.model === undefined || node.tier !== 'edge' ? node : { ...node, model: { ...node.model, folder: family } },
  );
  const [{ question } = { question: '' }] = heldOutQuestions(1);
  const together = await fleet.ask(question);
  const alone = await fleet.ask(question, { tiers: 'cloud-only' });
  expect(together.summary).toMatchObject({ outcome: 'complete', exact: true });
  expect(together.text).toBe(alone.text);
  const edge = together.summary.tiers.find(({ node }) => node === 'edge-1');
  expect(edge).toMatchObject({ state: 'gone', verifyCalls: 0, proposed: 0 });
  return together.summary;
}
