// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = import.meta.dirname;

test('the example of the README is examples/notes.ts, takes at most 15 lines, and runs', async () => {
  const readme = readFileSync(join(folder, '../README.md'), 'utf8');
  const quoted = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  const source = readFileSync(join(folder, 'examples/notes.ts'), 'utf8').replace(
    '// SPDX-License-Identifier: Apache-2.0\n',
    '',
  );
  expect(quoted).toBe(source);
  expect(source.split('\n').filter(line => line.trim() !== '').length).toBeLessThanOrEqual(15);
  const { ended } = await import('./examples/notes.ts');
  expect(ended).toMatchObject({ delivered: 1 });
});
