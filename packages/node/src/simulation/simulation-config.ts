// SPDX-License-Identifier: Apache-2.0
import { TIERS } from '@aiflow/protocol';
import { z } from 'zod';
import { LINK_PROFILES } from './link-profiles.ts';
import { fieldsOf, numberWithin, oneOf, refusing, wholeWithin } from './refusals.ts';
import { orShort } from './short-forms.ts';

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const namedAs = (example: string) => {
  const refusal = refusing(`1 to 63 of a-z, 0-9 and '-', such as '${example}'`);
  return z.string(refusal).regex(NAME, refusal);
};
const milliseconds = (min: number, max: number) => numberWithin(min, max, 'milliseconds');
const rate = numberWithin(100, 1e12, 'bit/s').optional();

const outage = fieldsOf(
  {
    atMs: milliseconds(0, 86_400_000).describe('Since the first question of a round.'),
    forMs: milliseconds(1, 86_400_000),
    everyMs: milliseconds(1, 86_400_000).optional().describe('Again so long after each beginning. Default: once.'),
    how: oneOf(['stall', 'silence', 'reset'])
      .default('stall')
      .describe('stall: bytes wait. silence: bytes vanish unnoticed. reset: connections are cut.'),
  },
  'an outage',
).superRefine(({ forMs, everyMs }, context) => {
  if (everyMs === undefined || everyMs > forMs) return;
  const message = `${everyMs} is not allowed: give more than forMs, which is ${forMs}`;
  context.addIssue({ code: 'custom', path: ['everyMs'], message });
});

const figures = {
  delayMs: milliseconds(0, 60_000).optional().describe('One way; a round trip costs twice this.'),
  jitterMs: milliseconds(0, 60_000).optional().describe('Up to so much more.'),
  bitsPerSecond: rate.describe('Each way.'),
  upBitsPerSecond: rate.describe('From the node.'),
  downBitsPerSecond: rate.describe('To the node.'),
  lossRatio: numberWithin(0, 0.9, 'a share').optional().describe('Of packets that have to be sent again.'),
  retransmitMs: milliseconds(0, 60_000).optional().describe('How much later such a packet comes.'),
  outages: z.array(outage, refusing('a list of outages')).max(64, refusing('at most 64 outages')).optional(),
};

const linkFigures = fieldsOf({ profile: z.string(refusing('the name of a profile')).optional(), ...figures }, 'a link');
const link = orShort(linkFigures, {
  expand: value => (typeof value === 'string' ? { profile: value } : value),
  jsonSchema: { type: 'string' },
}).describe('A profile by name, or figures, which may begin from one.');

const depth = wholeWithin(1, 10_000, 'a depth');
const exitAtRung = fieldsOf({ exit: depth, rung: depth }, 'an exit');
const exit = orShort(exitAtRung.partial({ rung: true }), {
  expand: value => (typeof value === 'object' && value !== null ? value : { exit: value }),
  jsonSchema: { type: 'integer', minimum: 1, maximum: 10_000 },
});

const node = fieldsOf(
  {
    name: namedAs('edge-1'),
    tier: oneOf(TIERS),
    site: namedAs('harbour').default('main'),
    exits: z.array(exit, refusing('a list of depths')).min(1, refusing('at least one depth')),
    format: oneOf(['fp32', 'int8', 'int4']).default('fp32').describe('Arithmetic; only fp32 is exact.'),
    slowdown: numberWithin(1, 100, 'a factor').default(1).describe('How many times slower than this machine.'),
    watts: numberWithin(0.001, 1e6, 'watts').optional().describe('Draw while it computes: answers come with joules.'),
    threads: wholeWithin(1, 64).default(1),
    link: link.optional().describe('Between this node and the hub. Default: none.'),
  },
  'a node',
);

const question = orShort(
  fieldsOf(
    {
      question: z.string(refusing('text')).trim().min(1, refusing('a question')),
      answer: z.string(refusing('text')).optional().describe('What is right.'),
    },
    'a question',
  ),
  {
    expand: value => (typeof value === 'string' ? { question: value } : value),
    jsonSchema: { type: 'string', minLength: 1 },
  },
);

