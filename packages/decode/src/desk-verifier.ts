// SPDX-License-Identifier: Apache-2.0
import { MESSAGE_SIZES } from '@aiflow/placement';
import type { SessionSubject } from './drafter.ts';
import type { SessionMember } from './tier-statistics.ts';
import type { Verifier, VerifierTraffic } from './verifier.ts';
import type { VerifierDesk } from './verifier-desk.ts';

/** Passes one message over a link: resolves when it has arrived, rejects when it never will. */
export type Carry = (signal: AbortSignal, bytes: number) => Promise<void>;

/** How to reach a desk without a network. Default: at once. */
export interface DeskLink {
  readonly there?: Carry;
  readonly back?: Carry;
}

/** A verifier in this process: a desk, and perhaps a simulated link to it. Its traffic is what the wire would carry. */
export function createDeskVerifier(
  desk: VerifierDesk,
  member: SessionMember,
  subject: SessionSubject,
  link: DeskLink = {},
): Verifier {
  const { session, prompt, sampling } = subject;
  const opening = { exit: member.exit, prompt, ...(sampling === undefined ? {} : { sampling }) };
  const { there, back, traffic } = countedWays(link);
  return {
    ...member,
    open: async ({ epoch, answer }, signal) => {
      await there(signal, MESSAGE_SIZES.opening + tokenBytes(prompt.length + answer.length));
      await desk.open(session, { ...opening, epoch, answer }, signal);
      await back(signal, MESSAGE_SIZES.message);
    },
    verify: async (block, signal) => {
      await there(signal, MESSAGE_SIZES.message + tokenBytes(block.tokens.length));
      const verdict = await desk.verify(session, block, signal);
      await back(signal, MESSAGE_SIZES.message);
      return verdict;
    },
    rollback: async (change, signal) => {
      await there(signal, MESSAGE_SIZES.message + tokenBytes(change.tokens.length));
      await desk.rollBack(session, change);
    },
    close: () => desk.close(session),
    traffic,
  };
}

function tokenBytes(tokens: number): number {
  return tokens * MESSAGE_SIZES.token;
}

function countedWays({ there = arriveAtOnce, back = arriveAtOnce }: DeskLink): {
  readonly there: Carry;
  readonly back: Carry;
  readonly traffic: () => VerifierTraffic;
} {
  const sums = { sentMessages: 0, sentBytes: 0, receivedMessages: 0, receivedBytes: 0 };
  return {
    there: (signal, bytes) => {
      sums.sentMessages += 1;
      sums.sentBytes += bytes;
      return there(signal, bytes);
    },
    back: async (signal, bytes) => {
      await back(signal, bytes);
      sums.receivedMessages += 1;
      sums.receivedBytes += bytes;
    },
    traffic: () => ({ ...sums }),
  };
}

async function arriveAtOnce(): Promise<void> {
  return undefined;
}
