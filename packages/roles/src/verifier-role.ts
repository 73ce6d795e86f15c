// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, defineActor, type MessageContext, onAsk, onTell } from '@aiflow/actor';
import { type BlockVerdict, createVerifierDesk, type VerifierDesk, type VerifierDeskOptions } from '@aiflow/decode';
import type { Engine } from '@aiflow/model';
import {
  AiflowError,
  closeSession,
  type Draft,
  type OpenSession,
  openSession,
  rollBack,
  type SessionOpened,
  type Verdict,
  verifyDraft,
} from '@aiflow/protocol';
import { formatCapability } from './capability.ts';
import { checkSplit } from './split-check.ts';

/** Settings of a verifier. */
export interface VerifierRoleOptions extends VerifierDeskOptions {
  /** The actor's name. Default `verifier`. */
  readonly name?: string;
  /**
   * Messages handled at once, of all sessions. Most of them are blocks that wait for the engine or for a predecessor,
   * and must not keep that predecessor in the mailbox. Default 256.
   */
  readonly concurrency?: number;
}

/**
 * An actor that judges other nodes' drafts with `engine`, which stays the caller's. Sessions belong to the node that
 * opened them: the same id from two nodes names two sessions.
 */
export function createVerifierRole(
  { engine }: { readonly engine: Engine },
  options: VerifierRoleOptions = {},
): ActorDefinition<VerifierDesk> {
  const { family, format, exits } = engine;
  return defineActor<VerifierDesk>({
    name: options.name ?? 'verifier',
    capabilities: exits.map(exit => formatCapability({ duty: 'verify', family, exit, format })),
    concurrency: options.concurrency ?? 256,
    create: () => createVerifierDesk(engine, options),
    dispose: desk => desk.closeAll(),
    handlers: [
      onAsk(openSession, (desk, request, context) => known(() => open(desk, engine, request, context))),
      onAsk(verifyDraft, (desk, draft, context) => known(() => verify(desk, draft, context))),
      onTell(rollBack, (desk, change, context) => tolerant(context, desk.rollBack(keyOf(change, context), change))),
      onTell(closeSession, (desk, request, context) => tolerant(context, desk.close(keyOf(request, context)))),
    ],
  });
}

async function open(
  desk: VerifierDesk,
  engine: Engine,
  request: OpenSession,
  context: MessageContext,
): Promise<SessionOpened> {
  checkSplit(request, engine);
  await desk.open(keyOf(request, context), request, context.signal);
  const { session, exit, epoch } = request;
  return { session, exit, epoch, cached: 0 };
}

async function verify(desk: VerifierDesk, draft: Draft, context: MessageContext): Promise<Verdict> {
  const { session } = draft;
  const verdict = await desk.verify(keyOf(draft, context), draft, context.signal);
  return toWire(session, verdict);
}

function toWire(session: string, { correction, ...verdict }: BlockVerdict): Verdict {
  const own = correction === undefined ? {} : { correction };
  const committed = verdict.base + verdict.accepted + (correction === undefined ? 0 : 1);
  return { session, ...verdict, ...own, committed };
}

function keyOf({ session }: { readonly session: string }, { from }: MessageContext): string {
  return `${from.node}/${session}`;
}

/** Nothing an owner or the engine can cause is a fault of this actor. */
async function known<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw AiflowError.from(error);
  }
}

/** A tell has nobody to answer to; an owner whose rollback was lost notices when its next block is not judged. */
async function tolerant(context: MessageContext, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const { code, message } = AiflowError.from(error);
    context.logger.debug('a message about a session had no effect', { from: context.from.node, code, message });
  }
}
