// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProgram } from './process-probe.ts';

test('the example of the README runs as it is printed there', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const example = readFileSync(join(import.meta.dirname, 'programs/readme-example.mjs'), 'utf8');
  expect(readme).toContain(`\`\`\`js\n${example}\`\`\``);
  const program = await startProgram('readme-example.mjs');
  expect(program.firstLine).toMatch(/^nats:\/\/127\.0\.0\.1:\d+ leads to nats-server \d+\.\d+\.\d+ over a slow link$/);
  expect(await program.exitCode).toBe(0);
});
