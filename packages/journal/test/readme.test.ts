// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepNotes } from './examples/notebook.ts';

const folder = import.meta.dirname;

test('the example of the README is examples/notebook.ts, takes at most 15 lines, and runs', async () => {
  const readme = readFileSync(join(folder, '../README.md'), 'utf8');
  const source = readFileSync(join(folder, 'examples/notebook.ts'), 'utf8').split('\n').slice(1).join('\n');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(source);
  expect(source.split('\n').filter(line => line.trim() !== '').length).toBeLessThanOrEqual(15);
  const store = mkdtempSync(join(tmpdir(), 'aiflow-journal-readme-'));
  expect(await keepNotes(store)).toEqual([]);
  expect(await keepNotes(store)).toEqual(['tunnel entered', 'answer 7 waits']);
  rmSync(store, { recursive: true });
});
