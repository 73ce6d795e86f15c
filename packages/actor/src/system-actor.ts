// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type AskContract, jsonAsk } from '@aiflow/protocol';
import type { ActorStatus } from './actor-system.ts';
import { type ActorDefinition, defineActor, onAsk } from './define-actor.ts';

/** The actor every node has; it belongs to the runtime. */
export const SYSTEM_ACTOR = '$system';

/** One actor as a node describes it. */
export interface ActorDescription extends ActorStatus {
  /** The messages it takes, such as `ask aiflow.echo`. */
  readonly messages: readonly string[];
}

/** What a node says of itself. */
export interface SystemDescription {
  readonly node: string;
  readonly bootId: string;
  readonly uptimeMs: number;
  /** Requests of other nodes being handled. */
  readonly serving: number;
  /** Exchanges this node has open as a caller. */
  readonly openExchanges: number;
  readonly duplicates: number;
  readonly strays: number;
  readonly actors: readonly ActorDescription[];
}

/** Asks a node's `$system` actor what it is and runs. */
export const describeSystem: AskContract<Record<string, never>, SystemDescription> = jsonAsk('aiflow.system.describe', {
  request: () => ({}),
  reply: parseDescription,
});

/** The `$system` actor of a node. */
export function defineSystemActor(describe: () => SystemDescription): ActorDefinition<undefined> {
  return defineActor<undefined>({
    name: SYSTEM_ACTOR,
    create: () => undefined,
    handlers: [onAsk(describeSystem, () => describe())],
  });
}

function parseDescription(json: unknown): SystemDescription {
  if (typeof json === 'object' && json !== null && 'node' in json && 'actors' in json && Array.isArray(json.actors)) {
    return json as SystemDescription;
  }
  throw new AiflowError('invalid-argument', 'a system description needs node and actors');
}
