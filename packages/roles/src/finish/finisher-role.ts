// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, defineActor, onAsk } from '@aiflow/actor';
import { type AskContract, jsonAsk } from '@aiflow/protocol';
import { finishCapability } from '../requests/finish-item.ts';
import type { Finisher } from './finisher.ts';

/** How much a finisher has to do. */
export interface FinisherStatus {
  /** Answers that wait to be finished or are worked on. */
  readonly jobs: number;
}

/** Asks a finisher how much it has to do. */
export const finisherStatus: AskContract<Record<string, never>, FinisherStatus> = jsonAsk('aiflow.finish.status');

/** An actor that says, by its capability, that this node finishes answers of `family`; jobs come through the inbox. */
export function createFinisherRole(finisher: Finisher, { family }: { readonly family: string }): ActorDefinition {
  return defineActor<unknown>({
    name: 'finisher',
    capabilities: [finishCapability(family)],
    create: () => undefined,
    handlers: [onAsk(finisherStatus, () => ({ jobs: finisher.jobs }))],
  });
}
