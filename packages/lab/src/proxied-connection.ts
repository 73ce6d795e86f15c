// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { LinkShaper } from './link-shaper.ts';

/** A connection that passes a link: the socket that was accepted, and the one to the target. */
export interface ProxiedConnection {
  /** `silence` swallows what is under way and what comes; `stall` stops reading. */
  block(how: 'silence' | 'stall'): void;
  /** Goes on, or is reset when it lost anything (E4). */
  unblock(): void;
  /** Both sides see a reset. */
  reset(): void;
}

/** What one direction of a connection works with. */
interface ConnectionDirection {
  readonly shaper: LinkShaper;
  readonly counters: { bytesIn: number; bytesOut: number; bytesLost: number };
}

/** What a connection is made from. `up` is from `near` to `far`. */
export interface ProxiedConnectionParts {
  readonly near: Socket;
  readonly far: Socket;
  readonly up: ConnectionDirection;
  readonly down: ConnectionDirection;
  readonly maxBufferedBytes: number;
  readonly onClosed: () => void;
}

interface Connection extends ProxiedConnectionParts {
  blocked: 'silence' | 'stall' | undefined;
  /** E1: something was lost; it must not carry another byte. */
  tainted: boolean;
}

/** Passes bytes both ways until both sides are closed. */
export function createProxiedConnection(parts: ProxiedConnectionParts): ProxiedConnection {
  const connection: Connection = { ...parts, blocked: undefined, tainted: false };
  const { near, far } = parts;
  const ways = [createWay(connection, near, far, parts.up), createWay(connection, far, near, parts.down)];
  const reset = (): void => {
    for (const way of ways) way.drop();
    near.resetAndDestroy();
    far.resetAndDestroy();
  };
  const onClose = (): void => {
    if (near.destroyed && far.destroyed) parts.onClosed();
    else if (connection.blocked === 'silence')
      connection.tainted = true; // the other side must not learn of it
    else if (!endedInOrder(near) || !endedInOrder(far)) reset();
  };
  near.once('close', onClose);
  far.once('close', onClose);
  near.resume();
  return {
    block: how => {
      connection.blocked = how;
      for (const way of ways) way.block(how);
    },
    unblock: () => {
      connection.blocked = undefined;
      if (connection.tainted) reset();
      else for (const way of ways) way.resume();
    },
    reset,
  };
}

/** A socket that is still open, or was closed after each side had said that it was done. */
function endedInOrder(socket: Socket): boolean {
  return !socket.destroyed || (socket.readableEnded && socket.writableFinished);
}

interface Way {
  block(how: 'silence' | 'stall'): void;
  resume(): void;
  drop(): void;
}

function createWay(connection: Connection, source: Socket, target: Socket, direction: ConnectionDirection): Way {
  const { counters } = direction;
  const lose = (bytes: number): void => {
    counters.bytesLost += bytes;
    if (bytes > 0) connection.tainted = true;
  };
  const resumeIfRoom = (): void => {
    if (connection.blocked !== 'stall' && flow.bufferedBytes <= connection.maxBufferedBytes / 2) source.resume();
  };
  const flow = direction.shaper.openFlow({
    deliver: (chunk, done) => {
      if (target.destroyed) return;
      target.write(chunk, error => {
        done();
        if (error) return; // its 'close' follows
        counters.bytesOut += chunk.byteLength;
        resumeIfRoom(); // E2
      });
    },
    end: () => target.end(),
  });
  source.on('data', (chunk: Buffer) => {
    counters.bytesIn += chunk.byteLength;
    if (connection.tainted || connection.blocked === 'silence') return lose(chunk.byteLength);
    flow.push(chunk);
    if (flow.bufferedBytes >= connection.maxBufferedBytes) source.pause();
  });
  source.on('end', () => {
    if (connection.blocked === 'silence') connection.tainted = true;
    else flow.end();
  });
  return {
    block: how => {
      if (how === 'stall') {
        flow.hold();
        source.pause();
        return;
      }
      if (!flow.isIdle) {
        connection.tainted = true; // also when it was but the end that is lost
        lose(flow.drop());
      }
      source.resume();
    },
    resume: () => {
      flow.release();
      resumeIfRoom();
    },
    drop: () => lose(flow.drop()),
  };
}
