// SPDX-License-Identifier: Apache-2.0
//
// Families that are not what they say. Each is refused with one error, and what was loaded by then is let go.
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { createSystemClock } from '@aiflow/time';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MeasuringEngine } from '../src/engine.ts';
import { createEngine } from '../src/inference/create-engine.ts';
import type { EngineOptions } from '../src/inference/engine-options.ts';
import { floatValues, integerValues, readSafetensors } from '../src/manifest/safetensors.ts';
import { createWorkspace, SILENT, type Workspace } from './engines.ts';
import { graphsLeft } from './graphs-left.ts';
import { createRandomFamily, encodeSafetensors } from './random-family.ts';

const PROMPT = [1, 40, 77, 130, 9, 201, 55, 2];

let workspace: Workspace;
let sound: string;
let copies = 0;

beforeAll(async () => {
  workspace = await createWorkspace();
  sound = workspace.path('sound');
  await createRandomFamily(sound);
});
afterAll(() => workspace[Symbol.asyncDispose]());

function start(familyFolder: string, more: Partial<EngineOptions> = {}): Promise<MeasuringEngine> {
  return createEngine(
    { clock: createSystemClock({ keepAlive: true }), logger: SILENT },
    { familyFolder, exits: [1, 3, 4], format: 'fp32', cacheFolder: workspace.path('graphs'), ...more },
  );
}

async function copyOfSound(): Promise<string> {
  const folder = workspace.path(`copy-${copies++}`);
  await cp(sound, folder, { recursive: true });
  return folder;
}

/** What the exits say: enough that other weights or another arithmetic would show. */
async function words(engine: MeasuringEngine): Promise<string> {
  const said = [];
  for (const exit of engine.exits) {
    await engine.open({ session: 's', prompt: PROMPT });
    said.push(await engine.draft({ session: 's', exit, base: 0, count: 6 }));
  }
  return JSON.stringify(said.map(({ tokens, margins }) => [tokens, margins]));
}

describe('a byte that was changed or cut off', () => {
  test('in any file of weights is refused, also where graphs built from them are cached', async () => {
    const { segments } = JSON.parse(await readFile(join(sound, 'manifest.json'), 'utf8')) as {
      segments: { file: string; bytes: number }[];
    };
    await (await start(sound))[Symbol.asyncDispose]();
    const damage = fc.record({
      segment: fc.nat(segments.length - 1),
      place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      change: fc.integer({ min: 0, max: 255 }),
    });
    const folder = await copyOfSound();
    await fc.assert(
      fc.asyncProperty(damage, async ({ segment, place, change }) => {
        const { file } = segments[segment]!;
        const whole = await readFile(join(sound, file));
        const at = Math.floor(place * whole.byteLength);
        // 0 cuts the file at the place.
        const damaged = change === 0 ? whole.subarray(0, at) : whole.with(at, whole[at]! ^ change);
        await writeFile(join(folder, file), damaged);
        await expect(start(folder)).rejects.toMatchObject({
          code: 'data-loss',
          message: expect.stringMatching(/has (\d+ bytes|sha256 \w+), expected \w+/),
          details: { file: join(folder, file) },
        });
        await writeFile(join(folder, file), whole);
      }),
      { numRuns: 60, seed: 7 },
    );
  }, 60_000);

  test('in the manifest is refused, or does not change what the exits say, or is another tensor contract to its peers', async () => {
    const engine = await start(sound);
    const expected = { contract: engine.tensorContract, said: await words(engine) };
    await engine[Symbol.asyncDispose]();
    const text = await readFile(join(sound, 'manifest.json'));
    const folder = await copyOfSound();
    const outcomes = { refused: 0, harmless: 0, contract: 0 };
    const dimensions = text.indexOf('"dimensions"');
    const damage = fc.record({
      at: fc.oneof(fc.nat(text.byteLength - 1), fc.integer({ min: dimensions, max: text.indexOf('}', dimensions) })),
      change: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, change }) => {
        const damaged = change === 0 ? text.subarray(0, at) : text.with(at, text[at]! ^ change);
        await writeFile(join(folder, 'manifest.json'), damaged);
        const opened = await start(folder).catch((error: unknown) => {
          expect(AiflowError.is(error), String(error)).toBe(true);
          return undefined;
        });
        if (opened === undefined) {
          outcomes.refused++;
        } else if (opened.tensorContract !== expected.contract) {
          outcomes.contract++;
        } else {
          expect(await words(opened)).toBe(expected.said);
          outcomes.harmless++;
        }
        await opened?.[Symbol.asyncDispose]();
      }),
      { numRuns: 400, seed: 11 },
    );
    expect(outcomes.refused).toBeGreaterThan(200);
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(0);
  }, 60_000);
});

interface LooseTensor {
  values: Int8Array | Float32Array;
  shape: number[];
}

type LooseManifest = {
  segments: { id: string; file: string; sha256: string; bytes: number }[];
  exits: { depth: number; rungs: { segments: string[]; bytes: number; parameters: number }[] }[];
  featureSpaces: { layer: number; id: string }[];
} & Record<string, unknown>;

