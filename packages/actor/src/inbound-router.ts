// SPDX-License-Identifier: Apache-2.0
//
// Envelopes from other nodes, each to where it belongs.
//
// R1  A request whose id its sender used before, within the window, is not handled again; the first answer stands.
// R2  Only the node that was asked can answer, and only the node that asked can cancel or grant.
// R3  A cancel that overtakes its request is remembered, so the request is not handled when it comes.
// R4  Whatever arrives, nothing is thrown at the transport; what belongs nowhere is counted.
import { AiflowError, type Envelope } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { Accepted, ActorRegistry } from './actor-registry.ts';
import { createChurnMap } from './churn-map.ts';
import { createDuplicateWindow } from './duplicate-window.ts';
import type { EnvelopeFields, EnvelopeSender } from './envelope-sender.ts';
import type { ExchangeTable } from './exchange-table.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { Logger } from './logger.ts';
import { RemoteMessage } from './remote-message.ts';
import { createTransitMeter } from './transit-meter.ts';
import type { TransportReceiver } from './transport.ts';
import type { UnreadItems } from './unread-items.ts';

const REMEMBERED_STREAM_ENDS = 256;

/** What the router works with. */
export interface RouterCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: ActorRegistry;
  readonly exchanges: ExchangeTable;
  readonly sender: EnvelopeSender;
  /** Why the node refuses `envelope`'s request; undefined when it takes it. */
  refusal(envelope: Envelope): AiflowError | undefined;
}

/** Counts of what went wrong in a way that had nobody to tell. */
export interface RouterStatistics {
  /** Messages recognised as duplicates. */
  readonly duplicates: number;
  /** Answers, grants and cancels that belong to no open exchange. */
  readonly strays: number;
  /** Requests of other nodes being handled now. */
  readonly serving: number;
}

/** The receiving side of an actor system. */
export interface InboundRouter extends TransportReceiver {
  statistics(): RouterStatistics;
  /** Called each time the last request of another node was answered. */
  onIdle: (() => void) | undefined;
}

/** How a stream ended, kept so that what was lost of it can be repeated. */
interface StreamEnd {
  readonly final: EnvelopeFields;
  readonly unread: UnreadItems | undefined;
}

interface Served extends Accepted {
  readonly message: RemoteMessage;
}

/** Routes into `registry` and `exchanges`; remembers `duplicateWindow` request ids. */
export function createInboundRouter(collaborators: RouterCollaborators, duplicateWindow: number): InboundRouter {
  return new Router(collaborators, duplicateWindow);
}

class Router implements InboundRouter {
  onIdle: (() => void) | undefined;
  readonly #collaborators: RouterCollaborators;
  readonly #seen: ReturnType<typeof createDuplicateWindow>;
  readonly #transit: ReturnType<typeof createTransitMeter>;
  readonly #served = createChurnMap<Served>();
  readonly #streamEnds = new Map<string, StreamEnd>();
  #duplicates = 0;
  #strays = 0;

  constructor(collaborators: RouterCollaborators, duplicateWindow: number) {
    this.#collaborators = collaborators;
    this.#seen = createDuplicateWindow(duplicateWindow);
    this.#transit = createTransitMeter(collaborators.clock);
  }

