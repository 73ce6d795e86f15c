// SPDX-License-Identifier: Apache-2.0
//
// Requests made together cross to the host in one message. Each of them is otherwise treated alone: opened again where
// the host lacks its session, made once more where the host was lost.
import type { Outcome } from '../engine.ts';
import { askedTwice, findRepeated, settleAll } from '../inference/batched-calls.ts';
import { createRendezvous } from '../inference/rendezvous.ts';
import type { HostProcess } from './host-process.ts';
import { fromHostOutcome, type HostOutcome } from './host-protocol.ts';

/** One request's part in a batch. */
export interface HostTogether<Request, Result> {
  ask(host: HostProcess, request: Request): Promise<Result>;
  /** The others wait for this request no more. Must be called in every case. */
  leave(): void;
}

/** How a batch is made. */
export interface HostBatchWork<Request, Result> {
  /** One message for all. */
  call(host: HostProcess, requests: readonly Request[]): Promise<readonly HostOutcome<Result>[]>;
  /** One request: asks, maybe more than once, and leaves. */
  run(request: Request, together: HostTogether<Request, Result>): Promise<Result>;
}

interface Asked<Request> {
  readonly host: HostProcess;
  readonly request: Request;
}

/** One outcome for each request, in order. */
export function askTogether<Request extends { readonly session: string }, Result>(
  requests: readonly Request[],
  { call, run }: HostBatchWork<Request, Result>,
): Promise<readonly Outcome<Result>[]> {
  const repeated = findRepeated(requests);
  const rendezvous = createRendezvous<Asked<Request>, Result>(requests.length - repeated.size, {
    choose: waiting => waiting.filter(({ host }) => host === waiting[0]?.host),
    serve: async asked => {
      const [first] = asked;
      if (first === undefined) return [];
      const outcomes = await call(
        first.host,
        asked.map(({ request }) => request),
      );
      return outcomes.map(fromHostOutcome);
    },
  });
  return settleAll(requests, async (request, index) => {
    if (repeated.has(index)) throw askedTwice(request.session);
    const member = rendezvous.join();
    return run(request, { ask: (host, asked) => member.ask({ host, request: asked }), leave: () => member.leave() });
  });
}
