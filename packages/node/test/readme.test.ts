import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { awaitFleet, createWorkspace, startAiflow } from './aiflow-process.ts';

const packageFolder = join(import.meta.dirname, '..');
const examples = join(packageFolder, 'examples');
const read = (file: string): string => readFileSync(file, 'utf8');

/** The fenced blocks of a page in the given language. */
function blocksOf(page: string, language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1] ?? '');
}

test('the actor and the client in the README are the example files, and the actor has at most 15 lines', () => {
  const blocks = blocksOf(read(join(packageFolder, '../../README.md')), 'ts');
  expect(blocks).toContain(read(join(examples, 'thermometer.ts')));
  expect(blocks).toContain(read(join(examples, 'watch-fleet.ts')));
  expect(read(join(examples, 'thermometer.ts')).trim().split('\n').length).toBeLessThanOrEqual(15);
});

test.each(['start', 'call'])('the README shows what its command %s printed', name => {
  const page = read(join(packageFolder, '../../README.md'));
  const [, shown = ''] = page.split(new RegExp(`<!-- (?:output|end) of ${name} -->`));
  expect(shown, 'run: node scripts/readme-output.mjs').toMatch(
    name === 'start' ? /exact: what exit 11 alone would say/ : /"hottest":21/,
  );
});

test('the client of the README asks the actor and the question of the fleet in the README', {
  timeout: 90_000,
}, async () => {
  using workspace = createWorkspace();
  await using up = startAiflow(['up', join(examples, 'fleet.yaml'), '--json'], workspace.env);
  await awaitFleet(up);
  const env = { ...process.env, ...workspace.env };
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'example'], {
    cwd: packageFolder,
    env,
    timeout: 60_000,
  });
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toBe('hottest so far: 21');
  expect(lines.at(-1)).toMatch(/^cloud, exit 11, \d+ tokens committed: .*Juno has 13 % left\.$/);
});