  statistics(): RouterStatistics {
    return { duplicates: this.#duplicates, strays: this.#strays, serving: this.#served.size };
  }

  deliver(envelope: Envelope): void {
    try {
      this.#route(envelope);
    } catch (error) {
      const { message } = AiflowError.from(error);
      this.#collaborators.logger.error(`${envelope.kind} from ${envelope.from.node} could not be routed: ${message}`);
    }
  }

  undeliverable(messageId: string, error: AiflowError): void {
    const [id = messageId, part = ''] = messageId.split('#');
    if (part.startsWith('c')) return;
    const exchange = this.#collaborators.exchanges.find(id);
    if (exchange !== undefined) {
      exchange.fail(error);
      return;
    }
    for (const served of this.#served.values()) {
      if (served.task.message.messageId === id) {
        this.#abandon(served, error);
        return;
      }
    }
  }

  #route(envelope: Envelope): void {
    switch (envelope.kind) {
      case 'tell':
      case 'ask':
        this.#admit(envelope.kind, envelope);
        return;
      case 'stream-open':
        this.#admit('stream', envelope);
        return;
      case 'cancel':
        this.#cancel(envelope);
        return;
      case 'stream-credit':
        this.#grant(envelope);
        return;
      case 'reply':
      case 'failure':
      case 'stream-item':
      case 'stream-end':
        this.#answer(envelope);
        return;
    }
  }

  #admit(kind: IncomingMessage['kind'], envelope: Envelope): void {
    const key = keyOf(envelope.from.node, envelope.messageId);
    if (!this.#seen.admit(key)) {
      this.#duplicates += 1;
      return;
    }
    const { sender, registry } = this.#collaborators;
    const message = new RemoteMessage(kind, envelope, this.#deadlineOf(envelope), sender);
    const refusal = this.#collaborators.refusal(envelope);
    if (refusal !== undefined) {
      message.fail(refusal, 0);
      return;
    }
    const accepted = registry.deliver(envelope.to, message, () => this.#onAnswered(key));
    if (accepted !== undefined) this.#served.set(key, { cell: accepted.cell, task: accepted.task, message });
    else if (message.final !== undefined) this.#rememberEnd(key, message);
  }

  #onAnswered(key: string): void {
    const served = this.#served.get(key);
    if (served === undefined) return;
    this.#served.delete(key);
    this.#rememberEnd(key, served.message);
    if (this.#served.size === 0) this.onIdle?.();
  }

  #rememberEnd(key: string, { kind, final, unread }: RemoteMessage): void {
    if (kind !== 'stream' || final === undefined) return;
    this.#streamEnds.set(key, { final, unread });
    if (this.#streamEnds.size > REMEMBERED_STREAM_ENDS)
      this.#streamEnds.delete(this.#streamEnds.keys().next().value ?? key);
  }

  #cancel(envelope: Envelope): void {
    const key = keyOf(envelope.from.node, envelope.correlationId);
    const served = this.#served.get(key);
    if (served === undefined) this.#seen.admit(key);
    else this.#abandon(served, new AiflowError('cancelled', `${envelope.from.node} cancelled the call`));
  }

  #abandon(served: Served, reason: AiflowError): void {
    served.message.abandon();
    served.cell.cancel(served.task, reason);
  }

  /** A repeated grant repeats what was lost; so does one for a stream that is over (stream-consumer.ts, C4). */
  #grant({ from, correlationId, position }: Envelope): void {
    const { sender } = this.#collaborators;
    const key = keyOf(from.node, correlationId);
    const served = this.#served.get(key);
    const end = this.#streamEnds.get(key);
    if (served === undefined && end === undefined) this.#strays += 1;
    served?.task.grant(position);
    const unread = served?.message.unread ?? end?.unread;
    for (const item of unread?.granted(position) ?? []) sender.postQuietly(item);
    if (served === undefined && end !== undefined) sender.postQuietly(end.final);
  }

  #answer(envelope: Envelope): void {
    const exchange = this.#collaborators.exchanges.find(envelope.correlationId);
    if (exchange === undefined || exchange.peer !== envelope.from.node) this.#strays += 1;
    else exchange.receive(envelope);
  }

  #deadlineOf(envelope: Envelope): number {
    const { from, bootId, sentAtMs, remainingMs } = envelope;
    const queuedMs = this.#transit.excessMs(from.node, bootId, sentAtMs);
    return remainingMs === 0 ? Infinity : this.#collaborators.clock.nowMs() + remainingMs - queuedMs;
  }
}

function keyOf(node: string, messageId: string): string {
  return `${node}/${messageId}`;
}
