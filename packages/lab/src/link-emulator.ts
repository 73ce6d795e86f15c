// SPDX-License-Identifier: Apache-2.0
//
// A bad link on one machine: a TCP proxy that delays, slows and cuts what passes.
//
// E1  What goes in comes out unchanged and in order, or the connection is reset: a byte that was lost taints its
//     connection, and a tainted connection never carries another byte.
// E2  A connection holds at most `maxBufferedBytes` plus one read of the system each way; beyond that its sender is paused,
//     and TCP carries the pressure back to the sender.
// E3  While cut, nothing passes. `reset` ends connections and refuses new ones; `silence` takes what is sent and keeps
//     connections open, so that peers learn nothing; `stall` holds everything back, as a network does that drops packets
//     until it recovers and TCP sends them again.
// E4  After heal, connections that lost bytes are reset, those that lost none go on, and those that were opened meanwhile
//     reach the target.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { LinkCut } from './link-cut.ts';
import type { LinkSettings, TwoWayLinkSettings } from './link-settings.ts';
import { createLinkShaper, type LinkShaper } from './link-shaper.ts';
import { createProxiedConnection, type ProxiedConnection } from './proxied-connection.ts';

/** Bytes of one direction since the link was made. */
export interface LinkCounters {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Swallowed by a cut. */
  readonly bytesLost: number;
}

/** How a link is made. */
export interface LinkEmulatorOptions extends TwoWayLinkSettings {
  readonly target: { readonly host: string; readonly port: number };
  /** Per connection and direction; default 256 KiB. See E2. */
  readonly maxBufferedBytes?: number;
}

/** A link that runs. Connect to `port` on loopback instead of to the target. */
export interface LinkEmulator extends AsyncDisposable {
  readonly port: number;
  /** Changes both directions from now on; what is left out keeps its value, and `up` or `down` hold for one direction. */
  set(settings: TwoWayLinkSettings): void;
  /** The same jitter and losses as after its making come again, from now on. */
  rewind(): void;
  cut(how: LinkCut): void;
  heal(): void;
  /** Undefined while the link is whole. */
  readonly isCut: LinkCut | undefined;
  /** `up` is towards the target. */
  readonly counters: { readonly up: LinkCounters; readonly down: LinkCounters };
  readonly openConnections: number;
  /** Resets what is open and gives the port back. Calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * Opens a loopback port that leads to the target over a link with the given settings. The same `random` gives the same
 * jitter and losses at the same times. The TCP handshake itself is not delayed: it ends at the emulator.
 */
export async function createLinkEmulator(
  collaborators: { readonly clock: Clock; readonly random: Random },
  options: LinkEmulatorOptions,
): Promise<LinkEmulator> {
  const { target, maxBufferedBytes = 262_144, ...initial } = options;
  const shaper = (label: 'up' | 'down'): LinkShaper =>
    createLinkShaper({ clock: collaborators.clock, random: collaborators.random.fork(label) }, oneWay(initial, label));
  const link: Link = {
    ...{ target, maxBufferedBytes, up: shaper('up'), down: shaper('down') },
    ...{ upCounters: zeroCounters(), downCounters: zeroCounters(), settings: initial },
    ...{ connections: new Set<ProxiedConnection>(), held: new Set<Socket>(), isCut: undefined },
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => accept(link, socket));
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening').catch(cause => {
    throw new AiflowError('unavailable', 'no loopback port for a link', { cause });
  });
  return createHandle(link, server);
}

interface Link {
  readonly target: LinkEmulatorOptions['target'];
  readonly maxBufferedBytes: number;
  readonly up: LinkShaper;
  readonly down: LinkShaper;
  readonly upCounters: MutableCounters;
  readonly downCounters: MutableCounters;
  readonly connections: Set<ProxiedConnection>;
  /** Accepted during a silence or stall: they reach the target after heal. */
  readonly held: Set<Socket>;
  settings: TwoWayLinkSettings;
  isCut: LinkCut | undefined;
}

function oneWay(settings: TwoWayLinkSettings, way: 'up' | 'down'): LinkSettings {
  const { up: _up, down: _down, ...both } = settings;
  return { ...both, ...settings[way] };
}

type MutableCounters = { -readonly [K in keyof LinkCounters]: LinkCounters[K] };

function zeroCounters(): MutableCounters {
  return { bytesIn: 0, bytesOut: 0, bytesLost: 0 };
}

function accept(link: Link, socket: Socket): void {
  socket.on('error', () => undefined); // a reset; 'close' follows and is handled where the socket is used
  if (link.isCut === 'reset') socket.resetAndDestroy();
  else if (link.isCut === undefined) open(link, socket);
  else {
    link.held.add(socket.pause());
    socket.once('close', () => link.held.delete(socket));
  }
}

function open(link: Link, near: Socket): void {
  const far = connect({ ...link.target, allowHalfOpen: true, noDelay: true });
  far.on('error', () => undefined); // 'close' follows, and resets the near side
  const connection = createProxiedConnection({
    ...{ near, far, maxBufferedBytes: link.maxBufferedBytes },
    up: { shaper: link.up, counters: link.upCounters },
    down: { shaper: link.down, counters: link.downCounters },
    onClosed: () => link.connections.delete(connection),
  });
  link.connections.add(connection);
}

function createHandle(link: Link, server: Server): LinkEmulator {
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    resetAll(link);
    await once(server, 'close');
  };
  return {
    port: (server.address() as AddressInfo).port,
    set: settings => {
      const [up, down] = (['up', 'down'] as const).map(way => ({ ...link.settings[way], ...settings[way] }));
      link.settings = { ...link.settings, ...settings, up, down };
      link.up.set(oneWay(link.settings, 'up'));
      link.down.set(oneWay(link.settings, 'down'));
    },
    rewind: () => {
      link.up.rewind();
      link.down.rewind();
    },
    cut: how => {
      if (link.isCut !== undefined) heal(link);
      link.isCut = how;
      if (how === 'reset') resetAll(link);
      else for (const connection of link.connections) connection.block(how);
    },
    heal: () => heal(link),
    get isCut() {
      return link.isCut;
    },
    get counters() {
      return { up: { ...link.upCounters }, down: { ...link.downCounters } };
    },
    get openConnections() {
      return link.connections.size;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function heal(link: Link): void {
  link.isCut = undefined;
  for (const connection of link.connections) connection.unblock();
  for (const socket of link.held) {
    link.held.delete(socket);
    open(link, socket);
  }
}

function resetAll(link: Link): void {
  for (const connection of link.connections) connection.reset();
  for (const socket of link.held) socket.resetAndDestroy();
}
