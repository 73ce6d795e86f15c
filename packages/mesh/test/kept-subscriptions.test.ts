// SPDX-License-Identifier: Apache-2.0
import { SILENT_LOGGER } from '@aiflow/actor';
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeptSubscriptions } from '../src/kept-subscriptions.ts';

let broker: LaunchedBroker;
let sender: NatsConnection;
const dial = (): Promise<NatsConnection> => connect({ servers: broker.url });
beforeAll(async () => {
  broker = await launchBroker({}, { jetStream: false });
  sender = await dial();
});
afterAll(async () => {
  await sender.close();
  await broker.stop();
});

/** Publishes `text` under `a` and resolves when whoever listens on `connection` has seen it. */
async function say(text: string, connection: NatsConnection): Promise<void> {
  await connection.flush();
  sender.publish('a', text);
  await sender.flush();
  await connection.flush();
}

test('subscriptions made before a connection, on it and before the next one all hear', async () => {
  const subscriptions = createKeptSubscriptions(SILENT_LOGGER);
  const heard: string[] = [];
  subscriptions.add('a', message => void heard.push(`before ${message.string()}`));
  const first = await dial();
  subscriptions.attach(first);
  subscriptions.add('a', message => void heard.push(`later ${message.string()}`));
  await say('1', first);
  await first.close();
  subscriptions.detach();
  const end = subscriptions.add('a', message => void heard.push(`between ${message.string()}`));
  const second = await dial();
  subscriptions.attach(second);
  await say('2', second);
  end();
  await say('3', second);
  await second.close();
  // A broker hands a message to subscriptions of one subject in any order.
  expect(heard.slice(0, 2).sort()).toEqual(['before 1', 'later 1']);
  expect(heard.slice(2, 5).sort()).toEqual(['before 2', 'between 2', 'later 2']);
  expect(heard.slice(5).sort()).toEqual(['before 3', 'later 3']);
});

test('a handler that throws is logged, and the connection reads on', async () => {
  const errors: string[] = [];
  const subscriptions = createKeptSubscriptions({ ...SILENT_LOGGER, error: message => void errors.push(message) });
  const heard: string[] = [];
  subscriptions.add('a', message => {
    heard.push(message.string());
    throw new Error('out of paper');
  });
  const connection = await dial();
  subscriptions.attach(connection);
  await say('1', connection);
  await say('2', connection);
  await connection.close();
  expect(heard).toEqual(['1', '2']);
  expect(errors[0]).toBe("bug: a subscription's handler threw: out of paper");
});