/** A family whose hashes and sizes fit, however wrong the tensors of `segment` are. */
async function forged(
  segment: string,
  change: (tensors: Record<string, LooseTensor>) => void,
  adapt: (manifest: LooseManifest) => void = () => undefined,
): Promise<string> {
  const folder = await copyOfSound();
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as LooseManifest;
  const entry = manifest.segments.find(({ id }) => id === segment)!;
  const path = join(folder, entry.file);
  const tensors: Record<string, LooseTensor> = {};
  for (const [name, tensor] of readSafetensors(await readFile(path), path)) {
    tensors[name] = {
      values: tensor.type === 'I8' ? integerValues(tensor) : floatValues(tensor),
      shape: [...tensor.shape],
    };
  }
  change(tensors);
  const bytes = encodeSafetensors(tensors);
  await writeFile(path, bytes);
  entry.sha256 = createHash('sha256').update(bytes).digest('hex');
  entry.bytes = bytes.byteLength;
  const found = (id: string): LooseManifest['segments'][number] => manifest.segments.find(one => one.id === id)!;
  for (const { depth, rungs } of manifest.exits) {
    for (const rung of rungs) rung.bytes = rung.segments.reduce((sum, id) => sum + found(id).bytes, 0);
    const digest = createHash('sha256');
    for (const id of rungs[0]!.segments.slice(0, -1)) digest.update(Buffer.from(found(id).sha256, 'hex'));
    manifest.featureSpaces.find(({ layer }) => layer === depth)!.id = digest.digest('hex').slice(0, 16);
  }
  adapt(manifest);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

describe('tensors that are not what the manifest says, hashed and sized as if they were', () => {
  const QKV = 'exits.4.attention.qkv';
  const cut = (tensor: LooseTensor, shape: number[]): LooseTensor => ({
    values: tensor.values.slice(
      0,
      shape.reduce((product, extent) => product * extent, 1),
    ),
    shape,
  });
  /** Drops one component, on all three sides. */
  const dropOne = (tensors: Record<string, LooseTensor>): void => {
    for (const side of ['left', 'right', 'scale']) {
      const name = `${QKV}.${side}`;
      const { shape } = tensors[name]!;
      const fewer = side === 'left' ? [shape[0]!, shape[1]! - 1] : [shape[0]! - 1, ...shape.slice(1)];
      tensors[name] = cut(tensors[name]!, fewer);
    }
  };
  const fewerParameters = (manifest: LooseManifest, least: number): void => {
    for (const rung of manifest.exits[2]!.rungs.filter((_, index) => index + 1 >= least)) rung.parameters -= 32 + 96;
  };
  const cases: [string, () => Promise<string>, string][] = [
    [
      'a side with fewer components than the other',
      () =>
        forged(
          'exit-4-rung-2',
          tensors => {
            tensors[`${QKV}.left`] = cut(tensors[`${QKV}.left`]!, [32, 7]);
          },
          manifest => {
            for (const rung of manifest.exits[2]!.rungs.slice(1)) rung.parameters -= 32;
          },
        ),
      `tensor ${QKV}.left is I8 [32, 7], expected I8 [32, 8]`,
    ],
    [
      'a smaller rank than the parameters say',
      () => forged('exit-4-rung-2', dropOne),
      'parameters, the manifest states',
    ],
    [
      'more parameters than there are',
      () =>
        forged(
          'exit-4-rung-3',
          () => undefined,
          manifest => manifest.exits[2]!.rungs[2]!.parameters++,
        ),
      'parameters, the manifest states',
    ],
    [
      'a rung without components',
      () =>
        forged(
          'exit-4-rung-1',
          tensors => void delete tensors[`${QKV}.scale`],
          () => undefined,
        ),
      `tensor ${QKV}.scale is missing or empty`,
    ],
    [
      'a scale that is no number',
      () =>
        forged('exit-4-rung-3', tensors => {
          tensors[`${QKV}.scale`]!.values[2] = Number.NaN;
        }),
      `tensor ${QKV}.scale holds NaN at 2, expected a finite number`,
    ],
    [
      'a norm that is missing',
      () =>
        forged(
          'exit-4-rung-1',
          tensors => void delete tensors['exits.4.norm.weight'],
          manifest => {
            for (const rung of manifest.exits[2]!.rungs) rung.parameters -= 32;
          },
        ),
      'tensor exits.4.norm.weight is missing, expected F32 [32]',
    ],
    [
      'a layer of another width',
      () =>
        forged('trunk-3-4', tensors => {
          const name = 'layers.3.attention.output.weight';
          tensors[name] = { ...tensors[name]!, shape: [16, 64] };
        }),
      'tensor layers.3.attention.output.weight is I8 [16, 64], expected I8 [32, 32]',
    ],
    [
      'an embedding of another type',
      () =>
        forged('embedding', tensors => {
          const { values, shape } = tensors['embedding.weight']!;
          tensors['embedding.weight'] = { values: Float32Array.from(values), shape };
        }),
      'tensor embedding.weight is F32 [260, 32], expected I8 [260, 32]',
    ],
  ];
  test.each(cases)('%s', async (_, forge, message) => {
    const folder = await forge();
    const before = await readdir(workspace.path('graphs'));
    const left = await graphsLeft(() =>
      expect(start(folder)).rejects.toMatchObject({ code: 'data-loss', message: expect.stringContaining(message) }),
    );
    expect(left).toBe(0);
    const added = (await readdir(workspace.path('graphs'))).filter(name => !before.includes(name));
    expect(added.filter(name => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a smaller rank that is stated truly is another, sound family', async () => {
    await using engine = await start(await forged('exit-4-rung-2', dropOne, manifest => fewerParameters(manifest, 2)));
    expect(await words(engine)).not.toBe('');
  });
});

test('a sound family leaves no graph behind either, once its engine is disposed of', async () => {
  const left = await graphsLeft(async () => {
    const engine = await start(sound);
    await words(engine);
    await engine[Symbol.asyncDispose]();
  });
  expect(left).toBe(0);
});

test.each(['family nano', 'nano'])('another family than the expected %s is refused with both names', async family => {
  await expect(start(sound, { family })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(`is family random, expected ${family}`),
  });
});
