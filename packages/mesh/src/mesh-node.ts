// SPDX-License-Identifier: Apache-2.0
//
// One node on the mesh: the membership machine, the beat and the transport bound together. It decides nothing itself.
//
//   idle --start--> joining --joinWindowMs--> joined --leave--> left
//                      |                         |
//                      +---- name is taken ------+--> conflict
//
// N1  An advert is verified before anything else happens with it (advert-intake.ts).
// N2  We introduce ourselves to a node only once we can hear it, so that it never asks into the void
//     (action-performer.ts).
// N3  A beat carries a new sequence number; a hello goes out at start, whenever the link came up, often while alone,
//     rarely otherwise. What can't be sent is left out: the next beat says more.
// N4  The start fails when the holder of the name answers within the window. A conflict found later stops the mesh.
import type { Logger, TransportReceiver } from '@aiflow/actor';
import { AiflowError, type Envelope } from '@aiflow/protocol';
import { type Clock, type Random, sleep, type Timer } from '@aiflow/time';
import { type ActionPerformer, createActionPerformer } from './action-performer.ts';
import { type AdvertIntake, createAdvertIntake } from './advert-intake.ts';
import type { Announcement } from './announcement.ts';
import { type Candidate, findCandidates, pickCandidate, takingWork } from './candidates.ts';
import type { NodeIdentity } from './identity.ts';
import { jittered, type LinkMeasurement } from './link-meter.ts';
import { createLinkProber, type LinkProber } from './link-prober.ts';
import type { Member, MemberChange } from './member.ts';
import { createMembership, type Membership, type MembershipAction } from './membership.ts';
import type { Mesh, MeshCollaborators, MeshHealth, MeshOptions } from './mesh.ts';
import { bootOf, patienceOf } from './mesh-defaults.ts';
import type { NatsTransport } from './nats-transport.ts';
import { createOwnAdvert, type OwnAdvert } from './own-advert.ts';
import { createRateLimitedLog, type RateLimitedLog } from './rate-limited-log.ts';

/** What a mesh node works with. */
export interface MeshNodeCollaborators extends MeshCollaborators {
  readonly logger: Logger;
  readonly transport: NatsTransport;
}

const BEAT_EVENT = 'advert';
/** Hellos: often while nobody is known, rarely otherwise, never twice within the last. */
const LONELY_HELLO_MS = 2_000;
const HELLO_MS = 30_000;
const HELLO_PAUSE_MS = 250;

/** See {@link Mesh}. */
export class MeshNode implements Mesh {
  readonly transport: Mesh['transport'];
  readonly identity: NodeIdentity;
  readonly #nats: NatsTransport;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #log: RateLimitedLog;
  readonly #collaborators: MeshNodeCollaborators;
  readonly #options: MeshOptions;
  readonly #membership: Membership;
  readonly #prober: LinkProber;
  readonly #performer: ActionPerformer;
  readonly #own: OwnAdvert;
  readonly #intake: AdvertIntake;
  #unsentBeats = 0;
  readonly #changeListeners = new Set<(change: MemberChange) => void>();
  readonly #conflictListeners = new Set<(error: AiflowError) => void>();
  readonly #joinWindow = new AbortController();
  #state: MeshHealth['state'] = 'idle';
  #conflict: AiflowError | undefined;
  #beat: Timer | undefined;
  #beatDueMs = Infinity;
  #helloMs = -Infinity;
  #leaving: Promise<void> | undefined;

