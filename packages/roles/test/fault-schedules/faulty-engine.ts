// SPDX-License-Identifier: Apache-2.0
import { createSyntheticEngine, type SyntheticEngine, type SyntheticLanguage } from '@aiflow/decode';
import type { DraftResult, OpenRequest, VerifyRequest } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';

/** Words of the language; a real engine refuses ids beyond its vocabulary, so this one does too. */
export const VOCABULARY = 4096;

/** A synthetic engine whose text depends on the sampling seed, and which tells what it still holds. */
export interface FaultyEngine extends SyntheticEngine {
  /** Names of the sessions it holds. */
  readonly held: ReadonlySet<string>;
  /** From now on nothing works any more. */
  die(): void;
  /** This share of drafts is made up: wrong tokens, ids that no vocabulary has, ends in the middle. */
  lie(share: number, random: Random, onLie: () => void): void;
}

export interface FaultyEngineOptions {
  readonly exits: readonly number[];
  readonly stepMs: number;
  readonly family?: string;
  readonly batching?: boolean;
}

/** The prompt as the language hears it: another text for another seed, the same at every exit. */
export function heardPrompt(prompt: readonly number[], samplingSeed: number | undefined): readonly number[] {
  return samplingSeed === undefined ? prompt : [...prompt, 1_000_000 + samplingSeed];
}

export function createFaultyEngine(
  collaborators: { readonly clock: Clock; readonly language: SyntheticLanguage },
  { batching = false, ...options }: FaultyEngineOptions,
): FaultyEngine {
  const verifyManyMs = (blocks: readonly number[]): number => options.stepMs * (1 + blocks.length / 8);
  const engine = createSyntheticEngine(collaborators, { ...options, ...(batching ? { verifyManyMs } : {}) });
  const held = new Set<string>();
  const { open, draft, verify, verifyMany, close, forget } = bound(engine);
  let liar: Liar | undefined;
  const faulty = Object.assign(engine, {
    held,
    open: async (request: OpenRequest, signal?: AbortSignal) => {
      await open({ ...request, prompt: heardPrompt(request.prompt, request.sampling?.seed) }, signal);
      held.add(request.session);
    },
    draft: async (...args: Parameters<SyntheticEngine['draft']>) => {
      const made = await draft(...args);
      return liar === undefined || args[0].count === 0 ? made : invent(made, liar);
    },
    verify: async (request: VerifyRequest, signal?: AbortSignal) => {
      checkVocabulary(request.tokens);
      return verify(request, signal);
    },
    close: async (session: string) => {
      held.delete(session);
      await close(session);
    },
    forget: () => {
      held.clear();
      forget();
    },
    die: () => {
      const fail = (): Promise<never> => Promise.reject(new AiflowError('unavailable', 'the engine died'));
      Object.assign(engine, { open: fail, draft: fail, verify: fail });
    },
    lie: (share: number, random: Random, onLie: () => void) => {
      liar = { share, random, onLie };
    },
  });
  if (verifyMany !== undefined) {
    faulty.verifyMany = async (requests, signal) => {
      const sound = await Promise.allSettled(requests.map(async ({ tokens }) => checkVocabulary(tokens)));
      const fine = requests.filter((_, at) => sound[at]?.status === 'fulfilled');
      const judged = fine.length === 0 ? [] : [...(await verifyMany(fine, signal))];
      return sound.map(one => (one.status === 'rejected' ? one : judged.shift()!));
    };
  }
  return faulty;
}

interface Liar {
  readonly share: number;
  readonly random: Random;
  readonly onLie: () => void;
}

const BEYOND_VOCABULARY = [VOCABULARY, 70_000, 0xffff_ffff];

function invent(made: DraftResult, { share, random, onLie }: Liar): DraftResult {
  if (random.next() >= share) return made;
  onLie();
  const tokens = made.tokens.map(token => {
    const way = random.below(12);
    if (way === 0) return BEYOND_VOCABULARY[random.below(3)]!;
    if (way === 1) return 0;
    return way < 5 ? token : 1 + random.below(VOCABULARY - 1);
  });
  return { ...made, tokens, finished: tokens.at(-1) === 0 };
}

function checkVocabulary(tokens: readonly number[]): void {
  const alien = tokens.find(token => token >= VOCABULARY);
  if (alien === undefined) return;
  throw new AiflowError('invalid-argument', `token ${alien} is outside the vocabulary of ${VOCABULARY}`);
}

function bound(
  engine: SyntheticEngine,
): Pick<SyntheticEngine, 'open' | 'draft' | 'verify' | 'verifyMany' | 'close' | 'forget'> {
  const { verifyMany } = engine;
  return {
    open: engine.open.bind(engine),
    draft: engine.draft.bind(engine),
    verify: engine.verify.bind(engine),
    close: engine.close.bind(engine),
    forget: engine.forget.bind(engine),
    ...(verifyMany === undefined ? {} : { verifyMany: verifyMany.bind(engine) }),
  };
}
