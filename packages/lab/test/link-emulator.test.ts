// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createLinkEmulator, type LinkEmulator, type LinkEmulatorOptions } from '@aiflow/lab';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterEach, expect, test, vi } from 'vitest';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

async function makeLink(port: number, settings: Partial<LinkEmulatorOptions> = {}): Promise<LinkEmulator> {
  const link = await createLinkEmulator(
    { clock: createSystemClock(), random: createSeededRandom(1) },
    { target: { host: '127.0.0.1', port }, ...settings },
  );
  open.push({ close: () => void link.close() });
  return link;
}

interface Peer {
  readonly socket: Socket;
  text(): string;
  /** `end`, `ECONNRESET`, … in the order in which they came. */
  readonly events: string[];
}

async function dial(port: number): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const events: string[] = [];
  let text = '';
  socket.on('data', part => {
    text += part;
  });
  socket.on('end', () => events.push('end'));
  socket.on('error', (error: NodeJS.ErrnoException) => events.push(error.code ?? 'error'));
  await once(socket, 'connect');
  open.push({ close: () => socket.destroy() });
  return { socket, events, text: () => text };
}

const echo = (socket: Socket): void => void socket.pipe(socket);

test('8 MiB come back as they were through delay, jitter and a limited rate, and both ends are closed', async () => {
  const link = await makeLink(await listen(echo), { delayMs: 3, jitterMs: 4, bytesPerSecond: 40_000_000 });
  const sent = randomBytes(8 * 1024 * 1024);
  const socket = connect({ host: '127.0.0.1', port: link.port, allowHalfOpen: true });
  const hash = createHash('sha256');
  socket.on('data', part => hash.update(part));
  socket.end(sent);
  await once(socket, 'close');
  expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  expect(link.counters).toEqual({
    up: { bytesIn: sent.length, bytesOut: sent.length, bytesLost: 0 },
    down: { bytesIn: sent.length, bytesOut: sent.length, bytesLost: 0 },
  });
  await vi.waitFor(() => expect(link.openConnections).toBe(0));
});

test('a sender that is faster than the link is held back: the link never holds more than its bound', async () => {
  const accepted: Socket[] = [];
  const port = await listen(socket => accepted.push(socket.resume()));
  const link = await makeLink(port, { bytesPerSecond: 200_000, maxBufferedBytes: 65_536 });
  const { socket } = await dial(link.port);
  for (let sent = 0; sent < 20; sent++) socket.write(randomBytes(1024 * 1024));
  let heldMost = 0;
  await vi.waitFor(
    () => {
      const { bytesIn, bytesOut } = link.counters.up;
      heldMost = Math.max(heldMost, bytesIn - bytesOut);
      expect(bytesOut).toBeGreaterThan(200_000);
    },
    { timeout: 8000, interval: 5 },
  );
  expect(heldMost).toBeGreaterThan(0);
  expect(heldMost).toBeLessThanOrEqual(65_536 + 65_536);
});

test('a receiver that does not read holds the sender back too', async () => {
  const accepted: Socket[] = [];
  const link = await makeLink(await listen(socket => accepted.push(socket.pause())), { maxBufferedBytes: 65_536 });
  const { socket } = await dial(link.port);
  const sent = 32 * 1024 * 1024;
  socket.write(Buffer.alloc(sent));
  let before = -1;
  await vi.waitFor(
    () => {
      const now = link.counters.up.bytesIn;
      const grew = now !== before;
      before = now;
      expect(grew || now === 0).toBe(false);
    },
    { timeout: 5000, interval: 200 },
  );
  expect(link.counters.up.bytesIn).toBeLessThan(sent);
  accepted[0]?.resume();
  await vi.waitFor(() => expect(link.counters.up.bytesOut).toBe(sent), 10_000);
});

test('a reset ends connections at once on both sides, refuses new ones, and heal lets them in', async () => {
  const ends: string[] = [];
  const port = await listen(socket => {
    socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? 'error'));
    echo(socket);
  });
  const link = await makeLink(port);
  const first = await dial(link.port);
  first.socket.write('hello');
  await vi.waitFor(() => expect(first.text()).toBe('hello'));
  link.cut('reset');
  await vi.waitFor(() => expect(first.events).toEqual(['ECONNRESET']));
  await vi.waitFor(() => expect(ends).toEqual(['ECONNRESET']));
  const refused = connect({ host: '127.0.0.1', port: link.port });
  const [error] = await once(refused, 'error');
  expect(error).toMatchObject({ code: 'ECONNRESET' });
  link.heal();
  const again = await dial(link.port);
  again.socket.write('back');
  await vi.waitFor(() => expect(again.text()).toBe('back'));
});

