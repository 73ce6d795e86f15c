// SPDX-License-Identifier: Apache-2.0
// The NATS client protocol in the few words that a test needs to say things no node of ours would say.
import { once } from 'node:events';
import { connect } from 'node:net';

/** A connection that publishes whatever bytes it is given. */
export interface RawNatsClient extends AsyncDisposable {
  publish(subject: string, bytes: Uint8Array): void;
  /** Resolves when the broker has taken everything published before. */
  flush(): Promise<void>;
}

/** Logs in at `url`. */
export async function connectRaw(url: string, login: { user: string; password: string }): Promise<RawNatsClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  let answers = '';
  socket.on('data', part => {
    answers += part.toString('latin1');
  });
  const flush = async (): Promise<void> => {
    answers = '';
    socket.write('PING\r\n');
    while (!answers.includes('PONG')) await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
    if (answers.includes('-ERR')) throw new Error(`the broker refused: ${answers}`);
  };
  socket.write(`CONNECT ${JSON.stringify({ verbose: false, user: login.user, pass: login.password })}\r\n`);
  await flush();
  return {
    flush,
    publish: (subject, bytes) => {
      socket.write(Buffer.concat([Buffer.from(`PUB ${subject} ${bytes.byteLength}\r\n`), bytes, Buffer.from('\r\n')]));
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await once(socket, 'close');
    },
  };
}
