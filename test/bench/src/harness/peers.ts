// SPDX-License-Identifier: Apache-2.0
//
// The programs we are compared with. They are no dependency of the workspace: each group has a folder with exact
// pins, installed without scripts the first time a case needs it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchFolder } from './bench-folder.ts';

/** Folders under test/bench/peers. */
export type PeerGroup = 'messaging' | 'inference';

/** Whether a group can be loaded, and if not, why. */
export type PeerInstall = { readonly ready: true } | { readonly ready: false; readonly reason: string };

const INSTALL_LIMIT_MS = 8 * 60_000;

/** Installs the group unless it is there. Never throws for a failed install: its rows say the reason. */
export async function installPeers(group: PeerGroup, progress: (line: string) => void): Promise<PeerInstall> {
  const folder = peerFolder(group);
  if (await hasPeers(group)) return { ready: true };
  progress(`install peers of ${group} …`);
  const outcome = await runNpm(folder);
  if (outcome !== undefined) return { ready: false, reason: `peers could not be installed: ${outcome}` };
  await writeFile(stampPath(folder), await pinsHash(folder));
  return { ready: true };
}

/** True when the pinned group is installed already. */
export async function hasPeers(group: PeerGroup): Promise<boolean> {
  const folder = peerFolder(group);
  const stamp = await readFile(stampPath(folder), 'utf8').catch(() => ''); // not installed
  return stamp === (await pinsHash(folder));
}

/** Loads a peer's module. The caller names the part of its interface that it uses. */
export async function importPeer<Module>(group: PeerGroup, name: string): Promise<Module> {
  const folder = peerFolder(group);
  const require = createRequire(join(folder, 'package.json'));
  const manifest = JSON.parse(
    await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
  ) as PeerManifest;
  const entry = esmEntry(manifest);
  const path = entry === undefined ? require.resolve(name) : join(folder, 'node_modules', name, entry);
  return (await import(pathToFileURL(path).href)) as Module;
}

interface PeerManifest {
  readonly exports?: unknown;
}

/** What `import` would load: `require.resolve` alone finds only what CommonJS may load. */
function esmEntry({ exports }: PeerManifest): string | undefined {
  let place: unknown = exports;
  for (const key of ['.', 'node', 'import', 'node', 'default']) {
    if (typeof place === 'object' && place !== null && key in place) place = (place as Record<string, unknown>)[key];
  }
  return typeof place === 'string' ? place : undefined;
}

function peerFolder(group: PeerGroup): string {
  return join(benchFolder, 'peers', group);
}

function stampPath(folder: string): string {
  return join(folder, 'node_modules', '.installed-pins');
}

async function pinsHash(folder: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, 'package.json')))
    .digest('hex');
}

/** Undefined when it worked, else the last line npm said. */
function runNpm(folder: string): Promise<string | undefined> {
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--no-package-lock',
    '--loglevel=error',
  ];
  return new Promise(resolve => {
    const child = spawn('npm', ['install', ...flags], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_LIMIT_MS,
    });
    let last = '';
    const keep = (text: Buffer): void => {
      last = text.toString().trim().split('\n').at(-1) || last;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', error => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : last || `npm ended with ${code ?? signal}`));
  });
}
