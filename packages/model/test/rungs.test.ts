// SPDX-License-Identifier: Apache-2.0
//
// Exits at each of their sizes.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ComputeFormat, RelayingEngine } from '../src/engine.ts';
import { openFamilyFolder } from '../src/manifest/family-folder.ts';
import { createFamilyGraphs } from '../src/onnx/family-graphs.ts';
import { createRandomEngine, createWorkspace, loneRun, type Workspace } from './engines.ts';
import { createRandomFamily } from './random-family.ts';
import { createReferenceModel } from './reference-model.ts';

const PROMPT = [1, 40, 77, 130, 9, 201, 55, 2];
const EXITS = [1, 3, 4];

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

function engineAt(rung: number, format: ComputeFormat = 'fp32'): Promise<RelayingEngine> {
  return createRandomEngine(workspace, {}, { exits: EXITS.map(exit => ({ exit, rung })), format });
}

test('every rung of every exit is the sum of its components, by plain loops in double precision', async () => {
  const folder = workspace.path('reference');
  await createRandomFamily(folder);
  const reference = await createReferenceModel(await openFamilyFolder(folder));
  const margins = new Set<number>();
  for (const rung of [1, 2, 3]) {
    await using engine = await engineAt(rung);
    expect(engine.rungs).toEqual(new Map(EXITS.map(exit => [exit, rung])));
    for (const exit of EXITS) {
      const logits = reference.logits(PROMPT, exit, rung);
      const sorted = [...logits].sort((left, right) => right - left);
      await engine.open({ session: 's', prompt: PROMPT });
      const drafted = await engine.draft({ session: 's', exit, base: 0, count: 1 });
      expect(drafted.tokens).toEqual([logits.indexOf(sorted[0]!)]);
      expect(drafted.margins[0]).toBeCloseTo(sorted[0]! - sorted[1]!, 3);
      margins.add(drafted.margins[0]!);
    }
  }
  expect(margins.size).toBe(9);
});

test.each([
  ['int8', 0.93],
  ['int4', 0.6],
] as const)('%s agrees with fp32 on most tokens, at lower rungs and at the last', async (format, least) => {
  for (const rung of [1, 3]) {
    await using exact = await engineAt(rung);
    await using engine = await engineAt(rung, format);
    let same = 0;
    for (const exit of EXITS) {
      const truth = await loneRun(exact, { prompt: PROMPT, exit, count: 30 });
      await engine.open({ session: 's', prompt: PROMPT });
      for (let base = 0; base < truth.length; base++) {
        const given = truth.slice(0, base);
        const { tokens } = await engine.draft({ session: 's', exit, base: 0, given, count: 1 });
        if (tokens[0] === truth[base]) same += 1 / truth.length / EXITS.length;
      }
    }
    expect(same).toBeGreaterThan(least);
    expect(engine.tensorContract).not.toBe(exact.tensorContract);
  }
});

test('the last rung is stored as components and run as one product, multiplied out by the runtime when it loads', async () => {
  const folder = workspace.path('folded');
  await createRandomFamily(folder);
  const paths: string[] = [];
  const graphs = createFamilyGraphs(
    {
      family: await openFamilyFolder(folder),
      cache: {
        pathOf: async (_, build) => {
          const path = workspace.path(`graph-${paths.length}.onnx`);
          await writeFile(path, await build());
          paths.push(path);
          return path;
        },
      },
    },
    { format: 'fp32', threads: 1 },
  );
  for (const rung of [2, 3]) await (await graphs.exit({ exit: 1, rung })).release();
  const [lower = '', last = ''] = await Promise.all(paths.map(optimized));
  const count = (model: string, operator: string): number =>
    model.split(`"${String.fromCharCode(operator.length)}${operator}`).length - 1;
  expect(count(lower, 'MatMul') - count(last, 'MatMul')).toBe(4);
  // What is left is the cast of the chosen tokens.
  expect([lower, last].map(model => count(model, 'Cast'))).toEqual([1, 1]);
  const stored = (await Promise.all(paths.map(path => readFile(path)))).map(({ byteLength }) => byteLength);
  expect(stored[1]! - stored[0]!).toBeLessThan(last.length / 4);
});

/** What the runtime makes of a graph, as the bytes of the model. */
async function optimized(path: string): Promise<string> {
  const made = `${path}.optimized`;
  const session = await InferenceSession.create(path, { optimizedModelFilePath: made, logSeverityLevel: 3 });
  await session.release();
  return readFile(made, 'latin1');
}

test('a smaller block proposes but does not judge', async () => {
  await using engine = await engineAt(2);
  await engine.open({ session: 's', prompt: PROMPT });
  const { tokens, belowLastRung } = await engine.draft({ session: 's', exit: 3, base: 0, count: 4 });
  expect(belowLastRung).toEqual([{ exit: 3, rung: 2 }]);
  await expect(engine.verify({ session: 's', exit: 3, base: 0, tokens })).rejects.toMatchObject({
    code: 'failed-precondition',
    message: expect.stringContaining('exit 3 is loaded at rung 2, verifying needs its last rung 3'),
  });
  const again = await engine.draft({ session: 's', exit: 3, base: 0, count: 4 });
  expect(again.tokens).toEqual(tokens);
  const policy = { kind: 'confidence', steps: [{ exit: 1, minMargin: 1e9 }], last: 4 } as const;
  const deep = await engine.draft({ session: 's', exit: 1, policy, base: 0, count: 3 });
  expect(deep.belowLastRung).toEqual([{ exit: 4, rung: 2 }]);
});

test.each([
  [[2], 'not-found', 'family random has no exit 2: its exits are 1, 3, 4'],
  [[{ exit: 3, rung: 4 }], 'not-found', 'exit 3 of family random has no rung 4: it has 1, 2, 3'],
  [[{ exit: 3, rung: 1.5 }], 'not-found', 'has no rung 1.5'],
  [[3, { exit: 3, rung: 1 }], 'invalid-argument', 'exit 3 is asked for at rung 3 and at rung 1'],
  [[], 'invalid-argument', 'exits is empty'],
])('exits %j are refused', async (exits, code, message) => {
  await expect(createRandomEngine(workspace, {}, { exits })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test('exit 1 at rung 1 needs three files and no other', async () => {
  const folder = workspace.path('shallow');
  await createRandomFamily(folder);
  const { manifest } = await openFamilyFolder(folder);
  const needed = ['embedding', 'trunk-0-1', 'exit-1-rung-1'];
  for (const { id, file } of manifest.segments) if (!needed.includes(id)) await rm(`${folder}/${file}`);
  await using engine = await createRandomEngine(workspace, {}, { exits: [{ exit: 1, rung: 1 }], familyFolder: folder });
  await engine.open({ session: 's', prompt: PROMPT });
  expect((await engine.draft({ session: 's', exit: 1, base: 0, count: 2 })).tokens.length).toBe(2);
});
