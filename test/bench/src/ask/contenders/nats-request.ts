// SPDX-License-Identifier: Apache-2.0
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Contender, MeetingPlace } from './contender.ts';

const SUBJECT = 'bench.request';

/** The client's own request, as most programs use it. */
export function createNatsRequest(options: { readonly noAsyncTraces: boolean }): Contender {
  const open = ({ url }: MeetingPlace): Promise<NatsConnection> => connect({ servers: url, ...options });
  return {
    respond: async place => {
      const connection = await open(place);
      connection.subscribe(SUBJECT, { callback: (_, message) => void message.respond(message.data) });
      await connection.flush();
      return { [Symbol.asyncDispose]: () => connection.close() };
    },
    request: async place => {
      const connection = await open(place);
      return {
        prepareAsk: bytes => {
          const payload = new Uint8Array(bytes).fill(0x61);
          return async () => (await connection.request(SUBJECT, payload, { timeout: 30_000 })).data.byteLength;
        },
        [Symbol.asyncDispose]: () => connection.close(),
      };
    },
  };
}
