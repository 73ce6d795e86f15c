// SPDX-License-Identifier: Apache-2.0
import { TIERS } from '@aiflow/protocol';
import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "use 1 to 63 of a-z, 0-9 and '-', such as 'edge-1'");
const milliseconds = z.number().int().positive();
const bytes = z.number().int().positive();
const depth = z.number().int().positive();

const credentials = z
  .strictObject({
    user: z.string().optional(),
    password: z.string().describe('The password itself; prefer passwordFile outside of a lab.').optional(),
    passwordFile: z.string().optional(),
    tokenFile: z.string().optional(),
    nkeySeedFile: z.string().optional(),
  })
  .describe('How this node proves itself to the broker. Files are read at start and never logged.');

const tls = z
  .strictObject({ caFile: z.string().optional(), certFile: z.string().optional(), keyFile: z.string().optional() })
  .describe('TLS towards the broker; with certFile and keyFile the broker can map the certificate to a user.');

const trust = z
  .strictObject({
    policy: z
      .enum(['listed', 'first-use'])
      .default('listed')
      .describe("'listed' admits only the keys below; 'first-use' admits any key on a loopback broker and pins it."),
    keys: z.record(name, z.string()).default({}).describe('Public key (base64url) by node name.'),
  })
  .describe('Which nodes are believed.');

const mesh = z.strictObject({
  url: z.string().default('nats://127.0.0.1:4222').describe('The broker for control messages.'),
  bulkUrl: z.string().optional().describe('The broker or account for bulk data; default: the same as url.'),
  credentials: credentials.default({}),
  bulkCredentials: credentials.optional().describe('For bulkUrl, where that is another account; default: credentials.'),
  tls: tls.optional(),
  insecure: z
    .boolean()
    .default(false)
    .describe('Allow an unauthenticated or unencrypted broker off loopback. Loudly logged.'),
  trust: trust.prefault({}),
  heartbeatMs: milliseconds.default(1000),
  maxPayloadBytes: bytes.default(8 * 1024 * 1024),
});

const actor = z.strictObject({
  module: z
    .string()
    .describe('Path of a TypeScript or JavaScript file, relative to this file, whose default export is an actor.'),
  name: name.optional().describe('Overrides the name the module gives.'),
});

const model = z.strictObject({
  folder: z.string().describe('Folder of a family: manifest.json, tokenizer and weights.'),
  exits: z
    .array(z.union([depth, z.strictObject({ exit: depth, rung: depth })]))
    .min(1)
    .describe('Depths this node loads, each whole or at a rung: a prefix of its block. Memory follows the deepest.'),
  fromLayer: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('Load the layers from here on only: such a node goes on where others stopped and needs their features.'),
  format: z.enum(['fp32', 'int8', 'int4']).default('fp32').describe('Arithmetic; only fp32 is exact.'),
  progressive: z
    .boolean()
    .default(false)
    .describe(
      'Serve from the first rung of each exit as soon as that is loaded; the rest follows. Until then answers are poorer: exits 1 and 3 of nano first serve at 1.1 and 7.4 % right answers; see "Choosing a rung" in docs/family.md.',
    ),
  threads: z.number().int().min(1).max(64).default(1),
  cacheFolder: z.string().optional().describe('Where built graphs are kept; default: under state.folder.'),
  residentLimitBytes: bytes.default(1024 * 1024 * 1024).describe('The model host is recycled above this.'),
  slowdown: z.number().min(1).max(100).default(1).describe('Emulates a slower machine by sleeping; for labs.'),
});

const power = z
  .strictObject({
    watts: z
      .number()
      .positive()
      .max(1_000_000)
      .describe(
        'What this machine draws while it computes. Told to the fleet: answers then come with their joules; see "What an answer cost" in docs/decoding.md.',
      ),
  })
  .describe('What this node states of its power. Default: nothing, and no joules are counted here.');

const exitPolicy = z
  .strictObject({
    risk: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe(
        "Accept shallower exits' tokens where they are so sure that at most this share of all tokens differs from the deepest exit's; 0.01 is 1 %.",
      ),
    joules: z.number().positive().optional().describe('Energy one answer may take; needs watts, here or under power.'),
    watts: z
      .number()
      .positive()
      .optional()
      .describe('What this machine draws while it computes. Default: power.watts.'),
    inTime: z.boolean().default(false).describe('Choose depths so that an answer fits its deadline.'),
  })
  .describe('Which exit decides each token of answers that this node gives alone, unless a question names an exit.');

