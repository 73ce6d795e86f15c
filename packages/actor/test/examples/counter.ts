// SPDX-License-Identifier: Apache-2.0
import { createActorSystem, createMemoryNetwork, defineActor, onAsk } from '@aiflow/actor';
import { jsonAsk } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';

const add = jsonAsk<{ by: number }, number>('acme.add');
const onAdd = onAsk(add, (state: { total: number }, { by }) => (state.total += by));
const counter = defineActor({ name: 'counter', create: () => ({ total: 0 }), handlers: [onAdd] });

const [clock, random] = [createSystemClock(), createSeededRandom(1)];
const network = createMemoryNetwork({ clock, random }, { faults: { delayMs: 5, jitterMs: 5, duplicate: 0.1 } });
await using edge = createActorSystem({ transport: network.transport('edge-1'), clock, random });
await using device = createActorSystem({ transport: network.transport('device-1'), clock, random });
edge.spawn(counter);
await Promise.all([edge.start(), device.start()]);
export const total: number = await device.ask({ node: 'edge-1', actor: 'counter' }, add, { by: 2 });
