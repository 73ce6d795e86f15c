// SPDX-License-Identifier: Apache-2.0
//
// Real files, real SIGKILL: a process kills itself at each of its file operations, in the midst of it if it is a write.
// It runs the build (`npx tsc -b packages/journal`).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createNodeFiles } from '../src/index.ts';
import { bytesOf, createLedger } from './ledger.ts';
import { LIVES, openAt } from './life.ts';

const root = mkdtempSync(join(tmpdir(), 'aiflow-journal-kill-'));
afterAll(() => rmSync(root, { recursive: true }));

const AT_ONCE = 4;
const CHANGES = LIVES.flat(2);

/** Says "asked N" and "answered N" of each change; the write is done in full before its caller goes on. */
const program = (folder: string, operation: number): string => `
  import { writeSync } from 'node:fs';
  import { createNodeFiles, openJournal } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
  import { createSystemClock } from ${JSON.stringify(new URL('../../time/dist/index.js', import.meta.url).href)};
  let operations = 0;
  const count = async tear => {
    if (++operations !== ${operation}) return;
    await tear?.();
    process.kill(process.pid, 'SIGKILL');
  };
  const counted = (target, wrap) => Object.fromEntries(Object.entries(target).map(([name, act]) => [name, async (...of) => {
    await count(name === 'write' ? () => act(of[0].subarray(0, of[0].length >> 1)) : undefined);
    return wrap(await act(...of), name);
  }]));
  const files = counted(createNodeFiles(), (result, name) => (name === 'open' ? counted(result, closed => closed) : result));
  const say = text => writeSync(1, text + '\\n');
  let asked = 0;
  for (const life of ${JSON.stringify(LIVES)}) {
    const journal = await openJournal({ files, clock: createSystemClock() }, { folder: ${JSON.stringify(folder)} }, () => {});
    for (const together of life) {
      await Promise.all(together.map(async ([kind, entries]) => {
        const change = asked++;
        say('asked ' + change);
        const bytes = entries.map(entry => Buffer.from(entry));
        await (kind === 'append' ? journal.append(bytes) : journal.rewrite(bytes));
        say('answered ' + change);
      }));
    }
    await journal[Symbol.asyncDispose]();
  }`;

interface Death {
  readonly signal: string | null;
  readonly said: readonly string[];
}

async function runUntil(folder: string, operation: number): Promise<Death> {
  const arguments_ = ['--input-type=module', '-e', program(folder, operation)];
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', data => {
    text += data;
  });
  const [, signal] = await once(child, 'close');
  return { signal, said: text.split('\n') };
}

/** What the folder of a process that said this may hold. */
function possibleAfter(said: readonly string[]): readonly (readonly string[])[] {
  const ledger = createLedger();
  for (const [index, [kind, entries]] of CHANGES.entries()) {
    if (!said.includes(`asked ${index}`)) break;
    ledger.note(kind, entries, said.includes(`answered ${index}`));
  }
  return ledger.possible();
}

async function check(operation: number): Promise<string | null> {
  const folder = join(root, String(operation));
  const { signal, said } = await runUntil(folder, operation);
  const { journal, entries } = await openAt(createNodeFiles(), folder);
  expect(journal.recovery.damaged).toEqual([]);
  expect(possibleAfter(said)).toContainEqual(entries);
  await journal.append([bytesOf('later')]);
  await journal[Symbol.asyncDispose]();
  const again = await openAt(createNodeFiles(), folder);
  expect(again.entries).toEqual([...entries, 'later']);
  await again.journal[Symbol.asyncDispose]();
  expect(readdirSync(folder).length).toBe(1);
  return signal;
}

test('killed at any file operation it leaves all that was answered, whole units, in order', {
  timeout: 90_000,
}, async () => {
  let [next, deaths, isOver] = [1, 0, false];
  const work = async (): Promise<void> => {
    while (!isOver) {
      const signal = await check(next++);
      if (signal === 'SIGKILL') deaths += 1;
      else isOver = true;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(deaths).toBeGreaterThan(60);
});
