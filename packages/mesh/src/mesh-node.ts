// SPDX-License-Identifier: Apache-2.0
//
// One node on the mesh: its watch over the others (member-watch.ts), its beat and its transport bound together. It decides nothing itself;
// what it does when is mesh-life.ts, and how it gets there mesh-joining.ts.
//
// N1  An advert is verified before anything else happens with it (advert-intake.ts).
// N2  We introduce ourselves to a node only once we can hear it, so that it never asks into the void
//     (action-performer.ts).
// N3  A beat (beat.ts) carries a new sequence number; a hello goes out at start, whenever the link came up, and as often
//     as hello-cadence.ts says. What can't be sent is left out (own-voice.ts): the next beat says more.
// N4  A node that can't have its name never joins (mesh-joining.ts). A conflict found later stops the mesh.
import type { Logger } from '@aiflow/actor';
import type { AiflowError } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import { type Beat, createBeat } from './beat.ts';
import { type Candidate, findCandidates, pickCandidate, takingWork } from './candidates.ts';
import { createHelloCadence, type HelloCadence } from './hello-cadence.ts';
import type { NodeIdentity } from './identity.ts';
import type { LinkMeasurement } from './link-meter.ts';
import { createLinkProber, type LinkProber } from './link-prober.ts';
import { createListeners, type Listeners } from './listeners.ts';
import type { Member, MemberChange } from './member.ts';
import { createMemberWatch, type MemberWatch } from './member-watch.ts';
import type { Mesh, MeshCollaborators, MeshHealth, MeshOptions } from './mesh.ts';
import { bootOf } from './mesh-defaults.ts';
import { createMeshJoining, type JoiningCollaborators, type MeshJoining } from './mesh-joining.ts';
import { createMeshLife, type MeshLife } from './mesh-life.ts';
import type { NatsTransport } from './nats-transport.ts';
import { createOwnAdvert, type OwnAdvert } from './own-advert.ts';
import { createOwnVoice, type OwnVoice } from './own-voice.ts';

/** What a mesh node works with. */
export interface MeshNodeCollaborators extends MeshCollaborators {
  readonly logger: Logger;
  readonly transport: NatsTransport;
}

/** See {@link Mesh}. */
export class MeshNode implements Mesh {
  readonly transport: Mesh['transport'];
  readonly identity: NodeIdentity;
  readonly #nats: NatsTransport;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #collaborators: MeshNodeCollaborators;
  readonly #options: MeshOptions;
  readonly #watch: MemberWatch;
  readonly #prober: LinkProber;
  readonly #own: OwnAdvert;
  readonly #beat: Beat;
  readonly #hellos: HelloCadence;
  readonly #voice: OwnVoice;
  readonly #conflicts: Listeners<AiflowError>;
  readonly #life: MeshLife = createMeshLife();
  readonly #joining: MeshJoining;
  #leaving: Promise<void> | undefined;

