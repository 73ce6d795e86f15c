// SPDX-License-Identifier: Apache-2.0
import type { SessionSubject } from './drafter.ts';
import type { SessionMember } from './session-result.ts';
import type { Verifier } from './verifier.ts';
import type { VerifierDesk } from './verifier-desk.ts';

/** Passes one message over a link: resolves when it has arrived, rejects when it never will. */
export type Carry = (signal: AbortSignal) => Promise<void>;

/** How to reach a desk without a network. Default: at once. */
export interface DeskLink {
  readonly there?: Carry;
  readonly back?: Carry;
}

/** A verifier in this process: a desk, and perhaps a simulated link to it. */
export function createDeskVerifier(
  desk: VerifierDesk,
  member: SessionMember,
  subject: SessionSubject,
  link: DeskLink = {},
): Verifier {
  const there = link.there ?? arriveAtOnce;
  const back = link.back ?? arriveAtOnce;
  const { session, prompt, sampling } = subject;
  const opening = { exit: member.exit, prompt, ...(sampling === undefined ? {} : { sampling }) };
  return {
    ...member,
    open: async ({ epoch, answer }, signal) => {
      await there(signal);
      await desk.open(session, { ...opening, epoch, answer }, signal);
      await back(signal);
    },
    verify: async (block, signal) => {
      await there(signal);
      const verdict = await desk.verify(session, block, signal);
      await back(signal);
      return verdict;
    },
    rollback: async (change, signal) => {
      await there(signal);
      await desk.rollBack(session, change);
    },
    close: () => desk.close(session),
  };
}

async function arriveAtOnce(): Promise<void> {
  return undefined;
}
