// SPDX-License-Identifier: Apache-2.0
import type { Contender } from './contender.ts';

/** Everything that takes part. */
export type ContenderName =
  | 'nats-request-lean'
  | 'nats-request'
  | 'nats-publish'
  | 'moleculer'
  | 'aiflow'
  | 'aiflow-traced'
  | 'aiflow-local';

/** Loads only what the contender needs, so that none carries another's code. */
export async function loadContender(name: string): Promise<Contender> {
  switch (name as ContenderName) {
    case 'nats-request-lean':
      return (await import('./nats-request.ts')).createNatsRequest({ noAsyncTraces: true });
    case 'nats-request':
      return (await import('./nats-request.ts')).createNatsRequest({ noAsyncTraces: false });
    case 'nats-publish':
      return (await import('./nats-publish.ts')).natsPublish;
    case 'moleculer':
      return (await import('./moleculer.ts')).moleculer;
    case 'aiflow':
      return (await import('./aiflow.ts')).createAiflow({ traced: false });
    case 'aiflow-traced':
      return (await import('./aiflow.ts')).createAiflow({ traced: true });
    case 'aiflow-local':
      return (await import('./aiflow-local.ts')).aiflowLocal;
    default:
      throw new Error(`no contender is named ${name}`);
  }
}
