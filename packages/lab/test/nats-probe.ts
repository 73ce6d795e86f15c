// SPDX-License-Identifier: Apache-2.0
//
// The NATS client protocol in the few words that a test needs, so that what a test sees is what the server sent.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One delivery. `status` is set on what the server itself answers, such as 503 for no responders. */
export interface ProbeMessage {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly status: number | undefined;
  readonly text: string;
}

export interface NatsProbe extends AsyncDisposable {
  /** Every delivery so far, in order. */
  readonly received: readonly ProbeMessage[];
  /** `-ERR` lines so far, such as permission violations. */
  readonly errors: readonly string[];
  subscribe(...subjects: readonly string[]): Promise<void>;
  publish(subject: string, text: string, reply?: string): void;
  /** A PING answered by PONG: everything sent before was taken by the server. */
  flush(): Promise<void>;
}

/** Connects to `nats://[user:password@]host:port`; with an authority over TLS, as a server with certificates asks for. */
export async function connectProbe(url: string, authority?: string): Promise<NatsProbe> {
  const { hostname, port, username, password } = new URL(url);
  const plain = connect({ host: hostname, port: Number(port) });
  const socket = authority === undefined ? plain : await upgrade(plain, hostname, authority);
  const received: ProbeMessage[] = [];
  const errors: string[] = [];
  const pongs: (() => void)[] = [];
  let pending: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  let sid = 0;
  const take = (): boolean => {
    const end = pending.indexOf('\r\n');
    if (end < 0) return false;
    const line = pending.subarray(0, end).toString();
    const [verb = '', ...words] = line.split(' ');
    if (verb !== 'MSG' && verb !== 'HMSG') {
      pending = pending.subarray(end + 2);
      if (verb === 'PING') socket.write('PONG\r\n');
      if (verb === 'PONG') pongs.shift()?.();
      if (verb === '-ERR') errors.push(line);
      return true;
    }
    const size = Number(words.at(-1));
    if (pending.length < end + 2 + size + 2) return false;
    const headerSize = verb === 'HMSG' ? Number(words.at(-2)) : 0;
    const body = pending.subarray(end + 2, end + 2 + size);
    const status = /^NATS\/1\.0 (\d{3})/.exec(body.subarray(0, headerSize).toString())?.[1];
    received.push({
      subject: words[0] ?? '',
      reply: words.length === (verb === 'HMSG' ? 5 : 4) ? words[2] : undefined,
      status: status === undefined ? undefined : Number(status),
      text: body.subarray(headerSize).toString(),
    });
    pending = pending.subarray(end + 2 + size + 2);
    return true;
  };
  socket.on('data', part => {
    pending = Buffer.concat([pending, part]);
    while (take());
  });
  socket.on('error', error => errors.push(String(error)));
  if (socket.connecting) await once(socket, 'connect');
  socket.setNoDelay(true);
  const login = username === '' ? {} : { user: username, pass: password };
  socket.write(`CONNECT ${JSON.stringify({ verbose: false, headers: true, no_responders: true, ...login })}\r\n`);
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) reject(new Error(`connection ended: ${errors.join('; ')}`));
      socket.once('close', () => reject(new Error(`connection ended: ${errors.join('; ')}`)));
      pongs.push(resolve);
      socket.write('PING\r\n');
    });
  await flush();
  return {
    received,
    errors,
    flush,
    subscribe: async (...subjects) => {
      for (const subject of subjects) socket.write(`SUB ${subject} ${++sid}\r\n`);
      await flush();
    },
    publish: (subject, text, reply) => {
      const size = Buffer.byteLength(text);
      socket.write(`PUB ${subject} ${reply === undefined ? '' : `${reply} `}${size}\r\n${text}\r\n`);
    },
    [Symbol.asyncDispose]: async () => {
      if (socket.destroyed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}

/** The server greets in plain text, and TLS begins after that. */
async function upgrade(plain: Socket, host: string, authority: string): Promise<Socket> {
  await once(plain, 'data');
  const secure = connectTls({ socket: plain, host, ca: authority });
  await once(secure, 'secureConnect');
  return secure;
}
