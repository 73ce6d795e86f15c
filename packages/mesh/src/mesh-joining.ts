// SPDX-License-Identifier: Apache-2.0
//
// How a node gets onto its mesh.
//
// J1  Joining fails when the holder of the name answers within the window: then the start does, or, where the node serves
//     already, those are told who listen for a conflict.
// J2  A node that joins in the background serves alone as soon as it is known that its broker can't be reached. Joining goes
//     on for as long as the node lives.
// J3  A name belongs to who was heard first. Nobody can have heard a node that served alone, so for the order of boots its
//     boot counts from the moment its broker came into reach.
import type { Logger, TransportReceiver } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { MeshOptions } from './mesh.ts';
import type { MeshLife } from './mesh-life.ts';
import type { NatsTransport } from './nats-transport.ts';
import type { NodeBoot, OwnAdvert } from './own-advert.ts';

/** What joining works with. */
export interface JoiningCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nats: Pick<NatsTransport, 'start'>;
  readonly life: MeshLife;
  readonly own: Pick<OwnAdvert, 'renew'>;
  readonly boot: Pick<NodeBoot, 'node'> & { bootWallMs: number };
  sayHello(): void;
  /** The node is on the mesh now. */
  onJoined(): void;
  leave(): Promise<void>;
  /** A node that serves already must not join. */
  refusedLate(error: AiflowError): void;
}

/** One node's way onto its mesh. */
export interface MeshJoining {
  /** Resolves when the node is on the mesh. */
  readonly joined: Promise<void>;
  /** Resolves when the node has joined, or when it serves alone (J2). */
  begin(receiver: TransportReceiver, signal?: AbortSignal): Promise<void>;
  /** A link to the broker can't be had; it is tried on. */
  linkUnreachable(error: AiflowError): void;
  linkUp(): void;
  /** Another node holds the name: the window for objections need not stay open. */
  objected(): void;
}

/** Prepares joining; `begin` does it. */
export function createMeshJoining(
  collaborators: JoiningCollaborators,
  options: Pick<MeshOptions, 'join' | 'joinWindowMs'>,
): MeshJoining {
  return new Joining(collaborators, options);
}

class Joining implements MeshJoining {
  readonly joined: Promise<void>;
  readonly #collaborators: JoiningCollaborators;
  readonly #windowMs: number;
  readonly #inBackground: boolean;
  readonly #window = new AbortController();
  readonly #unreachable: Promise<void>;
  #settleAlone: () => void = () => undefined;
  #settleJoined: () => void = () => undefined;
  #isAlone = false;

  constructor(
    collaborators: JoiningCollaborators,
    { join, joinWindowMs = 500 }: Pick<MeshOptions, 'join' | 'joinWindowMs'>,
  ) {
    this.#collaborators = collaborators;
    this.#windowMs = joinWindowMs;
    this.#inBackground = join === 'background';
    this.joined = new Promise(resolve => {
      this.#settleJoined = resolve;
    });
    this.#unreachable = new Promise(resolve => {
      this.#settleAlone = resolve;
    });
  }

  async begin(receiver: TransportReceiver, signal?: AbortSignal): Promise<void> {
    const { life, own } = this.#collaborators;
    life.join();
    own.renew();
    const joining = this.#join(receiver, signal);
    if (!this.#inBackground) return joining;
    await Promise.race([joining, this.#unreachable]);
    joining.catch(error => this.#onLateFailure(AiflowError.from(error), signal));
  }

  linkUnreachable(error: AiflowError): void {
    const { logger, boot } = this.#collaborators;
    if (!this.#inBackground) {
      logger.warn(`broker not reachable yet, trying on: ${error.message}`, { hop: error.hop });
      return;
    }
    if (this.#isAlone) return;
    this.#isAlone = true;
    logger.warn(`node ${boot.node} serves alone and joins when its broker can be reached: ${error.message}`, {
      hop: error.hop,
    });
    this.#settleAlone();
  }

  linkUp(): void {
    const { life, own, boot, clock, sayHello } = this.#collaborators;
    if (this.#isAlone && life.state === 'joining') {
      boot.bootWallMs = clock.wallMs(); // J3
      own.renew();
    }
    sayHello();
  }

  objected(): void {
    this.#window.abort();
  }

  async #join(receiver: TransportReceiver, signal?: AbortSignal): Promise<void> {
    const { nats, life, clock, sayHello, onJoined, leave } = this.#collaborators;
    await nats.start(receiver, signal);
    sayHello();
    const window = AbortSignal.any([this.#window.signal, ...(signal === undefined ? [] : [signal])]);
    await sleep(clock, this.#windowMs, window).catch(() => undefined);
    const { conflict } = life;
    if (conflict !== undefined) {
      await leave();
      throw conflict;
    }
    signal?.throwIfAborted();
    if (!life.settle()) return;
    onJoined();
    this.#settleJoined();
  }

  /** J1 */
  #onLateFailure(error: AiflowError, signal: AbortSignal | undefined): void {
    const { life, logger, refusedLate } = this.#collaborators;
    if (life.conflict !== undefined) refusedLate(life.conflict);
    else if (life.state !== 'left' && !signal?.aborted) logger.error(`joining ended: ${error.message}`);
  }
}
