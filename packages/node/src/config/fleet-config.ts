// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { NODE_CONFIG } from './node-config.ts';

const fields = NODE_CONFIG.shape;

const link = z
  .strictObject({
    delayMs: z.number().min(0).max(60_000).default(0).describe('One way; a round trip costs twice this.'),
    jitterMs: z.number().min(0).max(60_000).default(0),
    bytesPerSecond: z.number().positive().optional(),
  })
  .describe('An emulated link between this node and the broker.');

const fleetNode = z.strictObject({
  ...fields.node.shape,
  link: link.optional(),
  actors: fields.actors,
  model: fields.model,
  roles: fields.roles,
  power: fields.power,
  log: fields.log,
  telemetry: fields.telemetry,
});

/** The file of a whole fleet on one machine, as `aiflow up` takes it. */
export const FLEET_CONFIG = z
  .strictObject({
    $schema: z.string().optional(),
    fleet: fields.fleet,
    broker: z
      .strictObject({ url: z.string().optional().describe('Use this broker in place of one of our own.') })
      .prefault({}),
    nodes: z.array(fleetNode).min(1).max(64),
  })
  .superRefine((config, context) => {
    const seen = new Set<string>();
    config.nodes.forEach((node, index) => {
      if (seen.has(node.name)) {
        context.addIssue({
          code: 'custom',
          path: ['nodes', index, 'name'],
          message: `node name '${node.name}' is used twice: names are unique in a fleet`,
        });
      }
      seen.add(node.name);
    });
  });

/** A fleet with every default filled in. */
export type FleetConfig = z.output<typeof FLEET_CONFIG>;

/** One node of a {@link FleetConfig}. */
export type FleetNodeConfig = FleetConfig['nodes'][number];