  constructor(collaborators: MeshNodeCollaborators, options: MeshOptions) {
    const { transport, clock, random, logger, identity } = collaborators;
    this.#collaborators = collaborators;
    this.#options = options;
    this.#nats = transport;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
    this.#conflicts = createListeners(logger);
    this.identity = identity;
    this.#prober = createLinkProber(
      { clock, transport, unsent: error => this.#voice.unsent(error) },
      options.rateProbeEveryMs ?? 60_000,
    );
    const boot = bootOf(collaborators, options);
    this.#own = createOwnAdvert(identity, boot, {
      describe: collaborators.describe,
      links: () => this.#prober.reports(),
    });
    this.#hellos = createHelloCadence(boot);
    this.#voice = createOwnVoice({ clock, logger, nats: transport, own: this.#own, cadence: this.#hellos });
    this.#beat = createBeat(
      {
        ...{ clock, random },
        onHeldUp: (heldMs, nowMs) => this.#onHeldUp(heldMs, nowMs),
        onBeat: nowMs => this.#onBeat(nowMs),
      },
      options.beatMs ?? 1_000,
    );
    this.#watch = createMemberWatch(
      {
        ...{ clock, logger, nats: transport, trust: collaborators.trust, own: this.#own, prober: this.#prober },
        publish: send => this.#voice.publish(send),
        sayHello: () => this.#sayHello(),
        yieldName: error => this.#yield(error),
      },
      boot,
      options,
    );
    this.#joining = this.#makeJoining(boot);
    this.transport = this.#makeTransport();
    this.#listen();
  }

  get joined(): Promise<void> {
    return this.#joining.joined;
  }

  members(): readonly Member[] {
    return this.#watch.members();
  }

  onChange(listener: (change: MemberChange) => void): () => void {
    return this.#watch.onChange(listener);
  }

  onConflict(listener: (error: AiflowError) => void): () => void {
    return this.#conflicts.add(listener);
  }

  find(capability: string): readonly Candidate[] {
    const { site, tier } = this.#options;
    const own = { ...this.#collaborators.describe(), node: this.identity.name, site, tier };
    const ours = this.#own.state === 'ready' ? [own] : [];
    return findCandidates([...ours, ...takingWork(this.members())], capability);
  }

  pick(capability: string): Candidate | undefined {
    return pickCandidate(this.find(capability), this.#random);
  }

  links(): readonly LinkMeasurement[] {
    return this.#prober.links();
  }

  ownAdvert(): Uint8Array {
    return this.#own.renew();
  }

  health(): MeshHealth {
    return {
      ...this.#nats.health(),
      state: this.#life.state,
      conflict: this.#life.conflict,
      counters: { ...this.#nats.counters(), ...this.#watch.counters(), unsentBeats: this.#voice.unsentCount },
    };
  }

  drain(): void {
    if (!this.#life.isOnMesh) return;
    this.#own.state = 'draining';
    this.#voice.announce();
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  #makeJoining(boot: JoiningCollaborators['boot']): MeshJoining {
    return createMeshJoining(
      {
        ...{ clock: this.#clock, logger: this.#logger, boot, nats: this.#nats, life: this.#life, own: this.#own },
        sayHello: () => this.#sayHello(),
        onJoined: () => this.#beat.start(),
        leave: () => this.leave(),
        refusedLate: error => this.#conflicts.tell(error),
      },
      this.#options,
    );
  }

  #listen(): void {
    this.#nats.listen({
      announced: announcement => {
        if (this.#life.isOnMesh) this.#watch.hear(announcement);
      },
      probed: envelope => this.#watch.probed(envelope),
      unreachable: error => this.#joining.linkUnreachable(error),
      up: () => this.#joining.linkUp(),
      down: () => undefined,
    });
  }

  #makeTransport(): Mesh['transport'] {
    const nats = this.#nats;
    return {
      node: nats.node,
      bootId: nats.bootId,
      maxPayloadBytes: nats.maxPayloadBytes,
      start: (receiver, signal) => this.#joining.begin(receiver, signal),
      send: envelope => nats.send(envelope),
      close: () => this.leave(),
    };
  }

  async #leave(): Promise<void> {
    this.#beat.stop();
    const wasOnMesh = this.#life.leave();
    this.#own.state = 'left';
    if (wasOnMesh) this.#voice.announce();
    await this.#nats.close();
  }

  /** N3 */
  #onBeat(nowMs: number): void {
    this.#watch.tick(nowMs);
    this.#voice.announce();
    const reachable = this.members().filter(member => member.state === 'alive' || member.state === 'draining');
    this.#prober.probe(reachable.map(member => member.node));
    if (this.#hellos.isDue(reachable, nowMs)) this.#sayHello();
  }

  /** What others said meanwhile still waits in the socket; and they may have taken us for dead, and no longer listen. */
  #onHeldUp(heldMs: number, nowMs: number): void {
    this.#watch.excuse(heldMs, nowMs);
    this.#sayHello();
  }

  #sayHello(): void {
    if (this.#life.conflict === undefined) this.#voice.sayHello();
  }

  #yield(error: AiflowError): void {
    const outcome = this.#life.yield(error);
    if (outcome === 'ignored') return;
    this.#logger.error(error.message, { ...error.details });
    this.#joining.objected();
    if (outcome === 'refused') return;
    void this.leave();
    this.#conflicts.tell(error);
  }
}
