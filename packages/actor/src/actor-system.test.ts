// SPDX-License-Identifier: Apache-2.0
import { AiflowError, jsonAsk, jsonStream, jsonTell, looseAsk } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import {
  type ActorSystem,
  createActorSystem,
  createMemoryNetwork,
  defineActor,
  describeSystem,
  onAsk,
  onStream,
  onTell,
} from './index.ts';

const echo = jsonAsk<{ text: string }, { text: string }>('test.echo');
const count = jsonStream<{ to: number }, number>('test.count');
const note = jsonTell<string>('test.note');

interface Pair {
  readonly clock: VirtualClock;
  readonly device: ActorSystem;
  readonly edge: ActorSystem;
  readonly notes: string[];
}

async function createPair(): Promise<Pair> {
  const clock = createVirtualClock();
  const random = createSeededRandom(1);
  const network = createMemoryNetwork({ clock, random });
  const make = (node: string) => createActorSystem({ transport: network.transport(node), clock, random });
  const [device, edge] = [make('device-1'), make('edge-1')];
  const notes: string[] = [];
  for (const system of [device, edge]) {
    system.spawn(
      defineActor({
        name: 'worker',
        create: () => ({ greeting: 'you said ' }),
        handlers: [
          onAsk(echo, (state, { text }) => ({ text: state.greeting + text })),
          onTell(note, (_state, text) => void notes.push(text)),
          onStream(count, async function* (_state, { to }) {
            for (let value = 0; value < to; value++) yield value;
          }),
        ],
      }),
    );
    await system.start();
  }
  return { clock, device, edge, notes };
}

test.each(['device-1', 'edge-1'])('asks, tells and streams to an actor on %s alike', async node => {
  const { device, notes, clock } = await createPair();
  const to = { node, actor: 'worker' };
  expect(await device.ask(to, echo, { text: 'hello' })).toEqual({ text: 'you said hello' });
  await device.tell(to, note, 'a note');
  const items: number[] = [];
  for await (const item of device.stream(to, count, { to: 40 })) items.push(item);
  expect(items).toEqual(Array.from({ length: 40 }, (_, index) => index));
  expect(notes).toEqual(['a note']);
  expect(await device.ask(to, looseAsk(), { type: 'test.echo', text: 'loosely' })).toEqual({
    text: 'you said loosely',
  });
  const description = await device.ask({ node, actor: '$system' }, describeSystem, {});
  expect(description.actors.map(actor => actor.name)).toEqual(['$system', 'worker']);
  expect(clock.pendingTimers).toBe(0);
  await expect(device.ask({ node, actor: 'nobody' }, echo, { text: '' })).rejects.toThrow(
    `node ${node} has no actor nobody: it has worker`,
  );
  const error = AiflowError.from(await device.ask(to, jsonAsk('test.other'), {}).catch(caught => caught));
  expect(error.code).toBe('unimplemented');
  expect(error.node).toBe(node);
  expect(error.hop).toBe(`device-1 -> ${node}/worker`);
  expect(error.message).toContain('ask test.echo, tell test.note, stream test.count');
});
