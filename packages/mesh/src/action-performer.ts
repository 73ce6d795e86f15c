// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import { RELAY_EVENT } from './advert-reader.ts';
import type { LinkProber } from './link-prober.ts';
import type { MemberChange } from './member.ts';
import type { MembershipAction } from './membership-action.ts';
import type { NatsTransport } from './nats-transport.ts';
import type { OwnAdvert } from './own-advert.ts';
import type { RateLimitedLog } from './rate-limited-log.ts';
import type { NodePlace } from './subjects.ts';

/** Does what the membership machine orders. */
export interface ActionPerformer {
  perform(action: MembershipAction): void;
}

/** What a performer works with. */
export interface ActionCollaborators {
  readonly nats: NatsTransport;
  readonly prober: LinkProber;
  readonly own: OwnAdvert;
  readonly log: RateLimitedLog;
  /** Runs `send`; what can't be sent is counted. */
  publish(send: () => void): void;
  sayHello(): void;
  /** Another node holds our name. */
  yieldName(error: AiflowError): void;
  tell(change: MemberChange): void;
}

/** A performer for one node. */
export function createActionPerformer(collaborators: ActionCollaborators): ActionPerformer {
  return new MembershipActions(collaborators);
}

class MembershipActions implements ActionPerformer {
  readonly #collaborators: ActionCollaborators;
  /** N2: nodes whose admission is under way. */
  readonly #admissions = new Map<string, Promise<void>>();

  constructor(collaborators: ActionCollaborators) {
    this.#collaborators = collaborators;
  }

  perform(action: MembershipAction): void {
    const { nats, prober, log, publish, yieldName, tell } = this.#collaborators;
    switch (action.do) {
      case 'admit':
        this.#admit(action.place);
        break;
      case 'dismiss':
        prober.forget(action.node);
        nats.dismiss(action.node, action.reason);
        break;
      case 'abandon':
        nats.abandon(action.node, action.reason);
        break;
      case 'forget':
        prober.forget(action.node);
        nats.forget(action.node);
        break;
      case 'introduce':
        this.#introduce(action.place, action.loud);
        break;
      case 'relay':
        publish(() => nats.announce(RELAY_EVENT, action.signedBytes));
        break;
      case 'refuse':
        log.warn('already-exists', action.error.message, { ...action.error.details });
        publish(() => nats.introduce(action.place, action.holder));
        break;
      case 'yield':
        yieldName(action.error);
        break;
      case 'tell':
        tell(action.change);
        break;
    }
  }

  #admit(place: NodePlace): void {
    const admission = this.#collaborators.nats.admit(place).finally(() => {
      if (this.#admissions.get(place.node) === admission) this.#admissions.delete(place.node);
    });
    this.#admissions.set(place.node, admission);
  }

  /** N2 */
  #introduce(place: NodePlace, loud: boolean): void {
    const { nats, own, publish, sayHello } = this.#collaborators;
    const say = (): void => {
      if (own.state !== 'left') publish(() => nats.introduce(place, own.signedBytes));
      if (loud) sayHello();
    };
    const admission = this.#admissions.get(place.node);
    if (admission === undefined) say();
    else void admission.then(say);
  }
}
