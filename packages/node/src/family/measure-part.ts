// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { workInLanes } from './measure-lanes.ts';
import type { MeasurePart } from './measure-plan.ts';
import {
  measureByBlocks,
  measureBySteps,
  measurePolicies,
  type QuestionPlace,
  type RiskPolicy,
} from './measure-question.ts';
import type { Measuring } from './measuring.ts';
import { riskPolicies } from './risk-policies.ts';
import { exitsOfSize, openSizeEngine } from './size-engine.ts';

/** Measures the questions of a part that have no record yet (F1). Returns why the part can't be measured, where it can't. */
export async function measurePart(measuring: Measuring, part: MeasurePart): Promise<string | undefined> {
  const { partial, lanes, signal, clock, progress, onProgress, family, tokenizer } = measuring;
  const known = partial.of(part.name);
  const waiting = part.questions.filter(({ id }) => !known.has(id));
  const policies = part.way === 'policies' ? riskPolicies(family.manifest) : [];
  if (part.way === 'policies' && policies.length === 0) return 'policies: the manifest has no confidence table';
  const context = family.manifest.dimensions.context;
  const exits = exitsOfSize(family.manifest, part.size);
  try {
    await workInLanes(
      waiting,
      { lanes, open: () => openSizeEngine(measuring, part.size, exits), signal },
      async (engine, question) => {
        const beganMs = clock.nowMs();
        const found = await measureWay(part, { engine, tokenizer, context }, { question, policies, measuring });
        await partial.add({ part: part.name, question: question.id, kind: question.kind, ...found });
        progress.tick(part.name, clock.nowMs() - beganMs);
        onProgress(progress.line(part.name));
      },
    );
    return undefined;
  } catch (error) {
    const { code, message } = AiflowError.from(error);
    if (code !== 'unimplemented') throw error;
    return `${part.name}: ${message}`;
  }
}

function measureWay(
  part: MeasurePart,
  place: QuestionPlace,
  work: {
    readonly question: MeasurePart['questions'][number];
    readonly policies: readonly RiskPolicy[];
    readonly measuring: Measuring;
  },
): ReturnType<typeof measureByBlocks> {
  const { question, policies, measuring } = work;
  switch (part.way) {
    case 'blocks':
      return measureByBlocks(place, question);
    case 'policies':
      return measurePolicies(place, question, policies);
    case 'steps': {
      const [first] = measuring.parts;
      const reference = measuring.partial.of(first?.name ?? '').get(question.id)?.reference;
      if (reference === undefined) throw new AiflowError('internal', `question ${question.id} has no reference yet`);
      return measureBySteps(place, question, reference);
    }
  }
}
