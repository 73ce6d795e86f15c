// `node scripts/readme-output.mjs`: runs what the README shows and puts the real output between its markers.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUp } from './set-up.mjs';

setUp();
const command = join(root, 'packages/node/bin/aiflow.js');
const env = { ...process.env, NO_COLOR: '1' };

const start = spawnSync(process.execPath, [command, 'demo'], { cwd: root, env, encoding: 'utf8' });
if (start.status !== 0) throw new Error(`npm start failed:\n${start.stderr}`);

const up = spawn(process.execPath, [command, 'up', 'packages/node/examples/fleet.yaml', '--json'], { cwd: root, env });
await new Promise(resolve => up.stdout.once('data', resolve));
const call = spawnSync(
  process.execPath,
  [command, 'call', 'device-1', 'thermometer', '{"celsius": 21}', '--trace', '--fleet', 'harbour'],
  { cwd: root, env, encoding: 'utf8' },
);
up.kill('SIGINT');
if (call.status !== 0) throw new Error(`the call failed:\n${call.stderr}`);

const show = spawnSync(process.execPath, [command, 'family', 'show'], { cwd: root, env, encoding: 'utf8' });
if (show.status !== 0) throw new Error(`the family can't be shown:\n${show.stderr}`);
const table = show.stdout.split('\n\n').slice(0, 2).join('\n\n');

const file = join(root, 'README.md');
const page = readFileSync(file, 'utf8');
const called = fill(fill(page, 'start', start.stdout), 'call', `${call.stdout}${call.stderr}`);
const filled = fill(called, 'family', table);
writeFileSync(file, filled);

/** Puts `text` into the block between the markers of `name`. */
function fill(text, name, output) {
  const [from, to] = [`<!-- output of ${name} -->`, `<!-- end of ${name} -->`];
  const before = text.indexOf(from);
  const after = text.indexOf(to);
  if (before < 0 || after < before) throw new Error(`README.md lacks the markers of '${name}'`);
  const body = output
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
    .trim();
  return `${text.slice(0, before + from.length)}\n\`\`\`\n${body}\n\`\`\`\n${text.slice(after)}`;
}
