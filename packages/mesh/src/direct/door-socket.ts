// SPDX-License-Identifier: Apache-2.0
//
// The socket of a door: where it is, whose it is, and what becomes of one that was left behind.
//
// K1  Only its owner may use it: it is bound under a name nobody knows, given mode 0600, and then put in its place.
// K2  A socket at which somebody listens is never taken away; one that a dead process left is replaced in one step.
// K3  A system allows few bytes for the path of a socket (104 on macOS, 108 on Linux, one of them for its end). A path that
//     was chosen by us gives way to a short one; a path that was configured is refused.
import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';

/** The longest path of a socket, in bytes, on every system (K3). */
export const MAX_SOCKET_PATH_BYTES = 103;

/** The name of a door's socket in the state folder of its node. */
const SOCKET_NAME = 'door.sock';
/** The name under which it is bound first: a dot, and random hex. */
const DRAFT_BYTES = 3;

/**
 * Where the door of the node with this state folder is: in the folder, or, where that is too long for a socket, under a
 * short name in `$XDG_RUNTIME_DIR` or the folder for temporary files. The same folder always gives the same path.
 */
export function doorSocketOf(stateFolder: string, environment: Readonly<Record<string, string | undefined>>): string {
  const inState = join(stateFolder, SOCKET_NAME);
  if (Buffer.byteLength(inState) <= MAX_SOCKET_PATH_BYTES) return inState;
  const name = createHash('sha256').update(stateFolder).digest('hex').slice(0, 16);
  const base = environment.XDG_RUNTIME_DIR || tmpdir();
  return join(base, `aiflow-${process.getuid?.() ?? 'user'}`, `${name}.sock`);
}

/** A socket in its place. Removing it leaves alone what has taken its place meanwhile. */
export interface PlacedSocket {
  remove(): Promise<void>;
}

/**
 * Has `server` listen at `path`. Throws `invalid-argument` for a path that is too long, `already-exists` when somebody
 * listens there, `permission-denied` for a folder others may write to, `failed-precondition` for what is no socket.
 */
export async function listenAt(server: Server, path: string): Promise<PlacedSocket> {
  checkLength(path);
  await prepareFolder(dirname(path));
  await checkPlace(path); // K2
  const draft = join(dirname(path), `.${randomBytes(DRAFT_BYTES).toString('hex')}`);
  await bind(server, draft);
  await chmod(draft, 0o600); // K1
  const { ino } = await lstat(draft);
  await rename(draft, path);
  return {
    remove: async () => {
      const there = await lstat(path).catch(() => undefined);
      if (there?.ino === ino) await rm(path, { force: true });
    },
  };
}

function checkLength(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return;
  throw new AiflowError(
    'invalid-argument',
    `door socket ${path} has a path of ${bytes} bytes, a socket's may have ${MAX_SOCKET_PATH_BYTES}: name a shorter door.socket`,
  );
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  const isTrusted = process.getuid === undefined || uid === process.getuid() || uid === 0;
  const isSafe = (mode & WRITABLE_BY_ALL) === 0 || (mode & STICKY) !== 0;
  if (isTrusted && isSafe) return;
  throw new AiflowError(
    'permission-denied',
    `folder ${folder} of the door's socket belongs to others or is open to all: let the node's user own it (chmod o-w), or name another door.socket`,
  );
}

const WRITABLE_BY_ALL = 0o002;
/** In such a folder only its owner takes a file away. */
const STICKY = 0o1000;

/** Throws unless `path` is free or a dead process left it behind. */
async function checkPlace(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isSocket()) {
    throw new AiflowError('failed-precondition', `${path} is no socket: remove it, or name another door.socket`);
  }
  if (!(await isListening(path))) return;
  throw new AiflowError(
    'already-exists',
    `another node listens at door socket ${path}: stop it, or give this one a state.folder or door.socket of its own`,
  );
}

function isListening(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect(path);
    const settle = (listening: boolean): void => {
      probe.destroy();
      resolve(listening);
    };
    probe.once('connect', () => settle(true));
    probe.once('error', error => settle((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED'));
  });
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => {
      const message = `door socket ${path} can't be made: ${cause.message}; name another door.socket`;
      reject(new AiflowError('failed-precondition', message, { cause }));
    });
    server.listen(path, resolve);
  });
}
