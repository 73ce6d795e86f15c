// SPDX-License-Identifier: Apache-2.0
import { InferenceSession } from 'onnxruntime-node';
import { vi } from 'vitest';

/** Runs `work` and says how many graphs are still loaded after it. */
export async function graphsLeft(work: () => Promise<unknown>): Promise<number> {
  let left = 0;
  const create = InferenceSession.create.bind(InferenceSession) as (...args: unknown[]) => Promise<InferenceSession>;
  const spy = vi.spyOn(InferenceSession, 'create').mockImplementation((async (...args: unknown[]) => {
    const session = await create(...args);
    left++;
    const release = session.release.bind(session);
    session.release = () => {
      left--;
      return release();
    };
    return session;
  }) as typeof InferenceSession.create);
  await work().finally(() => spy.mockRestore());
  return left;
}
