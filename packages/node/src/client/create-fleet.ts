// SPDX-License-Identifier: Apache-2.0
import type { ActorCaller, ActorSystem, CallOptions } from '@aiflow/actor';
import type { Member } from '@aiflow/mesh';
import { type Address, AiflowError, type AskContract, looseAsk, parseAddress, TIERS } from '@aiflow/protocol';
import type { AskItem } from '@aiflow/roles';
import { parseTraceParent } from '@aiflow/telemetry';
import { type Clock, sleep } from '@aiflow/time';
import { createAnswer, type QuestionOptions } from './answer.ts';
import { chooseAnswerer, streamAnswer } from './answering-node.ts';
import { collectTrace } from './collect-trace.ts';
import type { Fleet, FleetNode, Traced } from './fleet.ts';
import type { FleetPlace } from './fleet-place.ts';

const POLL_MS = 20;
const SETTLE_QUIET_MS = 330;
const SETTLE_LIMIT_MS = 2000;

/** Wraps the place of a client as a {@link Fleet}. Disposing it leaves the place. */
export function createFleet(place: FleetPlace, client: string): Fleet {
  const { actors, telemetry, clock } = place;
  const nodes = (): readonly FleetNode[] =>
    place
      .members()
      .filter(member => member.tier !== 'client')
      .map(describeMember)
      .sort(byTierAndName);
  return {
    get name() {
      return place.fleet;
    },
    client,
    nodes,
    waitForNodes: (count, options) => waitForNodes(nodes, count, { ...options, clock }),
    settled: () => waitUntilSettled(nodes, clock),
    ...addressedCalls(actors),
    ...questions(actors, nodes),
    traced: async <T>(name: string, work: Parameters<Fleet['traced']>[1]): Promise<Traced<T>> => {
      const span = telemetry.startSpan(name);
      const trace = span.context();
      try {
        const value = (await work({ trace })) as T;
        span.end();
        return { value, traceId: parseTraceParent(trace)?.traceId ?? '' };
      } catch (error) {
        span.end(error);
        throw error;
      }
    },
    collectTrace: traceId =>
      collectTrace(
        actors,
        nodes()
          .filter(isReachable)
          .map(node => node.name),
        traceId,
        telemetry.spans.collect(traceId),
      ),
    [Symbol.asyncDispose]: async () => {
      await actors[Symbol.asyncDispose]();
      await place.leave();
      await telemetry.shutdown();
    },
  };
}

function addressedCalls(actors: ActorCaller): Pick<Fleet, 'tell' | 'stream' | 'call'> {
  return {
    tell: (to, contract, message, options) => actors.tell(addressOf(to), contract, message, options),
    stream: (to, contract, request, options) => actors.stream(addressOf(to), contract, request, options),
    call: (to, json, options) => actors.ask(addressOf(to), looseAsk(), json, options),
  };
}

/** `ask` serves actors and questions; a contract in second place tells which is meant. */
function questions(actors: ActorSystem, nodes: () => readonly FleetNode[]): Pick<Fleet, 'ask' | 'askItems'> {
  const askItems = (question: string, options: QuestionOptions = {}): AsyncIterable<AskItem> =>
    streamAnswer(actors, chooseAnswerer(nodes(), options.at), question, options);
  const ask = (to: Address | string, second?: unknown, request?: unknown, options?: CallOptions): unknown => {
    if (isAskContract(second)) return actors.ask(addressOf(to), second, request, options);
    return createAnswer(() => askItems(String(to), second as QuestionOptions | undefined));
  };
  return { ask: ask as Fleet['ask'], askItems };
}

function isAskContract(value: unknown): value is AskContract<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'ask';
}

function addressOf(to: Address | string): Address {
  return typeof to === 'string' ? parseAddress(to) : to;
}

function isReachable(node: FleetNode): boolean {
  return node.state === 'alive' || node.state === 'draining' || node.state === 'suspect';
}

async function waitForNodes(
  nodes: () => readonly FleetNode[],
  count: number,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly clock: Clock },
): Promise<readonly FleetNode[]> {
  const { clock, timeoutMs, signal } = options;
  const untilMs = clock.nowMs() + timeoutMs;
  for (;;) {
    const seen = nodes();
    if (seen.filter(node => node.state === 'alive').length >= count) return seen;
    if (clock.nowMs() >= untilMs) throw tooFew(seen, count, timeoutMs);
    await sleep(clock, POLL_MS, signal);
  }
}

/** Every node answers a newcomer's hello at once, so those that are there are heard within a round trip of each other. */
async function waitUntilSettled(nodes: () => readonly FleetNode[], clock: Clock): Promise<readonly FleetNode[]> {
  const untilMs = clock.nowMs() + SETTLE_LIMIT_MS;
  let count = -1;
  let changedAtMs = clock.nowMs();
  while (clock.nowMs() < Math.min(untilMs, changedAtMs + SETTLE_QUIET_MS)) {
    const seen = nodes().length;
    if (seen !== count) {
      count = seen;
      changedAtMs = clock.nowMs();
    }
    await sleep(clock, POLL_MS);
  }
  return nodes();
}

function tooFew(seen: readonly FleetNode[], count: number, timeoutMs: number): AiflowError {
  const names = seen.map(node => `${node.name} (${node.state})`).join(', ') || 'none';
  return new AiflowError(
    'deadline-exceeded',
    `${count} node(s) were not alive within ${timeoutMs} ms; heard: ${names}; see aiflow doctor`,
  );
}

function describeMember(member: Member): FleetNode {
  const { advert } = member;
  return {
    name: member.node,
    tier: member.tier,
    site: member.site,
    state: member.state,
    bootId: member.bootId,
    pid: advert.processId,
    actors: advert.actors,
    links: advert.links,
    families: advert.families,
    loadRatio: advert.loadRatio,
    residentBytes: advert.memoryBytes,
    heardMsAgo: member.ageMs,
  };
}

const TIER_ORDER: readonly string[] = [...TIERS].reverse();

/** Cloud first, as in every picture of the fleet. */
function byTierAndName(one: FleetNode, other: FleetNode): number {
  return TIER_ORDER.indexOf(one.tier) - TIER_ORDER.indexOf(other.tier) || (one.name < other.name ? -1 : 1);
}
