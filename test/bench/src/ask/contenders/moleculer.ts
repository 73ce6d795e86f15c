// SPDX-License-Identifier: Apache-2.0
import { importPeer } from '../../harness/peers.ts';
import type { Contender, MeetingPlace } from './contender.ts';

/** The part of Moleculer that is used here. */
interface Moleculer {
  readonly ServiceBroker: new (options: object) => ServiceBroker;
}

interface ServiceBroker {
  createService(schema: object): unknown;
  start(): Promise<void>;
  stop(): Promise<void>;
  waitForServices(name: string, timeoutMs: number): Promise<unknown>;
  call(action: string, params: object): Promise<{ readonly text: string }>;
}

/** A service called through Moleculer's NATS transporter with its default (JSON) serializer, which carries text best. */
export const moleculer: Contender = {
  respond: async place => {
    const broker = await createBroker('responder', place);
    broker.createService({
      name: 'echo',
      actions: { say: (context: { readonly params: { readonly text: string } }) => ({ text: context.params.text }) },
    });
    await broker.start();
    return { [Symbol.asyncDispose]: () => broker.stop() };
  },
  request: async place => {
    const broker = await createBroker('requester', place);
    await broker.start();
    await broker.waitForServices('echo', 20_000);
    return {
      prepareAsk: bytes => {
        const text = 'a'.repeat(bytes);
        return async () => (await broker.call('echo.say', { text })).text.length;
      },
      [Symbol.asyncDispose]: () => broker.stop(),
    };
  },
};

async function createBroker(nodeID: string, { url }: MeetingPlace): Promise<ServiceBroker> {
  const module = await importPeer<{ readonly default: Moleculer }>('messaging', 'moleculer');
  return new module.default.ServiceBroker({ nodeID, transporter: url, logger: false, requestTimeout: 30_000 });
}
