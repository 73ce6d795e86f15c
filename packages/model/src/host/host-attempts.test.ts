// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { createHostAttempts, untilAborted } from './host-attempts.ts';
import { LOST_HOST } from './host-channel.ts';
import type { HostProcess } from './host-process.ts';

const host = (pid: number): HostProcess => ({ pid }) as HostProcess;
const lost = new AiflowError('unavailable', 'the host ended', { details: { host: LOST_HOST } });

/** Attempts over hosts 2, 3, ... in turn; `work` of a host whose pid is listed fails. */
function attemptsWhere(failures: Readonly<Record<number, AiflowError>>) {
  let pid = 1;
  const answered: number[] = [];
  const supervisor = {
    host: async () => host(++pid),
    answered: (by: HostProcess) => void answered.push(by.pid),
  };
  const attempts = createHostAttempts(supervisor, host(1));
  const work = async ({ pid: asked }: HostProcess): Promise<number> => {
    if (failures[asked] !== undefined) throw failures[asked];
    return asked;
  };
  return { attempts, answered, run: (signal?: AbortSignal) => attempts.run(signal, work) };
}

describe('work on the serving host', () => {
  test('is made once more where its host was lost, and the one that answered is told of', async () => {
    const { attempts, answered, run } = attemptsWhere({ 2: lost });
    await expect(run()).resolves.toBe(3);
    expect([answered, attempts.latest.pid]).toEqual([[3], 3]);
  });

  test('fails where the host was lost twice', async () => {
    await expect(attemptsWhere({ 2: lost, 3: lost }).run()).rejects.toBe(lost);
  });

  test('is not made again after any other failure', async () => {
    const refused = new AiflowError('unavailable', 'another reason');
    const { attempts, run } = attemptsWhere({ 2: refused });
    await expect(run()).rejects.toBe(refused);
    expect(attempts.latest.pid).toBe(2);
  });

  test('does not begin for a caller who gave up', async () => {
    const { attempts, run } = attemptsWhere({});
    await expect(run(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    expect(attempts.latest.pid).toBe(1);
  });
});

test('a caller who gives up hears so although the work goes on', async () => {
  const caller = new AbortController();
  const never = new Promise<never>(() => undefined);
  const call = untilAborted(caller.signal, () => never);
  caller.abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
});
