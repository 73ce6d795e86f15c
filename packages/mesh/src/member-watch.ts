// SPDX-License-Identifier: Apache-2.0
//
// The others on the mesh, as one node keeps them in view: what comes in is verified, judged by the membership machine, and
// what that orders is done.
import type { Logger } from '@aiflow/actor';
import { AiflowError, type Envelope } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { type ActionPerformer, createActionPerformer } from './action-performer.ts';
import { type AdvertIntake, createAdvertIntake } from './advert-intake.ts';
import type { Announcement } from './announcement.ts';
import type { LinkProber } from './link-prober.ts';
import { createListeners, type Listeners } from './listeners.ts';
import type { Member, MemberChange } from './member.ts';
import { createMembership, type Membership } from './membership.ts';
import type { MembershipAction } from './membership-action.ts';
import type { MeshCounters, MeshOptions } from './mesh.ts';
import { patienceOf } from './mesh-defaults.ts';
import type { NatsTransport } from './nats-transport.ts';
import type { NodeBoot, OwnAdvert } from './own-advert.ts';
import { createRateLimitedLog, type RateLimitedLog } from './rate-limited-log.ts';
import type { TransportCounters } from './transport-counters.ts';
import type { TrustPolicy } from './trust.ts';

/** What a watch works with. */
export interface MemberWatchCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nats: NatsTransport;
  readonly trust: TrustPolicy;
  readonly own: OwnAdvert;
  readonly prober: LinkProber;
  /** Runs `send`; what can't be sent is counted. */
  publish(send: () => void): void;
  sayHello(): void;
  /** Another node holds our name. */
  yieldName(error: AiflowError): void;
}

/** Keeps the others in view. */
export interface MemberWatch {
  members(): readonly Member[];
  /** Calls `listener` with each change until the returned function is called. */
  onChange(listener: (change: MemberChange) => void): () => void;
  /** Takes in what a node said to all or to us. */
  hear(announcement: Announcement): void;
  /** Takes in a probe, or what came of one. */
  probed(envelope: Envelope): void;
  /** Judges silence, once a beat. */
  tick(nowMs: number): void;
  /** Takes time for which this process was held up off everybody's silence. */
  excuse(heldMs: number, nowMs: number): void;
  counters(): Omit<MeshCounters, keyof TransportCounters | 'unsentBeats'>;
}

/** A watch of `boot` over everybody else. */
export function createMemberWatch(
  collaborators: MemberWatchCollaborators,
  boot: NodeBoot,
  options: MeshOptions,
): MemberWatch {
  return new Watch(collaborators, boot, options);
}

class Watch implements MemberWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #log: RateLimitedLog;
  readonly #own: OwnAdvert;
  readonly #prober: LinkProber;
  readonly #membership: Membership;
  readonly #intake: AdvertIntake;
  readonly #performer: ActionPerformer;
  readonly #changes: Listeners<MemberChange>;

  constructor(collaborators: MemberWatchCollaborators, boot: NodeBoot, options: MeshOptions) {
    const { clock, logger, nats, trust, own, prober, publish, sayHello, yieldName } = collaborators;
    this.#clock = clock;
    this.#logger = logger;
    this.#log = createRateLimitedLog(logger, clock);
    this.#own = own;
    this.#prober = prober;
    this.#changes = createListeners(logger);
    this.#membership = createMembership({ self: boot, ...patienceOf(options) });
    const { fleet, node, bootId } = boot;
    this.#intake = createAdvertIntake(this.#log, { fleet, trust, node, bootId });
    this.#performer = createActionPerformer({
      ...{ nats, prober, own, publish, sayHello, yieldName, log: this.#log },
      tell: change => this.#tell(change),
    });
  }

  members(): readonly Member[] {
    return this.#membership.members(this.#clock.nowMs());
  }

  onChange(listener: (change: MemberChange) => void): () => void {
    return this.#changes.add(listener);
  }

  hear(announcement: Announcement): void {
    const verified = this.#intake.read(announcement, this.#own.signedBytes);
    if (verified !== undefined) this.#perform(this.#membership.observe(verified, this.#clock.nowMs()));
  }

  probed(envelope: Envelope): void {
    try {
      if (!this.#prober.take(envelope)) return;
      const { from, bootId } = envelope;
      this.#perform(this.#membership.spoke(from.node, bootId, this.#clock.nowMs()));
    } catch (error) {
      this.#log.warn('probe', `refused a probe: ${AiflowError.from(error).message}`, { from: envelope.from.node });
    }
  }

  tick(nowMs: number): void {
    this.#perform(this.#membership.tick(nowMs));
  }

  excuse(heldMs: number, nowMs: number): void {
    this.#membership.excuse(heldMs, nowMs);
  }

  counters(): Omit<MeshCounters, keyof TransportCounters | 'unsentBeats'> {
    const { stale, refused, overflow } = this.#membership.counters;
    return { ...this.#intake.counters, staleAdverts: stale, refusedAdverts: refused, memberOverflow: overflow };
  }

  #perform(actions: readonly MembershipAction[]): void {
    for (const action of actions) this.#performer.perform(action);
  }

  #tell(change: MemberChange): void {
    const { kind, member } = change;
    if (kind !== 'updated')
      this.#logger.info(`node ${member.node} is ${kind}`, { node: member.node, site: member.site });
    this.#changes.tell(change);
  }
}
