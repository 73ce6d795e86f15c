// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';

/** A part of the work with how much of it is left to do. */
interface ProgressPart {
  readonly name: string;
  readonly questions: number;
  readonly guessMs: number;
}

/** Knows how far a measurement is. */
export interface MeasureProgress {
  /** Counts a question of a part that now took `ms` of a lane. */
  tick(part: string, ms: number): void;
  /** One line: part, questions done, time left. */
  line(part: string): string;
}

/** Estimates from each part's own pace once it has one, before that from its guess, scaled by how the guesses fared so far. */
export function createMeasureProgress(
  { clock }: { readonly clock: Clock },
  parts: readonly ProgressPart[],
  lanes: number,
): MeasureProgress {
  const spent = new Map(parts.map(({ name }) => [name, { questions: 0, ms: 0 }]));
  const beganMs = clock.nowMs();
  const leftMs = (): number => {
    const paces = parts.map(({ name, questions, guessMs }) => {
      const { questions: done, ms } = spent.get(name) ?? { questions: 0, ms: 0 };
      return { left: questions - done, done, ms, guessMs };
    });
    const guessedMs = paces.reduce((sum, { done, guessMs }) => sum + done * guessMs, 0);
    const scale = guessedMs === 0 ? 1 : paces.reduce((sum, { ms }) => sum + ms, 0) / guessedMs;
    const paceOf = ({ done, ms, guessMs }: (typeof paces)[number]): number => (done > 0 ? ms / done : guessMs * scale);
    return paces.reduce((sum, pace) => sum + pace.left * paceOf(pace), 0) / lanes;
  };
  return {
    tick: (part, ms) => {
      const past = spent.get(part) ?? { questions: 0, ms: 0 };
      spent.set(part, { questions: past.questions + 1, ms: past.ms + ms });
    },
    line: part => {
      const { questions = 0 } = parts.find(({ name }) => name === part) ?? {};
      const done = spent.get(part)?.questions ?? 0;
      const tookMs = clock.nowMs() - beganMs;
      return `${part}: ${done} of ${questions} questions, ${minutes(tookMs)} gone, about ${minutes(leftMs())} left`;
    },
  };
}

/** Such as `3:05`. */
export function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
