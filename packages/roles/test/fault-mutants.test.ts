// What keeps the invariants of `fault-schedules` from being empty words: parts that are broken on purpose, each in a
// fleet without another fault, and each is caught.
import type { BlockVerdict, Verifier } from '@aiflow/decode';
import type { OpenRequest, VerifyRequest } from '@aiflow/model';
import { describe, expect, test } from 'vitest';
import { type FaultyEngine, heardPrompt } from './fault-schedules/faulty-engine.ts';
import type { FaultyFleet } from './fault-schedules/faulty-fleet.ts';
import { violations } from './fault-schedules/invariants.ts';
import { playSchedule, type SeenDeadline, type Tampering } from './fault-schedules/play-schedule.ts';
import { AMPLE_DEADLINE_MS, drawSchedule, type Schedule } from './fault-schedules/schedule.ts';

const SEEDS = 40;

/** A session long enough for a fault to matter, and nothing else in its way. */
function plain(seed: number, change: Partial<Schedule> = {}): Schedule {
  const drawn = drawSchedule(seed);
  const calm = { faults: [], batching: false, driver: 'session', deadlineMs: AMPLE_DEADLINE_MS } as const;
  return { ...drawn, ...calm, dueMs: undefined, answerTokens: 20, maxTokens: 64, pull: 0, ...change };
}

async function caught(tampering: Tampering, change: Partial<Schedule> = {}): Promise<readonly string[]> {
  const found: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    found.push(...violations(await playSchedule(plain(seed, change), tampering)));
  }
  return found;
}

/** Changes what judges' engines do; each on its own. */
function judges(change: (engine: FaultyEngine, fleet: FaultyFleet) => Partial<FaultyEngine>): Tampering {
  return {
    fleet: fleet => {
      for (const { node, engine } of fleet.nodes.values()) {
        if (node !== 'device-1') Object.assign(engine, change(engine, fleet));
      }
    },
  };
}

/** Changes what drivers hear of verifiers, each session on its own. */
function verdicts(edit: (verifier: Verifier) => Verifier['verify']): Tampering {
  return { verifier: verifier => ({ ...verifier, verify: edit(verifier) }) };
}

const acceptsOneTooMany = judges(engine => {
  const verify = engine.verify.bind(engine);
  return {
    verify: async (request, signal) => {
      const verdict = await verify(request, signal);
      const { accepted, correction = 1 } = verdict;
      if (accepted >= request.tokens.length) return verdict;
      return { ...verdict, accepted: accepted + 1, correction: 1 + (correction % 4000) };
    },
  };
});

const takesAnOldVerdictForANewOne = verdicts(verifier => {
  let last: BlockVerdict | undefined;
  return async (block, signal) => {
    const past = last;
    const verdict = await verifier.verify(block, signal);
    last = verdict;
    if (past === undefined || past.epoch >= block.epoch || past.correction === undefined) return verdict;
    return { ...past, epoch: block.epoch, base: block.base, accepted: Math.min(past.accepted, block.tokens.length) };
  };
});

/** What was taken back stays in its cache, and what comes next is judged as if it came after that. */
const forgetsARollback = judges((engine, { language }) => {
  const open = engine.open.bind(engine);
  const verify = engine.verify.bind(engine);
  const texts = new Map<string, { readonly prompt: readonly number[]; tokens: readonly number[] }>();
  return {
    open: async (request: OpenRequest, signal) => {
      const prompt = heardPrompt(request.prompt, request.sampling?.seed);
      texts.set(request.session, { prompt, tokens: request.answer ?? [] });
      await open(request, signal);
    },
    verify: async (request: VerifyRequest, signal) => {
      const verdict = await verify(request, signal);
      const text = texts.get(request.session) ?? { prompt: [], tokens: [] };
      const { accepted, correction } = verdict;
      if (request.base < text.tokens.length) {
        return { ...verdict, accepted: 0, correction: language.next(request.exit, text.prompt, text.tokens) };
      }
      const own = correction === undefined ? [] : [correction];
      text.tokens = [...text.tokens, ...request.tokens.slice(0, accepted), ...own];
      return verdict;
    },
  };
});

