// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { doorSocketOf, listenAt, MAX_SOCKET_PATH_BYTES } from './door-socket.ts';

let folder: string;
let servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiflow-socket-'));
});
afterEach(async () => {
  for (const server of servers) server.close();
  servers = [];
  await rm(folder, { recursive: true, force: true });
});

function server(): Server {
  const made = createServer();
  servers.push(made);
  return made;
}

describe('where a door is', () => {
  test('in the state folder of its node', () => {
    expect(doorSocketOf('/var/lib/aiflow', {})).toBe('/var/lib/aiflow/door.sock');
  });

  test('at a short path, always the same, where that would be too long', () => {
    const long = `/srv/${'x'.repeat(120)}`;
    const chosen = doorSocketOf(long, { XDG_RUNTIME_DIR: '/run/user/7' });
    expect(chosen).toMatch(/^\/run\/user\/7\/aiflow-\d+\/[0-9a-f]{16}\.sock$/);
    expect(doorSocketOf(long, { XDG_RUNTIME_DIR: '/run/user/7' })).toBe(chosen);
    expect(doorSocketOf(`${long}y`, { XDG_RUNTIME_DIR: '/run/user/7' })).not.toBe(chosen);
    expect(doorSocketOf(long, {}).startsWith(tmpdir())).toBe(true);
  });
});

describe('a socket', () => {
  test("is its owner's alone, in a folder that is made for it", async () => {
    const path = join(folder, 'new', 'door.sock');
    await listenAt(server(), path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
  });

  test('at which somebody listens is left alone', async () => {
    const path = join(folder, 'door.sock');
    await listenAt(server(), path);
    await expect(listenAt(server(), path)).rejects.toMatchObject({ code: 'already-exists' });
  });

  test('that was left behind is replaced, and removing it later leaves its successor', async () => {
    const path = join(folder, 'door.sock');
    const first = server();
    const placed = await listenAt(first, path);
    await new Promise(resolve => first.close(resolve));
    expect((await stat(path)).isSocket()).toBe(true);
    const successor = await listenAt(server(), path);
    await placed.remove();
    expect((await stat(path)).isSocket()).toBe(true);
    await successor.remove();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test.each(['file', 'link'])('does not take the place of a %s', async kind => {
    const path = join(folder, 'door.sock');
    if (kind === 'file') await writeFile(path, 'precious');
    else await symlink('/nowhere', path);
    await expect(listenAt(server(), path)).rejects.toMatchObject({ code: 'failed-precondition' });
  });

  test('with a path that is too long is refused with both lengths', async () => {
    const path = join(folder, 'x'.repeat(MAX_SOCKET_PATH_BYTES));
    await expect(listenAt(server(), path)).rejects.toThrow(
      `has a path of ${path.length} bytes, a socket's may have ${MAX_SOCKET_PATH_BYTES}`,
    );
  });

  test('is not put where everybody may write', async () => {
    const open = join(folder, 'open');
    await mkdir(open);
    await chmod(open, 0o777);
    await expect(listenAt(server(), join(open, 'door.sock'))).rejects.toMatchObject({ code: 'permission-denied' });
    await chmod(open, 0o1777); // as /tmp is
    await expect(listenAt(server(), join(open, 'door.sock'))).resolves.toBeDefined();
  });
});
