// SPDX-License-Identifier: Apache-2.0
import { dirname, resolve } from 'node:path';
import { type FamilyManifest, openFamilyFolder } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import type { FleetConfig } from '../config/fleet-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { readExamples, readHeldOut } from '../daemon/family-examples.ts';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { chooseQuestions, type SimulatedQuestion } from './choose-questions.ts';
import { type NodeLink, resolveLinks } from './resolve-links.ts';
import { simulatedFleet } from './simulated-fleet.ts';
import { SIMULATION_CONFIG, type SimulationConfig } from './simulation-config.ts';

/** What the command line changes of a file. */
export interface SimulationOverrides {
  /** A profile in place of every link. */
  readonly profile?: string | undefined;
  readonly seed?: number | undefined;
}

/** A simulation that was checked and can be started. */
export interface SimulationPlan {
  readonly file: string;
  readonly config: SimulationConfig;
  readonly fleet: FleetConfig;
  readonly links: readonly NodeLink[];
  readonly questions: readonly SimulatedQuestion[];
}

/**
 * Reads and checks a simulation's file, before anything is started. Throws `not-found` for a family that is not there,
 * `invalid-argument` for a file that can't be read, and naming field, value and what is allowed.
 */
export async function prepareSimulation(file: string, overrides: SimulationOverrides): Promise<SimulationPlan> {
  const read = await readSimulation(file);
  const config = { ...read, seed: overrides.seed ?? read.seed };
  const links = resolveLinks(config, overrides.profile);
  const baseFolder = dirname(resolve(file));
  const folder = resolveFamilyFolder(config.family, baseFolder);
  checkExits(config, (await openFamilyFolder(folder)).manifest);
  const known = config.questions === undefined ? await questionsOf(folder) : [];
  return {
    ...{ file, config, links },
    fleet: simulatedFleet(config, links, { name: `simulation-${process.pid}`, baseFolder }),
    questions: chooseQuestions(config, known),
  };
}

async function readSimulation(file: string): Promise<SimulationConfig> {
  try {
    return await readConfig(file, SIMULATION_CONFIG);
  } catch (cause) {
    if (!AiflowError.is(cause) || cause.code !== 'not-found') throw cause;
    const isGone = (cause.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    const problem = isGone ? `simulation file ${file} does not exist` : `simulation ${cause.message}`;
    throw new AiflowError('invalid-argument', `${problem}: give a file of nodes, links and questions`, { cause });
  }
}

async function questionsOf(folder: string): ReturnType<typeof readHeldOut> {
  const heldOut = await readHeldOut(folder);
  return heldOut.length > 0 ? heldOut : readExamples(folder);
}

function checkExits({ nodes, exit: wanted }: SimulationConfig, { family, exits }: FamilyManifest): void {
  const depths = exits.map(({ depth }) => depth);
  nodes.forEach(({ exits: held }, index) => {
    for (const { exit, rung } of held) {
      const entry = exits.find(({ depth }) => depth === exit);
      if (entry === undefined) throw refusal(`nodes[${index}].exits`, exit, `${family} has ${depths.join(', ')}`);
      const rungs = entry.rungs.length;
      if (rung !== undefined && rung > rungs)
        throw refusal(`nodes[${index}].exits`, `${exit} at rung ${rung}`, `${family} has ${rungs} rungs there`);
    }
  });
  const heldAnywhere = [...new Set(nodes.flatMap(({ exits: held }) => held.map(({ exit }) => exit)))];
  if (wanted !== undefined && !heldAnywhere.includes(wanted))
    throw refusal('exit', wanted, `the nodes hold ${heldAnywhere.sort((one, other) => one - other).join(', ')}`);
}

function refusal(field: string, value: number | string, allowed: string): AiflowError {
  return new AiflowError('invalid-argument', `${field} ${value} is not allowed: ${allowed}`);
}
