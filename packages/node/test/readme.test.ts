import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { awaitFleet, createWorkspace, runAiflow, startAiflow } from './aiflow-process.ts';

const packageFolder = join(import.meta.dirname, '..');
const root = join(packageFolder, '../..');
const examples = join(packageFolder, 'examples');
const read = (file: string): string => readFileSync(file, 'utf8');

/** The fenced blocks of a page in the given language. */
function blocksOf(page: string, language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1] ?? '');
}

/** What the page shows as the output of a command; '' where it shows none. */
function outputOf(page: string, name: string): string {
  const [, shown = ''] = page.split(new RegExp(`<!-- (?:output|end) of ${name} -->`));
  return shown;
}

/** A table's lines with exit and rung as they are and a # for each figure after them. */
function shapeOf(table: string): readonly string[] {
  return table
    .replaceAll('```', '')
    .trim()
    .split('\n')
    .map(line => line.trim().split(/ {2,}/))
    .map(([exit = '', ...cells]) => {
      if (!/^\d+$/.test(exit)) return [exit, ...cells].join(' | ');
      return [
        exit,
        ...cells.map((cell, column) => (column === 0 ? cell : cell.replaceAll(/\d+(?:\.\d+)?/g, '#'))),
      ].join(' | ');
    });
}

test('the actor and the client in the README are the example files, and the actor has at most 15 lines', () => {
  const blocks = blocksOf(read(join(root, 'README.md')), 'ts');
  expect(blocks).toContain(read(join(examples, 'thermometer.ts')));
  expect(blocks).toContain(read(join(examples, 'watch-fleet.ts')));
  expect(read(join(examples, 'thermometer.ts')).trim().split('\n').length).toBeLessThanOrEqual(15);
});

test.each(['start', 'call'])('the README shows what its command %s printed', name => {
  const page = read(join(root, 'README.md'));
  expect(outputOf(page, name), 'run: node scripts/readme-output.mjs').toMatch(
    name === 'start' ? /exact: what exit 11 alone would say/ : /"hottest":21/,
  );
});

test('the README shows the family as `aiflow family show` prints it, figure for figure of the same kind', async () => {
  using workspace = createWorkspace();
  const { status, stdout, stderr } = await runAiflow(['family', 'show'], workspace.env);
  expect(status, stderr).toBe(0);
  const printed = stdout.split('\n\n').slice(0, 2).join('\n\n');
  const shown = shapeOf(outputOf(read(join(root, 'README.md')), 'family'));
  expect(shown, 'run: node scripts/readme-output.mjs').toEqual(shapeOf(printed));
  expect(shown.filter(line => /^\d+ \|/.test(line)).length).toBeGreaterThan(1);
});

test('no page that ships leaves a figure for later', () => {
  const pagesIn = (folder: string, recursive: boolean): readonly string[] =>
    readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
      .filter(file => file.endsWith('.md'))
      .map(file => join(folder, file));
  const packages = readdirSync(join(root, 'packages')).map(name => join('packages', name));
  const pages = ['README.md', ...pagesIn('docs', true), ...packages.flatMap(folder => pagesIn(folder, false))];
  expect(pages).toContain('packages/family-nano/MODEL-CARD.md');
  for (const page of pages)
    expect(read(join(root, page)), page).not.toMatch(/not measured yet|not yet measured|\bTODO\b|\bTBD\b/i);
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