  constructor(collaborators: MeshNodeCollaborators, options: MeshOptions) {
    const { transport, clock, random, logger, identity } = collaborators;
    this.#collaborators = collaborators;
    this.#options = options;
    this.#nats = transport;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
    this.#log = createRateLimitedLog(logger, clock);
    this.identity = identity;
    this.#intake = createAdvertIntake(this.#log, {
      ...{ fleet: options.fleet, trust: collaborators.trust },
      ...{ node: identity.name, bootId: transport.bootId },
    });
    this.#prober = createLinkProber(
      { clock, transport, unsent: error => this.#unsent(error) },
      options.rateProbeEveryMs ?? 60_000,
    );
    const boot = bootOf(collaborators, options);
    this.#own = createOwnAdvert(identity, boot, {
      describe: collaborators.describe,
      links: () => this.#prober.reports(),
    });
    this.#membership = createMembership({ self: boot, ...patienceOf(options) });
    this.#performer = createActionPerformer({
      ...{ nats: transport, prober: this.#prober, own: this.#own, log: this.#log },
      publish: send => this.#publish(send),
      sayHello: () => this.#sayHello(),
      yieldName: error => this.#yield(error),
      tell: change => this.#tell(change),
    });
    this.transport = this.#makeTransport();
    transport.listen({
      announced: announcement => this.#onAnnouncement(announcement),
      probed: envelope => this.#onProbe(envelope),
      up: () => this.#sayHello(),
      down: () => undefined,
    });
  }

  members(): readonly Member[] {
    return this.#membership.members(this.#clock.nowMs());
  }

  onChange(listener: (change: MemberChange) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  onConflict(listener: (error: AiflowError) => void): () => void {
    this.#conflictListeners.add(listener);
    return () => this.#conflictListeners.delete(listener);
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

  health(): MeshHealth {
    const { stale, refused, overflow } = this.#membership.counters;
    const unsentBeats = this.#unsentBeats;
    const table = { staleAdverts: stale, refusedAdverts: refused, memberOverflow: overflow, unsentBeats };
    return {
      ...this.#nats.health(),
      state: this.#state,
      conflict: this.#conflict,
      counters: { ...this.#nats.counters(), ...this.#intake.counters, ...table },
    };
  }

  drain(): void {
    if (this.#state !== 'joined') return;
    this.#own.state = 'draining';
    this.#publish(() => this.#nats.announce(BEAT_EVENT, this.#own.renew()));
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  #makeTransport(): Mesh['transport'] {
    const nats = this.#nats;
    return {
      node: nats.node,
      bootId: nats.bootId,
      maxPayloadBytes: nats.maxPayloadBytes,
      start: (receiver, signal) => this.#join(receiver, signal),
      send: envelope => nats.send(envelope),
      close: () => this.leave(),
    };
  }

  /** N4 */
  async #join(receiver: TransportReceiver, signal?: AbortSignal): Promise<void> {
    this.#state = 'joining';
    this.#own.renew();
    await this.#nats.start(receiver, signal);
    this.#sayHello();
    const window = AbortSignal.any([this.#joinWindow.signal, ...(signal === undefined ? [] : [signal])]);
    await sleep(this.#clock, this.#options.joinWindowMs ?? 500, window).catch(() => undefined);
    if (this.#conflict !== undefined) {
      await this.leave();
      throw this.#conflict;
    }
    signal?.throwIfAborted();
    if (this.#state !== 'joining') return;
    this.#state = 'joined';
    this.#onBeat();
  }

  async #leave(): Promise<void> {
    this.#beat?.cancel();
    const wasJoined = this.#state === 'joined' || this.#state === 'joining';
    if (this.#state !== 'conflict') this.#state = 'left';
    this.#own.state = 'left';
    if (wasJoined) this.#publish(() => this.#nats.announce(BEAT_EVENT, this.#own.renew()));
    await this.#nats.close();
  }

  /** N3 */
  #onBeat(): void {
    const beatMs = this.#options.beatMs ?? 1_000;
    const pauseMs = jittered(beatMs, this.#random);
    this.#beat = this.#clock.setTimer(pauseMs, () => this.#onBeat());
    const nowMs = this.#clock.nowMs();
    const heldMs = nowMs - this.#beatDueMs;
    this.#beatDueMs = nowMs + pauseMs;
    if (heldMs > beatMs) this.#onHeldUp(heldMs, nowMs);
    this.#perform(this.#membership.tick(nowMs));
    this.#publish(() => this.#nats.announce(BEAT_EVENT, this.#own.renew()));
    const reachable = this.members().filter(member => member.state === 'alive' || member.state === 'draining');
    this.#prober.probe(reachable.map(member => member.node));
    const everyMs = this.#isKnownWithoutHello(reachable) ? HELLO_MS : LONELY_HELLO_MS;
    if (nowMs - this.#helloMs >= everyMs) this.#sayHello();
  }

  /** A device hears newcomers of other sites through its edge alone; without one they wait for its hello. */
  #isKnownWithoutHello(reachable: readonly Member[]): boolean {
    const { tier, site } = this.#options;
    if (tier !== 'device') return reachable.length > 0;
    return reachable.some(member => member.tier === 'edge' && member.site === site);
  }

  /** What others said meanwhile still waits in the socket; and they may have taken us for dead, and no longer listen. */
  #onHeldUp(heldMs: number, nowMs: number): void {
    this.#membership.excuse(heldMs, nowMs);
    this.#sayHello();
  }

  #sayHello(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#helloMs < HELLO_PAUSE_MS || this.#own.state === 'left' || this.#conflict !== undefined) return;
    this.#publish(() => {
      this.#nats.hello(this.#own.signedBytes);
      this.#helloMs = nowMs;
    });
  }

  #onAnnouncement(announcement: Announcement): void {
    if (this.#state !== 'joining' && this.#state !== 'joined') return;
    const verified = this.#intake.read(announcement, this.#own.signedBytes);
    if (verified !== undefined) this.#perform(this.#membership.observe(verified, this.#clock.nowMs()));
  }

  #onProbe(envelope: Envelope): void {
    try {
      if (!this.#prober.take(envelope)) return;
      const { from, bootId } = envelope;
      this.#perform(this.#membership.spoke(from.node, bootId, this.#clock.nowMs()));
    } catch (error) {
      this.#log.warn('probe', `refused a probe: ${AiflowError.from(error).message}`, { from: envelope.from.node });
    }
  }

  #perform(actions: readonly MembershipAction[]): void {
    for (const action of actions) this.#performer.perform(action);
  }

  #yield(error: AiflowError): void {
    if (this.#conflict !== undefined) return;
    this.#conflict = error;
    const wasJoined = this.#state === 'joined';
    this.#state = 'conflict';
    this.#logger.error(error.message, { ...error.details });
    this.#joinWindow.abort();
    if (!wasJoined) return;
    void this.leave();
    for (const listener of this.#conflictListeners) this.#guard(() => listener(error));
  }

  #tell(change: MemberChange): void {
    const { kind, member } = change;
    if (kind !== 'updated')
      this.#logger.info(`node ${member.node} is ${kind}`, { node: member.node, site: member.site });
    for (const listener of this.#changeListeners) this.#guard(() => listener(change));
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error(`bug: a mesh listener threw: ${AiflowError.from(error, 'internal').message}`);
    }
  }

  #publish(send: () => void): void {
    try {
      send();
    } catch (error) {
      this.#unsent(AiflowError.from(error, 'unavailable'));
    }
  }

  #unsent(error: AiflowError): void {
    this.#unsentBeats++;
    this.#logger.debug(`could not be sent: ${error.message}`);
  }
}
