// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { showShortForms } from '../simulation/short-forms.ts';
import { SIMULATION_CONFIG } from '../simulation/simulation-config.ts';
import { FLEET_CONFIG } from './fleet-config.ts';
import { NODE_CONFIG } from './node-config.ts';

/** The JSON schemas (2020-12) of our three files, for editors and other tools, by file name. */
export function configSchemas(): Readonly<Record<string, unknown>> {
  return {
    'node.schema.json': { title: 'aiflow node', ...z.toJSONSchema(NODE_CONFIG, { io: 'input' }) },
    'fleet.schema.json': { title: 'aiflow fleet', ...z.toJSONSchema(FLEET_CONFIG, { io: 'input' }) },
    'simulation.schema.json': {
      title: 'aiflow simulation',
      ...z.toJSONSchema(SIMULATION_CONFIG, { io: 'input', override: showShortForms }),
    },
  };
}
