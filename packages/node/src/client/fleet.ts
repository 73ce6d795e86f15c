// SPDX-License-Identifier: Apache-2.0
import type { ActorStatus, CallOptions, StreamOptions } from '@aiflow/actor';
import type { Address, AskContract, FamilyReport, StreamContract, TellContract } from '@aiflow/protocol';
import type { AskItem } from '@aiflow/roles';
import type { SpanRecord } from '@aiflow/telemetry';
import type { Answer, QuestionOptions } from './answer.ts';

/** A measured link from one node to another. */
export interface FleetLink {
  readonly peer: string;
  readonly rttMs: number;
  readonly bytesPerSecond: number;
  readonly lossRatio: number;
}

/** A node as the fleet sees it, from its last advert. */
export interface FleetNode {
  readonly name: string;
  readonly tier: string;
  readonly site: string;
  readonly state: string;
  readonly bootId: string;
  readonly pid: number;
  readonly actors: readonly Pick<ActorStatus, 'name' | 'capabilities' | 'mailboxDepth'>[];
  readonly links: readonly FleetLink[];
  /** Model families it holds: exits, feature spaces, and how long verifying a block takes, measured at its start. */
  readonly families: readonly FamilyReport[];
  /** Share of its processor time in use, 0 to 1 for each core. */
  readonly loadRatio: number;
  /** Of the daemon and its model's host. */
  readonly residentBytes: number;
  /** How long ago it was last heard, in milliseconds. */
  readonly heardMsAgo: number;
}

/** An answer together with the trace it left. */
export interface Traced<T> {
  readonly value: T;
  readonly traceId: string;
}

/**
 * A fleet as a program uses it. The program joins the mesh as a client: it hears every node and may speak to each actor,
 * and it leaves when disposed. By the door of a node on its machine it hears that node alone. Addresses are written
 * `actor@node`. Every method fails with an AiflowError.
 */
export interface Fleet extends AsyncDisposable {
  readonly name: string;
  /** This client's own name on the mesh. */
  readonly client: string;
  /** The nodes that are known now, by tier and name; clients are left out. */
  nodes(): readonly FleetNode[];
  /** Resolves when `count` nodes are ready; throws `deadline-exceeded` naming those seen. */
  waitForNodes(
    count: number,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly FleetNode[]>;
  /** Resolves with the nodes once no new one has been heard for a third of a second, within two seconds. */
  settled(): Promise<readonly FleetNode[]>;
  /** Asks a question in plain language; see {@link Answer}. */
  ask(question: string, options?: QuestionOptions): Answer;
  /** Asks an actor. */
  ask<Request, Reply>(
    to: Address | string,
    contract: AskContract<Request, Reply>,
    request: Request,
    options?: CallOptions,
  ): Promise<Reply>;
  tell<Message>(
    to: Address | string,
    contract: TellContract<Message>,
    message: Message,
    options?: CallOptions,
  ): Promise<void>;
  stream<Request, Item>(
    to: Address | string,
    contract: StreamContract<Request, Item>,
    request: Request,
    options?: StreamOptions,
  ): AsyncIterable<Item>;
  /**
   * As {@link Fleet.ask} with a question, but gives every item, the summary last. With `revisionsUntilMs` a summary that
   * is marked `provisional` may come at the deadline, and more after it.
   */
  askItems(question: string, options?: QuestionOptions): AsyncIterable<AskItem>;
  /** Asks in JSON form, as the command line does; see `looseAsk`. */
  call(to: Address | string, json: unknown, options?: CallOptions): Promise<unknown>;
  /** Runs `work` inside a new trace; what it is given goes into the calls' `trace` option. */
  traced<T>(name: string, work: (options: Pick<CallOptions, 'trace'>) => Promise<T>): Promise<Traced<T>>;
  /** The spans of a trace, gathered from every node that can be reached. */
  collectTrace(traceId: string): Promise<readonly SpanRecord[]>;
}
