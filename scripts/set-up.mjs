// Brings a clone to where it can run: dependencies, generated wire code, build. Each step is skipped when nothing
// it depends on has changed, so every command can begin with it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFolder = join(root, 'node_modules/.aiflow');
const MINIMUM_NODE = [20, 19];
const PREFIX = 'aiflow set-up: ';

/** Does whatever is missing. Throws with the failed step's output when one fails. */
export function setUp() {
  checkNode();
  const lockHash = hashFiles([join(root, 'package-lock.json')]);
  // Not `npm ci`: the lock holds the platform packages of Linux alone, which `ci` refuses on principle.
  step('install dependencies', 'install', lockHash, () =>
    run('npm', ['install', '--no-save', '--no-progress', '--loglevel=error']),
  );
  build();
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  say(`Node ${process.versions.node} is too old: aiflow needs ${MINIMUM_NODE.join('.')} or newer`);
  process.exit(1);
}

/** turbo generates the wire code and compiles each package after those it imports; what has not changed is not redone. */
function build() {
  const fresh = !existsSync(join(root, 'packages/node/dist'));
  if (fresh) say('build, only this first time: about a minute on two cores …');
  const notice = fresh ? sayMeanwhile(20_000, 'still building …') : sayMeanwhile(2000, 'build what has changed …');
  const beganMs = Date.now();
  const turbo = [join(root, 'node_modules/turbo/bin/turbo'), 'run', 'build', '--ui=stream'];
  run(process.execPath, turbo, { TURBO_TELEMETRY_DISABLED: '1' });
  notice.kill();
  if (fresh || Date.now() - beganMs > 2000) say(`built in ${seconds(beganMs)}`);
}

/** Says it after `delayMs` and every 20 s, from a process of its own, for this one waits for the tool it runs. */
function sayMeanwhile(delayMs, line) {
  const speak = `() => process.stderr.write(${JSON.stringify(`${PREFIX}${line}\n`)})`;
  const code = `const speak = ${speak}; setTimeout(() => { speak(); setInterval(speak, 20000); }, ${delayMs})`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'ignore', 'inherit'] });
  process.once('exit', () => child.kill());
  return child;
}

function step(label, stamp, hash, work) {
  const file = join(stampFolder, stamp);
  if (existsSync(file) && readFileSync(file, 'utf8') === hash) return;
  say(`${label} …`);
  const beganMs = Date.now();
  work();
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(file, hash);
  say(`${label}: ${seconds(beganMs)}`);
}

/** Runs a tool; its output is shown only when it fails. */
function run(command, args, environment = {}) {
  const env = { ...process.env, ...environment };
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  say(`set-up stopped: ${command} ${args.join(' ')} ${result.error?.message ?? `ended with status ${result.status}`}`);
  process.exit(1);
}

function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function say(line) {
  process.stderr.write(`${PREFIX}${line}\n`);
}

function seconds(beganMs) {
  return `${((Date.now() - beganMs) / 1000).toFixed(1)} s`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
