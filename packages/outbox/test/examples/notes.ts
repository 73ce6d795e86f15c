// SPDX-License-Identifier: Apache-2.0
import { createActorSystem, createMemoryNetwork } from '@aiflow/actor';
import { createMemoryDisk } from '@aiflow/journal';
import { createCourier, createInboxActor, createInboxOffer, type ItemHandler, openDurableStore } from '@aiflow/outbox';
import { createSeededRandom, createSystemClock } from '@aiflow/time';

const base = { clock: createSystemClock({ keepAlive: true }), random: createSeededRandom(1) };
const system = createActorSystem({ ...base, transport: createMemoryNetwork(base).transport('edge-1') });
await system.start();
const { files } = createMemoryDisk(base); // on a disk: createNodeFiles()
const store = await openDurableStore({ ...base, files }, { folder: '/store' });
const keep: ItemHandler['receive'] = item => [{ kind: 'set', table: 'notes', key: item.id, value: item.payload }];
system.spawn(createInboxActor({ store, handlers: [{ kind: 'note', receive: keep }] }));
const peers = { resolve: () => 'edge-1', onPeers: () => () => undefined, linkOf: () => undefined };
await using _courier = createCourier({ ...base, ...peers, store, offer: createInboxOffer(system) });
await store.commit([{ kind: 'put', item: { to: { node: 'edge-1' }, kind: 'note', payload: Buffer.from('hello') } }]);
export const ended = await new Promise(done => store.onCommit(() => store.ended.delivered && done(store.ended)));