test('silence swallows bytes and tells nobody; heal resets who lost some and spares who did not', async () => {
  const link = await makeLink(await listen(echo));
  const talker = await dial(link.port);
  const quiet = await dial(link.port);
  talker.socket.write('before ');
  quiet.socket.write('before ');
  await vi.waitFor(() => expect(talker.text() + quiet.text()).toBe('before before '));
  link.cut('silence');
  talker.socket.write('lost');
  const newcomer = await dial(link.port);
  newcomer.socket.write('held');
  await vi.waitFor(() => expect(link.counters.up.bytesLost).toBe(4));
  expect([talker.text(), talker.events, newcomer.text(), newcomer.events]).toEqual(['before ', [], '', []]);
  link.heal();
  await vi.waitFor(() => expect(talker.events).toEqual(['ECONNRESET']));
  quiet.socket.write('after');
  await vi.waitFor(() => expect(quiet.text()).toBe('before after'));
  await vi.waitFor(() => expect(newcomer.text()).toBe('held'));
});

test('an end that falls into a silence is not seen at the far side until heal', async () => {
  const ends: string[] = [];
  const port = await listen(socket => {
    socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? 'error'));
    socket.on('end', () => ends.push('end'));
    echo(socket);
  });
  const link = await makeLink(port);
  const peer = await dial(link.port);
  peer.socket.write('x');
  await vi.waitFor(() => expect(peer.text()).toBe('x'));
  link.cut('silence');
  peer.socket.destroy();
  const later = await dial(link.port);
  await vi.waitFor(() => expect(link.openConnections).toBe(1));
  expect(ends).toEqual([]);
  link.heal();
  await vi.waitFor(() => expect(ends).toEqual(['ECONNRESET']));
  later.socket.write('y');
  await vi.waitFor(() => expect(later.text()).toBe('y'));
});

test('a stall holds bytes back and loses none', async () => {
  const link = await makeLink(await listen(echo), { delayMs: 20 });
  const peer = await dial(link.port);
  peer.socket.write('one ');
  await vi.waitFor(() => expect(peer.text()).toBe('one '));
  peer.socket.write('two ');
  link.cut('stall');
  peer.socket.write('three');
  const other = await makeLink(await listen(echo), { delayMs: 60 });
  const witness = await dial(other.port);
  witness.socket.write('time passed');
  await vi.waitFor(() => expect(witness.text()).toBe('time passed'));
  expect(peer.text()).toBe('one ');
  link.heal();
  await vi.waitFor(() => expect(peer.text()).toBe('one two three'));
  expect(link.counters.up.bytesLost).toBe(0);
});

test('settings change while bytes flow', async () => {
  const link = await makeLink(await listen(echo), { bytesPerSecond: 10_000 });
  const peer = await dial(link.port);
  peer.socket.write(Buffer.alloc(100_000));
  await vi.waitFor(() => expect(peer.text().length).toBeGreaterThan(0), 8000);
  link.set({ bytesPerSecond: 50_000_000 });
  await vi.waitFor(() => expect(peer.text().length).toBe(100_000), 8000);
});

test('what is set for one direction leaves the other as it is', async () => {
  const port = await listen(socket => void socket.resume().write(Buffer.alloc(100_000)));
  const link = await makeLink(port, { bytesPerSecond: 50_000_000, up: { bytesPerSecond: 10 } });
  const peer = await dial(link.port);
  peer.socket.write('slow');
  await vi.waitFor(() => expect(peer.text().length).toBe(100_000), 8000);
  expect(link.counters.up).toEqual({ bytesIn: 4, bytesOut: 0, bytesLost: 0 });
  link.set({ down: { delayMs: 1 } });
  peer.socket.write(' still');
  await vi.waitFor(() => expect(link.counters.up.bytesIn).toBe(10));
  expect(link.counters.up.bytesOut).toBe(0);
});

test('a target that is not there resets the caller, and close gives the port back', async () => {
  const port = await listen(echo);
  open.pop()?.close();
  const link = await makeLink(port);
  const caller = connect({ host: '127.0.0.1', port: link.port });
  const [error] = await once(caller, 'error');
  expect(error).toMatchObject({ code: 'ECONNRESET' });
  await link.close();
  await expect(dial(link.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await link.close();
});
