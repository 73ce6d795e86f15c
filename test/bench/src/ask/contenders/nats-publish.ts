// SPDX-License-Identifier: Apache-2.0
import { connect } from '@nats-io/transport-node';
import type { Contender } from './contender.ts';

const SUBJECT = 'bench.publish';

/** The least that asking over NATS takes: plain messages, one reply subscription, a map from number to waiter. */
export const natsPublish: Contender = {
  respond: async ({ url }) => {
    const connection = await connect({ servers: url });
    connection.subscribe(SUBJECT, {
      callback: (_, message) => connection.publish(message.reply ?? '', message.data),
    });
    await connection.flush();
    return { [Symbol.asyncDispose]: () => connection.close() };
  },
  request: async ({ url }) => {
    const connection = await connect({ servers: url });
    const waiters = new Map<string, (bytes: number) => void>();
    let last = 0;
    connection.subscribe(`${SUBJECT}.reply.*`, {
      callback: (_, message) => {
        const waiter = waiters.get(message.subject);
        waiters.delete(message.subject);
        waiter?.(message.data.byteLength);
      },
    });
    await connection.flush();
    return {
      prepareAsk: bytes => {
        const payload = new Uint8Array(bytes).fill(0x61);
        return () =>
          new Promise(resolve => {
            const reply = `${SUBJECT}.reply.${++last}`;
            waiters.set(reply, resolve);
            connection.publish(SUBJECT, payload, { reply });
          });
      },
      [Symbol.asyncDispose]: () => connection.close(),
    };
  },
};
