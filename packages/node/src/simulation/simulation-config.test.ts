import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConfig } from '../config/parse-config.ts';
import { SIMULATION_CONFIG, type SimulationConfig } from './simulation-config.ts';

const DEVICE = 'nodes: [ { name: device-1, tier: device, exits: [1] } ]';
const parse = (text: string): SimulationConfig => parseConfig(text, SIMULATION_CONFIG, { file: 'lab.yaml' });

test('a list of nodes is enough; the rest has defaults', () => {
  expect(parse(DEVICE)).toMatchObject({
    ...{
      seed: 1,
      family: 'nano',
      tiers: ['auto'],
      links: {},
      deadlineMs: 30_000,
      warmUp: 1,
      askEveryMs: 0,
      limitMs: 600_000,
    },
    nodes: [{ name: 'device-1', tier: 'device', site: 'main', exits: [{ exit: 1 }], format: 'fp32', slowdown: 1 }],
  });
});

test('short forms stand for long ones: a profile’s name, a question’s text, one choice of tiers', () => {
  const config = parse(`
nodes: [ { name: device-1, tier: device, exits: [1, { exit: 3, rung: 2 }], link: 4g } ]
questions: [ What is 7 + 5?, { question: And 8 + 5?, answer: '13' } ]
tiers: local`);
  expect(config.nodes[0]).toMatchObject({ exits: [{ exit: 1 }, { exit: 3, rung: 2 }], link: { profile: '4g' } });
  expect(config.questions).toEqual([{ question: 'What is 7 + 5?' }, { question: 'And 8 + 5?', answer: '13' }]);
  expect(config.tiers).toEqual(['local']);
});

const onNode = (more: string): string => `nodes:\n  - { name: device-1, tier: device, exits: [1], ${more} }`;

test.each([
  ['{}', 'nodes: nothing is not allowed: give a list of nodes'],
  [`${DEVICE}\nseed: 1.5`, 'lab.yaml:2: seed: 1.5 is not allowed: give a whole number from 0 to 4294967295'],
  [`${DEVICE}\nspeed: 1`, "'speed' is not known: a simulation has $schema, seed,"],
  [
    `${DEVICE}\ntiers: [auto, both]`,
    'tiers[1]: "both" is not allowed: give one of auto, local, two, three, cloud-only',
  ],
  [`${DEVICE}\nat: edge-1`, "at: 'edge-1' is not allowed: give one of device-1"],
  [`${DEVICE}\nquestions: ['  ']`, 'questions[0].question: "" is not allowed: give a question'],
  [`${DEVICE}\nquestions: [a]\ndraw: {}`, "draw: 'draw' is not allowed: give questions or draw, not both"],
  [`${DEVICE}\nlinks: { 5g: {} }`, "links.5g: '5g' is not allowed: give a name that no built-in profile has"],
  [`${DEVICE}\nlinks: { a: { profile: b }, b: {} }`, "links.a.profile: 'b' is not allowed: give one of wired-edge,"],
  [onNode('slowdown: 0.5'), 'nodes[0].slowdown: 0.5 is not allowed: give a factor from 1 to 100'],
  [onNode('link: wifi'), "nodes[0].link: 'wifi' is not allowed: give one of wired-edge,"],
  [onNode('link: 12'), 'nodes[0].link: 12 is not allowed: give a link with profile, delayMs,'],
  [
    onNode('link: { delayMs: -1 }'),
    'lab.yaml:2: nodes[0].link.delayMs: -1 is not allowed: give milliseconds from 0 to',
  ],
  [onNode('link: { lossRatio: 1 }'), 'nodes[0].link.lossRatio: 1 is not allowed: give a share from 0 to 0.9'],
  [onNode('link: { rate: 1 }'), "nodes[0].link: 'rate' is not known: a link has profile,"],
  [
    onNode('link: { outages: [ { atMs: 0, forMs: 50, everyMs: 50 } ] }'),
    'nodes[0].link.outages[0].everyMs: 50 is not allowed: give more than forMs, which is 50',
  ],
])('a file is refused with field, value and what is allowed (%#)', (text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test('two nodes of one name are refused at the second', () => {
  const twice = 'nodes:\n  - { name: a, tier: edge, exits: [5] }\n  - { name: a, tier: edge, exits: [5] }';
  expect(() => parse(twice)).toThrow("lab.yaml:3: nodes[1].name: 'a' is not allowed: give each node a name of its own");
});

test('whatever a file holds, it is taken or refused as a usage error', () => {
  fc.assert(
    fc.property(fc.object({ key: fc.constantFrom('nodes', 'links', 'draw', 'tiers', 'link', 'x') }), value => {
      try {
        parse(JSON.stringify(value));
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid-argument' });
      }
    }),
    { numRuns: 200 },
  );
});