const dropsTheFirstTokenOfABlock = verdicts(verifier => async (block, signal) => {
  const verdict = await verifier.verify({ ...block, tokens: block.tokens.slice(1) }, signal);
  return { ...verdict, accepted: Math.min(block.tokens.length, verdict.accepted + 1) };
});

const losesTheSeed = judges(engine => {
  const open = engine.open.bind(engine);
  return {
    open: ({ sampling, ...request }, signal) =>
      open((request.answer ?? []).length > 0 || sampling === undefined ? request : { ...request, sampling }, signal),
  };
});

const keepsItsSessions = judges(() => ({ close: async () => undefined }));
const saysNoFarewell: Tampering = { verifier: verifier => ({ ...verifier, close: async () => undefined }) };
const commitsDrafts: Tampering = {
  options: options => ({
    ...options,
    onRevision: (revision, resultSoFar) =>
      options.onRevision?.({ ...revision, committed: revision.tokens.length }, resultSoFar),
  }),
};
const mindsNoDeadline: Tampering = { options: options => ({ ...options, deadlineMs: 60_000 }) };
const mindsNoWindow: Tampering = { options: options => ({ ...options, window: 64, maxAhead: 96 }) };

describe('the invariants', () => {
  test('hold where nothing is broken', async () => {
    expect(await caught({})).toEqual([]);
  });

  test.each([
    ['an engine that accepts one token too many', 'F3', acceptsOneTooMany, {}],
    ['a driver that takes an old verdict for a new one', 'F3', takesAnOldVerdictForANewOne, {}],
    ['an engine that forgets a rollback', 'F3', forgetsARollback, { window: 8, draftTokens: 3, maxAhead: 96 }],
    ['a driver that drops the first token of a block', 'F3', dropsTheFirstTokenOfABlock, {}],
    [
      'a verifier that loses the seed when it is opened again',
      'F3',
      losesTheSeed,
      { samplingSeed: 7, faults: [{ kind: 'forget', node: 'cloud-1', atMs: 60 }] },
    ],
    ['a driver that commits its own drafts', 'F2', commitsDrafts, {}],
    ['a driver that minds no deadline', 'F1', mindsNoDeadline, { deadlineMs: 20 }],
    ['a driver that minds no window', 'F8', mindsNoWindow, { window: 1, draftTokens: 1, maxAhead: 96 }],
    ['a verifier that keeps its sessions', 'F6', keepsItsSessions, {}],
    ['a driver that says no farewell', 'F6', saysNoFarewell, {}],
  ] as const)('catch %s', { timeout: 60_000 }, async (_, invariant, tampering, change) => {
    const found = await caught(tampering, change);
    expect(found.filter(one => one.includes(invariant)).length).toBeGreaterThan(0);
  });

  test('catch a deadline that is not told, told late, told twice, or told of more than was shown', async () => {
    const played = await playSchedule(plain(1, { driver: 'answerer', dueMs: 30 }));
    expect(violations(played)).toEqual([]);
    const told = (change: (deadline: SeenDeadline) => readonly SeenDeadline[]): string => {
      const sessions = played.sessions.map(session => ({ ...session, deadlines: session.deadlines.flatMap(change) }));
      return violations({ ...played, sessions }).join();
    };
    expect(told(() => [])).toMatch(/F10 took [\d.]+ ms and said nothing at 30 ms/);
    expect(told(seen => [{ ...seen, atMs: 90 }])).toContain('F10 told at 90 ms what was due at 30 ms');
    expect(told(seen => [seen, seen])).toContain('F10 the deadline was told 2 times');
    expect(told(seen => [{ ...seen, committed: 3 + seen.committed }])).toMatch(/F10 \d+ tokens stood, \d+ were shown/);
  });
});
