// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, type ActorSystem, defineActor, onAsk, onStream } from '@aiflow/actor';
import { type Address, type AskContract, bytesPayload, jsonPayload, type StreamContract } from '@aiflow/protocol';
import type { Requester } from './contender.ts';

const echoContract: AskContract<Uint8Array, Uint8Array> = {
  kind: 'ask',
  request: bytesPayload('bench.echo'),
  reply: bytesPayload('bench.echoed'),
};

interface ItemsRequest {
  readonly bytes: number;
  readonly items: number;
}

const itemsContract: StreamContract<ItemsRequest, Uint8Array> = {
  kind: 'stream',
  request: jsonPayload<ItemsRequest>('bench.items'),
  item: bytesPayload('bench.item'),
};

/** Answers with what it is asked, and produces items of any size. Its mailbox takes more than the bench has in flight. */
export const echoActor: ActorDefinition<undefined> = defineActor({
  name: 'echo',
  mailboxCapacity: 1024,
  create: () => undefined,
  handlers: [
    onAsk(echoContract, (_, request) => request),
    onStream(itemsContract, async function* (_, { bytes, items }) {
      const item = new Uint8Array(bytes).fill(0x61);
      for (let index = 0; index < items; index++) yield item;
    }),
  ],
});

/** Asks the echo actor at `to` through `system`, which goes when the requester goes. */
export function createEchoRequester(system: ActorSystem, to: Address): Requester {
  return {
    prepareAsk: bytes => {
      const payload = new Uint8Array(bytes).fill(0x61);
      return async () => (await system.ask(to, echoContract, payload, { timeoutMs: 30_000 })).byteLength;
    },
    readStream: async (bytes, items) => {
      let received = 0;
      const stream = system.stream(to, itemsContract, { bytes, items }, { timeoutMs: 30_000, credit: 256 });
      for await (const item of stream) received += item.byteLength;
      return received;
    },
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
}
