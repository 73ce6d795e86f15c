// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** NATS' own port: a broker of the lab never takes it, because an installed service may hold or want it. */
const NATS_DEFAULT_PORT = 4222;

/**
 * Asks the system for `count` free loopback ports, all different and none of them 4222. They are free when this
 * resolves; another program may take one before its user binds it, so a user must be ready to ask again.
 */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count + 1 }, listenAnywhere));
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(closeServer));
  return ports.filter(port => port !== NATS_DEFAULT_PORT).slice(0, count);
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return server;
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
