// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '@aiflow/time';
import type { ConnectionInjector, Server as GrpcServer, ServerDuplexStream } from '@grpc/grpc-js';
import { listenAt, type PlacedSocket } from './door-socket.ts';
import { ENTER, type Grpc, loadGrpc, maxMessageBytes } from './door-wire.ts';
import { beginsAsHttp2 } from './http2-preface.ts';

/** One client's call. */
export type DoorCall = ServerDuplexStream<Buffer, Buffer>;

/** The gRPC server of a door, on its socket. */
export interface DoorServer {
  /** Throws what `listenAt` throws. */
  listen(): Promise<void>;
  /** Takes no more connections. */
  stopListening(): Promise<void>;
  /** Ends those that there are. */
  end(): void;
}

/** What a server works with. */
export interface DoorServerCollaborators {
  readonly clock: Clock;
  onCall(call: DoorCall, grpc: Grpc): void;
  /** Something connected that does not speak HTTP/2. */
  onStranger(): void;
  /** A connection could not be served; the next one is tried anew. */
  onFault(cause: unknown): void;
}

/** Where, and its bounds. */
export interface DoorServerOptions {
  readonly socket: string;
  readonly maxPayloadBytes: number;
  readonly maxConnections: number;
}

/** A server that does not listen yet. Until the first client comes it is a plain socket (door-wire.ts). */
export function createDoorServer(collaborators: DoorServerCollaborators, options: DoorServerOptions): DoorServer {
  return new SocketServer(collaborators, options);
}

/** Whoever waited for it was told. */
const IGNORED = (): void => undefined;

class SocketServer implements DoorServer {
  readonly #collaborators: DoorServerCollaborators;
  readonly #options: DoorServerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #placed: PlacedSocket | undefined;
  #grpc: Promise<{ readonly server: GrpcServer; readonly injector: ConnectionInjector }> | undefined;

  constructor(collaborators: DoorServerCollaborators, options: DoorServerOptions) {
    this.#collaborators = collaborators;
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true }, socket => {
      this.#onConnection(socket).catch(cause => this.#giveUp(socket, cause));
    });
    this.#server.maxConnections = options.maxConnections;
  }

  async listen(): Promise<void> {
    this.#placed = await listenAt(this.#server, this.#options.socket);
  }

  async stopListening(): Promise<void> {
    if (this.#server.listening) this.#server.close();
    await this.#placed?.remove();
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
    void this.#grpc?.then(({ server, injector }) => {
      injector.destroy();
      server.forceShutdown();
    }, IGNORED);
  }

  #giveUp(socket: Socket, cause: unknown): void {
    this.#grpc = undefined;
    socket.destroy();
    this.#collaborators.onFault(cause);
  }

  async #onConnection(socket: Socket): Promise<void> {
    const { clock, onStranger } = this.#collaborators;
    this.#sockets.add(socket);
    socket.once('close', () => void this.#sockets.delete(socket));
    socket.on('error', () => undefined); // its call, or its close, says what matters
    if (await beginsAsHttp2(socket, clock)) {
      this.#grpc ??= this.#makeGrpc();
      const { injector } = await this.#grpc;
      if (!socket.destroyed) injector.injectConnection(socket);
      return;
    }
    if (socket.bytesRead > 0) onStranger();
    socket.destroy();
  }

  async #makeGrpc(): Promise<{ readonly server: GrpcServer; readonly injector: ConnectionInjector }> {
    const grpc = await loadGrpc();
    const server = new grpc.Server({
      'grpc.max_receive_message_length': maxMessageBytes(this.#options.maxPayloadBytes),
      'grpc.max_send_message_length': -1,
      'grpc.enable_channelz': 0,
    });
    server.addService({ enter: ENTER }, { enter: (call: DoorCall) => this.#collaborators.onCall(call, grpc) });
    return { server, injector: server.createConnectionInjector(grpc.ServerCredentials.createInsecure()) };
  }
}
