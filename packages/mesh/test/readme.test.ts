// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as actor from '@aiflow/actor';
import { launchBroker } from '@aiflow/lab';
import * as time from '@aiflow/time';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as mesh from '../src/index.ts';

test('the example of the README joins a mesh', async () => {
  await using broker = await launchBroker({}, { jetStream: false });
  const folder = await mkdtemp(join(tmpdir(), 'aiflow-readme-'));
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const source = example
    .replaceAll(/import (\{.*?\}) from '@aiflow\/(\w+)';/g, 'const $1 = modules.$2;')
    .replace('/var/lib/aiflow', folder)
    .replace('nats://127.0.0.1:4222', broker.url);
  const body = `return (async () => { ${source}\nreturn { state: mesh.health().state, verifier }; })();`;
  const script = ts.transpile(body, { target: ts.ScriptTarget.ES2022 });
  const run = new Function('modules', 'cloudKey', script) as (modules: object, cloudKey: string) => Promise<unknown>;
  expect(await run({ actor, time, mesh }, 'a'.repeat(43))).toEqual({ state: 'joined', verifier: undefined });
  await rm(folder, { recursive: true });
});
