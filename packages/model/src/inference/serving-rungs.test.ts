// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Logger } from '../logger.ts';
import { startUpgrade, type UpgradePlan } from './rung-upgrade.ts';
import { createServingRungs, type RungsByExit, type ServingRungs } from './serving-rungs.ts';
import type { Stage } from './stage.ts';

const released: string[] = [];

function stage(id: string): Stage {
  return { id, release: async () => void released.push(id) } as unknown as Stage;
}

function serving(...exits: readonly number[]): ServingRungs {
  released.length = 0;
  const trunk = [stage('trunk')];
  return createServingRungs(new Map(exits.map(exit => [exit, { trunk, exit: stage(`${exit}-1`), rung: 1 }])));
}

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

async function turnLoop(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
}

test('a call keeps the stages it began with; they are released when it has ended, and later calls take the new ones', async () => {
  const rungs = serving(1);
  const [first, second] = [gate(), gate()];
  const seen: string[] = [];
  const call = (until: Promise<void>) => async (byExit: RungsByExit) => {
    await until;
    seen.push(byExit.get(1)!.exit.id);
  };
  const before = rungs.during(call(first.opened));
  const replaced = rungs.replace(1, { stage: stage('1-2'), rung: 2 });
  const after = rungs.during(call(second.opened));
  second.open();
  await after;
  await turnLoop();
  expect([seen, released]).toEqual([['1-2'], []]);
  first.open();
  await before;
  await replaced;
  expect([seen, released]).toEqual([['1-2', '1-1'], ['1-1']]);
});

test('a call that fails holds nothing back', async () => {
  const rungs = serving(1);
  const failing = rungs.during(() => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  await rungs.replace(1, { stage: stage('1-2'), rung: 2 });
  expect(released).toEqual(['1-1']);
});

test('releasing everything releases shared stages once', async () => {
  const rungs = serving(1, 3);
  await rungs.release();
  expect(released.sort()).toEqual(['1-1', '3-1', 'trunk']);
});

function upgrading(
  rungs: ServingRungs,
  plan: Partial<UpgradePlan>,
): { steps: string[]; errors: string[]; stop: () => Promise<void>; settled: () => Promise<void> } {
  const steps: string[] = [];
  const errors: string[] = [];
  const ignore = (): void => undefined;
  const logger: Logger = {
    ...{ debug: ignore, info: ignore, warn: ignore },
    error: (message, fields) => void errors.push(`${message} ${fields?.because}`),
  };
  const upgrade = startUpgrade(
    { logger, clock: undefined as never, onRungsChanged: made => void steps.push([...made.values()].join(' ')) },
    {
      serving: rungs,
      wanted: [...rungs.byExit.keys()].map(exit => ({ exit, rung: 3 })),
      verify: async () => undefined,
      loadExit: async ({ exit, rung }) => stage(`${exit}-${rung}`),
      ...plan,
    },
  );
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await turnLoop();
  };
  return { steps, errors, stop: upgrade.stop, settled };
}

test('exits rise together, rung by rung', async () => {
  const rungs = serving(1, 3);
  const { steps, settled } = upgrading(rungs, {});
  await settled();
  expect(steps).toEqual(['2 1', '2 2', '3 2', '3 3']);
  expect(released).toEqual(['1-1', '3-1', '1-2', '3-2']);
});

test('what fails stays where it is and is logged with what to do; the others rise', async () => {
  const rungs = serving(1, 3);
  const verify = async ({ exit, rung }: { exit: number; rung: number }): Promise<void> => {
    if (exit === 1 && rung === 3) throw new Error('file x is damaged');
  };
  const { steps, errors, settled } = upgrading(rungs, { verify });
  await settled();
  expect(steps).toEqual(['2 1', '2 2', '2 3']);
  expect(errors).toEqual([
    'exit 1 stays below rung 3: repair what is named and start the engine again file x is damaged',
  ]);
});

test('a stop waits for the graph under way, releases it and begins no other', async () => {
  const rungs = serving(1, 3);
  const loading = gate();
  const loadExit = async ({ exit, rung }: { exit: number; rung: number }): Promise<Stage> => {
    await loading.opened;
    return stage(`${exit}-${rung}`);
  };
  const { steps, stop, settled } = upgrading(rungs, { loadExit });
  await settled();
  let stopped = false;
  const stopping = stop().then(() => {
    stopped = true;
  });
  await settled();
  expect(stopped).toBe(false);
  loading.open();
  await stopping;
  await settled();
  expect([steps, released]).toEqual([[], ['1-2']]);
});
