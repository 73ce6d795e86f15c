// SPDX-License-Identifier: Apache-2.0
import { jsonAsk, jsonStream, jsonTell } from '@aiflow/protocol';
import { defineActor, type Interceptor, onAsk, onStream, onTell } from '../src/index.ts';
import { createVirtualFleet, type VirtualFleet } from './virtual-fleet.ts';

export const echo = jsonAsk<{ text: string }, { text: string }>('test.echo');
export const count = jsonStream<{ to: number }, number>('test.count');
export const note = jsonTell<string>('test.note');

/** On each node a worker that echoes, takes notes and counts. */
export async function createWorkers(
  interceptors: readonly Interceptor[] = [],
): Promise<VirtualFleet & { notes: string[] }> {
  const fleet = await createVirtualFleet({ interceptors });
  const notes: string[] = [];
  for (const system of [fleet.device, fleet.edge]) {
    system.spawn(
      defineActor({
        name: 'worker',
        create: () => ({ greeting: 'you said ' }),
        capabilities: ['echo:1'],
        handlers: [
          onAsk(echo, (state: { greeting: string }, { text }) => ({ text: state.greeting + text })),
          onTell(note, (_state, text) => void notes.push(text)),
          onStream(count, async function* (_state, { to }) {
            for (let value = 0; value < to; value++) yield value;
          }),
        ],
      }),
    );
  }
  return { ...fleet, notes };
}