const roles = z.strictObject({
  answer: z
    .strictObject({
      exit: z.number().int().positive().optional().describe('Depth used for drafting; default: the shallowest loaded.'),
      draftLength: z.number().int().min(1).max(64).default(8),
      exitPolicy: exitPolicy.optional(),
      finish: z
        .boolean()
        .optional()
        .describe(
          'Finish answers that others gave alone while their link was down. Default: on an edge and the cloud.',
        ),
    })
    .optional()
    .describe('This node accepts questions and owns their sessions.'),
  verify: z
    .strictObject({
      exit: z.number().int().positive().optional().describe('Depth that judges; default: the deepest loaded.'),
      maxSessions: z.number().int().positive().default(64),
    })
    .optional()
    .describe('This node judges drafts of others.'),
  features: z
    .strictObject({ maxSessions: z.number().int().positive().default(64) })
    .optional()
    .describe('This node stops at its exits for others and hands them its hidden states. These are not private.'),
  continue: z.strictObject({}).optional().describe('This node goes on where others stopped, at the depths it loads.'),
});

const store = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Without it requests with an id are refused, and nothing is caught up with after an outage.'),
    maxBytes: bytes
      .default(32 * 1024 * 1024)
      .describe('Of what waits for other nodes. When full, what matters less gives way; see docs/offline.md.'),
    syncEveryMs: milliseconds
      .optional()
      .describe(
        'Default: what is accepted is on the disk first, and survives a power cut. With a number the disk follows within so many milliseconds: what is newer survives a killed process, not a power cut.',
      ),
  })
  .describe(
    'What a node that answers must not forget: requests with an id, and what it owes others. Under state.folder.',
  );

const door = z
  .strictObject({
    enabled: z.boolean().default(true),
    socket: z
      .string()
      .optional()
      .describe(
        'Path of the unix socket, relative to this file; default: door.sock under state.folder, or a short path in XDG_RUNTIME_DIR or the temporary folder where that is too long for a socket.',
      ),
    listed: z
      .boolean()
      .default(true)
      .describe('Commands on this machine find it by themselves; without, they need --socket.'),
  })
  .describe('By it programs of the same user on this machine reach this node without a broker.');

/** The daemon's file. Each field carries its own documentation, which is published as JSON schema. */
export const NODE_CONFIG = z
  .strictObject({
    $schema: z.string().optional(),
    fleet: name.describe('Nodes of another fleet are not heard.'),
    node: z.strictObject({
      name: name.describe('Unique in the fleet.'),
      tier: z.enum(TIERS).describe('The role this node plays; never part of its address.'),
      site: name.default('main').describe('Where it is attached: an edge station and what hangs below it.'),
    }),
    mesh: mesh.prefault({}),
    door: door.prefault({}),
    store: store.prefault({}),
    state: z
      .strictObject({ folder: z.string().describe('Holds the node key and caches; created with mode 0700.') })
      .prefault({ folder: './.aiflow/state' }),
    health: z
      .strictObject({
        host: z.string().default('127.0.0.1'),
        port: z.number().int().min(0).max(65_535).default(0).describe('0 takes a free port, which is logged.'),
      })
      .prefault({}),
    log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
    telemetry: z
      .strictObject({
        otlpEndpoint: z.string().optional().describe('Default: OTEL_EXPORTER_OTLP_ENDPOINT, else nothing is exported.'),
        sampleRatio: z.number().min(0).max(1).default(1),
        spool: z
          .boolean()
          .default(true)
          .describe('Keep finished spans under state.folder, at most 8 MiB: traces outlive a restart and an outage.'),
      })
      .prefault({}),
    actors: z.array(actor).default([]),
    model: model.optional(),
    roles: roles.prefault({}),
    power: power.optional(),
    drainTimeoutMs: milliseconds.default(10_000).describe('How long a stopping node lets open work finish.'),
  })
  .superRefine((config, context) => {
    const policy = config.roles.answer?.exitPolicy;
    if (policy?.joules !== undefined && policy.watts === undefined && config.power === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['roles', 'answer', 'exitPolicy', 'joules'],
        message: 'energy becomes a limit only with the draw of this machine: add watts beside joules, or power.watts',
      });
    }
    const { answer, verify, features, continue: goOn } = config.roles;
    if (config.model !== undefined && config.model.fromLayer > 0 && (answer || verify || features)) {
      context.addIssue({
        code: 'custom',
        path: ['model', 'fromLayer'],
        message:
          'a node without the layers below can only continue: remove the roles answer, verify and features, or fromLayer',
      });
    }
    if ((answer || verify || features || goOn) && !config.model) {
      context.addIssue({
        code: 'custom',
        path: ['model'],
        message: 'a node with a role needs a model: add model.folder and model.exits',
      });
    }
  });

/** The daemon's configuration with every default filled in. */
export type NodeConfig = z.output<typeof NODE_CONFIG>;

/** The daemon's configuration as written, before defaults. */
export type NodeConfigInput = z.input<typeof NODE_CONFIG>;
