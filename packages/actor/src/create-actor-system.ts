// SPDX-License-Identifier: Apache-2.0
import { type Address, AiflowError, type Envelope, parseName, type TraceContext } from '@aiflow/protocol';
import { ActorCell } from './actor-cell.ts';
import { type ActorRegistry, createActorRegistry } from './actor-registry.ts';
import type {
  ActorHandle,
  ActorStatus,
  ActorSystem,
  ActorSystemCollaborators,
  ActorSystemOptions,
} from './actor-system.ts';
import { createOutbound } from './create-outbound.ts';
import type { ActorDefinition } from './define-actor.ts';
import { createEnvelopeSender } from './envelope-sender.ts';
import { createExchangeTable, type ExchangeTable } from './exchange-table.ts';
import { createInboundRouter, type InboundRouter } from './inbound-router.ts';
import { type Logger, SILENT_LOGGER } from './logger.ts';
import { createOnion, type Onion } from './onion.ts';
import type { CallRequest, CallSite, Outbound } from './outbound.ts';
import { SiteCaller } from './site-caller.ts';
import { defineSystemActor, SYSTEM_ACTOR, type SystemDescription } from './system-actor.ts';
import { createTurnScheduler } from './turn-scheduler.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_OPEN_EXCHANGES = 4_096;
const DEFAULT_DUPLICATE_WINDOW = 8_192;

/** The actors of one node, over `collaborators.transport`. Nothing arrives from other nodes until `start`. */
export function createActorSystem(
  collaborators: ActorSystemCollaborators,
  options: ActorSystemOptions = {},
): ActorSystem {
  return assemble(collaborators, options);
}

/** Builds the parts of a node and ties them together; the parts know nothing of each other. */
function assemble(collaborators: ActorSystemCollaborators, options: ActorSystemOptions): ActorSystem {
  const { transport, clock, logger = SILENT_LOGGER, interceptors = [] } = collaborators;
  const { node, bootId } = transport;
  const exchanges = createExchangeTable(node, options.maxOpenExchanges ?? DEFAULT_MAX_OPEN_EXCHANGES);
  const registry = createActorRegistry(node);
  const sender = createEnvelopeSender(transport, clock, logger);
  const onion = createOnion(interceptors);
  const gate = new Gate(node);
  let messages = 0;
  const outbound = createOutbound({
    node,
    clock,
    registry,
    exchanges,
    sender,
    onion,
    assertOpen: request => gate.assertOpen(request),
    defaults: {
      node,
      clock,
      defaultTimeoutMs: options.defaultTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      nextMessageId: () => `${bootId}.${(messages++).toString(36)}`,
    },
  });
  const router = createInboundRouter(
    { clock, logger, registry, exchanges, sender, refusal: envelope => gate.refusal(envelope) },
    options.duplicateWindow ?? DEFAULT_DUPLICATE_WINDOW,
  );
  return new System(collaborators, { logger, exchanges, registry, onion, outbound, router, gate });
}

interface Parts {
  readonly logger: Logger;
  readonly exchanges: ExchangeTable;
  readonly registry: ActorRegistry;
  readonly onion: Onion | undefined;
  readonly outbound: Outbound;
  readonly router: InboundRouter;
  readonly gate: Gate;
}

/** Whether the node takes new exchanges. */
class Gate {
  state: 'open' | 'draining' | 'closed' = 'open';
  readonly #node: string;

  constructor(node: string) {
    this.#node = node;
  }

  assertOpen({ site }: CallRequest<unknown>): void {
    if (this.state === 'open' || (this.state === 'draining' && site.nested)) return;
    throw this.error();
  }

  /** A draining node still says how it is. */
  refusal({ to }: Envelope): AiflowError | undefined {
    if (this.state === 'open' || (this.state === 'draining' && to.actor.startsWith('$'))) return undefined;
    return this.error();
  }

  error(): AiflowError {
    const what = this.state === 'draining' ? 'is draining' : 'is closed';
    return new AiflowError('unavailable', `node ${this.#node} ${what} and takes no new calls`, { node: this.#node });
  }
}

class System extends SiteCaller implements ActorSystem {
  readonly node: string;
  readonly #collaborators: ActorSystemCollaborators;
  readonly #parts: Parts;
  readonly #scheduler = createTurnScheduler();
  readonly #site: CallSite;
  readonly #beganMs: number;
  #closing: Promise<void> | undefined;

  constructor(collaborators: ActorSystemCollaborators, parts: Parts) {
    super(parts.outbound);
    this.node = collaborators.transport.node;
    this.#collaborators = collaborators;
    this.#parts = parts;
    this.#site = rootSite({ node: this.node, actor: SYSTEM_ACTOR });
    this.#beganMs = collaborators.clock.nowMs();
    this.spawn(defineSystemActor(() => this.#describe()));
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#collaborators.transport.start(this.#parts.router, signal);
  }

  spawn<State>(definition: ActorDefinition<State>): ActorHandle {
    const name = parseName('actor', definition.name);
    const { registry, gate, onion, logger, outbound } = this.#parts;
    if (gate.state === 'closed') throw gate.error();
    const { clock, random } = this.#collaborators;
    const surroundings = {
      self: { node: this.node, actor: name },
      clock,
      random: random.fork(`actor/${name}`),
      logger,
      outbound,
    };
    const cell = new ActorCell(eraseState(definition), {
      surroundings,
      scheduler: this.#scheduler,
      onion,
    });
    registry.add(cell);
    cell.start();
    return {
      name,
      status: () => cell.status(),
      stop: async signal => {
        await cell.stop(signal);
        registry.remove(cell);
      },
    };
  }

  protected override site(): CallSite {
    return this.#site;
  }

  actors(): readonly ActorStatus[] {
    return this.#parts.registry.cells.map(cell => cell.status());
  }

  async drain(timeoutMs: number): Promise<void> {
    const { gate, exchanges, router } = this.#parts;
    if (gate.state === 'open') gate.state = 'draining';
    const isIdle = (): boolean => exchanges.size === 0 && router.statistics().serving === 0;
    if (isIdle()) return;
    await new Promise<void>(resolve => {
      const finish = (): void => {
        timer.cancel();
        resolve();
      };
      const timer = this.#collaborators.clock.setTimer(timeoutMs, finish);
      const check = (): void => (isIdle() ? finish() : undefined);
      exchanges.onEmpty = check;
      router.onIdle = check;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { gate, exchanges, registry } = this.#parts;
    gate.state = 'closed';
    const now = AbortSignal.abort(gate.error());
    await Promise.all(registry.cells.map(cell => cell.stop(now)));
    exchanges.failAll(gate.error());
    await this.#collaborators.transport.close();
  }

  #describe(): SystemDescription {
    const { registry, router, exchanges } = this.#parts;
    return {
      node: this.node,
      bootId: this.#collaborators.transport.bootId,
      uptimeMs: this.#collaborators.clock.nowMs() - this.#beganMs,
      openExchanges: exchanges.size,
      ...router.statistics(),
      actors: registry.cells.map(cell => ({ ...cell.status(), messages: cell.handlers.types })),
    };
  }
}

/** The state a definition makes is only ever given back to its own handlers, so nothing else needs to know its type. */
function eraseState<State>(definition: ActorDefinition<State>): ActorDefinition {
  return definition as unknown as ActorDefinition;
}

/** Calls made on behalf of the node itself inherit nothing. */
function rootSite(from: Address): CallSite {
  const trace: TraceContext | undefined = undefined;
  return { from, nested: false, trace, signal: undefined, remainingMs: () => Infinity };
}
