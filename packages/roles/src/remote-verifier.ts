// SPDX-License-Identifier: Apache-2.0
import type { ActorCaller } from '@aiflow/actor';
import type { BlockVerdict, SessionSubject, Verifier } from '@aiflow/decode';
import type { ComputeFormat, Engine } from '@aiflow/model';
import {
  type Address,
  AiflowError,
  closeSession,
  closeSessionPayload,
  draftPayload,
  openSession,
  openSessionPayload,
  rollBack,
  rollbackPayload,
  sessionOpenedPayload,
  type Tier,
  type Verdict,
  verdictPayload,
  verifyDraft,
} from '@aiflow/protocol';
import type { TrafficCounter } from './link-traffic.ts';
import { describeSplit } from './split-check.ts';

/** A verifier actor and what it was chosen for. */
export interface RemoteMember {
  readonly address: Address;
  readonly tier: Tier;
  readonly exit: number;
  readonly format: ComputeFormat;
}

/** What a remote verifier works with. */
export interface RemoteVerifierParts {
  /** Speaks while the request lives: its time, cancellation and trace go with every message. */
  readonly caller: ActorCaller;
  /** Says farewell, which must be possible after the request was cancelled. */
  readonly farewell: ActorCaller;
  readonly owner: Engine;
  readonly subject: SessionSubject;
  readonly maxTokens: number;
  readonly traffic: TrafficCounter;
  /** Of the link to a node as measured. Default: unknown. */
  readonly roundTripTo?: (node: string) => number | undefined;
}

/** However long a node is busy or its link holds things up: a session without farewell stays until room is needed. */
const FAREWELL_LIMIT_MS = 600_000;

/** A verifier on another node, as `@aiflow/decode` sees it. Its session there is named after the subject and the exit. */
export function createRemoteVerifier(parts: RemoteVerifierParts, member: RemoteMember): Verifier {
  const { caller, farewell, traffic, subject, roundTripTo } = parts;
  const { address, tier, exit, format } = member;
  const { node } = address;
  const roundTripMs = roundTripTo?.(node);
  const session = `${subject.session}.${exit}`; // one node may judge the same answer at two exits
  return {
    ...{ node, tier, exit, format },
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
    open: async ({ epoch, answer }, signal) => {
      const { prompt, sampling } = subject;
      const split = describeSplit(parts.owner, member);
      const plain = { session, ...split, prompt, answer, epoch, maxTokens: parts.maxTokens };
      const request = sampling === undefined ? plain : { ...plain, sampling };
      traffic.sent(node, openSessionPayload, request);
      const opened = await caller.ask(address, openSession, request, { signal });
      traffic.received(node, sessionOpenedPayload, opened);
    },
    verify: async (block, signal) => {
      const draft = { session, ...block, confidences: [] };
      traffic.sent(node, draftPayload, draft);
      const verdict = await caller.ask(address, verifyDraft, draft, { signal });
      traffic.received(node, verdictPayload, verdict);
      checkVerdict(verdict, session, node);
      return fromWire(verdict);
    },
    rollback: async (change, signal) => {
      const message = { session, ...change };
      traffic.sent(node, rollbackPayload, message);
      await caller.tell(address, rollBack, message, { signal });
    },
    close: async () => {
      traffic.sent(node, closeSessionPayload, { session });
      await farewell.tell(address, closeSession, { session }, { timeoutMs: FAREWELL_LIMIT_MS });
    },
  };
}

/** One of another session, or one that does not add up, is no verdict on what was asked. */
function checkVerdict({ session, base, accepted, correction, committed }: Verdict, asked: string, node: string): void {
  const stands = base + accepted + (correction === undefined ? 0 : 1);
  if (session === asked && committed === stands) return;
  throw new AiflowError(
    'data-loss',
    `verdict of ${node} is on session ${session} with ${committed} tokens, expected ${asked} with ${stands}: ask again`,
  );
}

function fromWire({ epoch, base, accepted, correction, finished, nearTies, computeMs }: Verdict): BlockVerdict {
  return { epoch, base, accepted, correction, finished, nearTies, computeMs };
}
