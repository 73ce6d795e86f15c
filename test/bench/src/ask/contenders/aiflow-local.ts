// SPDX-License-Identifier: Apache-2.0
import { createActorSystem, createMemoryNetwork } from '@aiflow/actor';
import { createSystemClock, createSystemRandom } from '@aiflow/time';
import type { Contender } from './contender.ts';
import { createEchoRequester, echoActor } from './echo-actor.ts';

/** An ask that stays within its node. The responder's process is idle: it only keeps the shape of the others. */
export const aiflowLocal: Contender = {
  respond: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
  request: async () => {
    const collaborators = { clock: createSystemClock(), random: createSystemRandom() };
    const transport = createMemoryNetwork(collaborators).transport('local');
    const system = createActorSystem({ ...collaborators, transport });
    system.spawn(echoActor);
    await system.start();
    return createEchoRequester(system, { node: 'local', actor: 'echo' });
  },
};