const drawing = fieldsOf(
  {
    count: wholeWithin(1, 1000).default(5),
    kinds: z
      .array(z.string(refusing('text')), refusing('a list of kinds'))
      .min(1, refusing('a kind'))
      .optional(),
  },
  'a drawing',
);

const CHOICES = ['auto', 'local', 'two', 'three', 'cloud-only'] as const;
const tiers = orShort(
  z
    .array(oneOf(CHOICES))
    .min(1, refusing(`one of ${CHOICES.join(', ')}`))
    .max(5, refusing('each choice once'))
    .default(['auto']),
  {
    expand: value => (Array.isArray(value) || value === undefined ? value : [value]),
    jsonSchema: { type: 'string', enum: [...CHOICES] },
  },
);

const fields = fieldsOf(
  {
    $schema: z.string().optional(),
    seed: wholeWithin(0, 0xffff_ffff).default(1),
    family: z.string(refusing('a family’s name or folder')).default('nano'),
    nodes: z.array(node, refusing('a list of nodes')).min(1, refusing('a node')).max(64, refusing('at most 64 nodes')),
    links: z.record(namedAs('harbour-wifi'), link, refusing('links by name')).default({}),
    questions: z
      .array(question, refusing('a list of questions'))
      .min(1, refusing('a question'))
      .max(1000, refusing('at most 1000 questions'))
      .optional(),
    draw: drawing.optional().describe('Questions from the family’s held-out list, by the seed. Default: five.'),
    tiers: tiers.describe('Who shall answer; each choice gets a round of all questions over the same links.'),
    at: namedAs('device-1').optional().describe('The node to ask. Default: a device.'),
    exit: depth.optional(),
    maxTokens: wholeWithin(1, 4096).optional(),
    deadlineMs: milliseconds(1, 3_600_000).default(30_000).describe('For one question.'),
    warmUp: wholeWithin(0, 1000)
      .default(1)
      .describe('Questions asked of each choice of tiers before the first round, the last of the list first.'),
    askEveryMs: milliseconds(0, 3_600_000)
      .default(0)
      .describe('When each question begins, counted from the one before; at once where that one took longer.'),
    limitMs: milliseconds(1000, 86_400_000).default(600_000).describe('For all of it.'),
  },
  'a simulation',
);

/** The file that `aiflow simulate` takes. */
export const SIMULATION_CONFIG = fields.superRefine((config, context) => {
  const refuse = (path: (string | number)[], value: string, allowed: string): void =>
    context.addIssue({ code: 'custom', path, message: `'${value}' is not allowed: give ${allowed}` });
  const names = config.nodes.map(({ name }) => name);
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) refuse(['nodes', index, 'name'], name, 'each node a name of its own');
  });
  if (config.at !== undefined && !names.includes(config.at)) refuse(['at'], config.at, `one of ${names.join(', ')}`);
  if (config.questions !== undefined && config.draw !== undefined)
    refuse(['draw'], 'draw', 'questions or draw, not both');
  checkProfiles(config, refuse);
});

type Fields = z.output<typeof fields>;

function checkProfiles(
  { links, nodes }: Fields,
  refuse: (path: (string | number)[], value: string, allowed: string) => void,
): void {
  const builtIn = Object.keys(LINK_PROFILES);
  const known = [...builtIn, ...Object.keys(links)];
  for (const [name, { profile }] of Object.entries(links)) {
    if (builtIn.includes(name)) refuse(['links', name], name, 'a name that no built-in profile has');
    if (profile !== undefined && !builtIn.includes(profile))
      refuse(['links', name, 'profile'], profile, `one of ${builtIn.join(', ')}`);
  }
  nodes.forEach(({ link: linkOfNode }, index) => {
    const profile = linkOfNode?.profile;
    if (profile !== undefined && !known.includes(profile))
      refuse(['nodes', index, 'link'], profile, `one of ${known.join(', ')}`);
  });
}

/** A simulation with every default filled in. */
export type SimulationConfig = z.output<typeof SIMULATION_CONFIG>;

/** A link as a simulation's file has it. */
export type SimulatedLink = z.output<typeof linkFigures>;

/** One node of a {@link SimulationConfig}. */
export type SimulatedNode = SimulationConfig['nodes'][number];
