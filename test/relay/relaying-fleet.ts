// SPDX-License-Identifier: Apache-2.0
import type { HeldOutQuestion } from '@aiflow/model';
import type { FleetNodeConfig } from '@aiflow/node';
import { AiflowError } from '@aiflow/protocol';
import { type ContinueRequest, continueAnswer, type RelaySummary } from '@aiflow/roles';
import { type AnsweringFleet, HELD_OUT, startAnsweringFleet } from '../answers/answering-fleet.ts';

/** The default fleet, whose cloud goes on where its edge stopped. */
export interface RelayingFleet extends AsyncDisposable {
  readonly fleet: AnsweringFleet;
  /** Has `to` (default: the cloud) go on; `onTokens` hears the tokens so far. */
  goOn(request?: Partial<ContinueRequest>, options?: GoOnOptions): Promise<RelaySummary>;
}

export interface GoOnOptions {
  readonly to?: string;
  readonly onTokens?: (said: number) => unknown;
}

export async function startRelayingFleet(
  name: string,
  vary?: (node: FleetNodeConfig) => FleetNodeConfig,
): Promise<RelayingFleet> {
  const fleet = await startAnsweringFleet(name, vary);
  return {
    fleet,
    goOn: async (request = {}, { to = 'cloud-1', onTokens = () => undefined } = {}) => {
      const whole: ContinueRequest = { question: longQuestion(), deadlineMs: 20_000, ...request };
      let said = 0;
      const items = fleet.client.stream({ node: to, actor: 'continuer' }, continueAnswer, whole, { timeoutMs: 25_000 });
      for await (const item of items) {
        if (item.kind === 'summary') return item.summary;
        said += item.tokens.length;
        onTokens(said);
      }
      throw new AiflowError('data-loss', 'the relay ended without a summary');
    },
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  };
}

/** The held-out question with the most characters, which has 100 tokens or more. */
export function longQuestion(): string {
  return longestBy(({ question }) => question);
}

/** The held-out question whose answer has the most characters. */
export function longAnswerQuestion(): string {
  return longestBy(({ answer }) => answer);
}

function longestBy(textOf: (question: HeldOutQuestion) => string): string {
  const lengthOf = (question: HeldOutQuestion): number => textOf(question).length;
  return HELD_OUT.questions.reduce((most, next) => (lengthOf(next) > lengthOf(most) ? next : most)).question;
}
