// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

test('the example of the README is the one in this folder, and it runs', async () => {
  const [, ...lines] = read('readme-example.ts').split('\n');
  expect(read('../README.md')).toContain(`\`\`\`ts\n${lines.join('\n')}\`\`\``);
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await import('./readme-example.ts');
    expect(written).toHaveBeenCalledWith('t1\n');
  } finally {
    written.mockRestore();
  }
});
