// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorkspace, type Workspace } from '../../test/engines.ts';
import { createRandomFamily } from '../../test/random-family.ts';
import { parseManifest } from './parse-manifest.ts';
import { segmentsFor } from './segments.ts';
import { tensorContract } from './tensor-contract.ts';

type Json = Record<string, unknown> & {
  dimensions: Record<string, unknown>;
  segments: Record<string, unknown>[];
  exits: ({ rungs: Record<string, unknown>[] } & Record<string, unknown>)[];
  inDomain: Record<string, unknown>;
  featureSpaces: Record<string, unknown>[];
  tokenizer: { specials: Record<string, unknown> } & Record<string, unknown>;
};

let workspace: Workspace;
let valid: string;

beforeAll(async () => {
  workspace = await createWorkspace();
  valid = JSON.stringify(await createRandomFamily(workspace.path('family')));
});
afterAll(() => workspace[Symbol.asyncDispose]());

function changed(change: (manifest: Json) => void): string {
  const manifest = JSON.parse(valid) as Json;
  change(manifest);
  return JSON.stringify(manifest);
}

test('reads what a family states', () => {
  const manifest = parseManifest(valid, 'manifest.json');
  expect(manifest).toMatchObject({ family: 'random', dimensions: { hidden: 32 }, inDomain: { exit: 1 } });
  expect(manifest.exits.map(exit => exit.depth)).toEqual([1, 3, 4]);
});

test('a node loads the segments of its exits and no other', () => {
  const manifest = parseManifest(valid, 'manifest.json');
  expect(segmentsFor(manifest, [1]).map(segment => segment.id)).toEqual([
    ...['embedding', 'trunk-0-1', 'exit-1-rung-1', 'exit-1-rung-2', 'exit-1-rung-3'],
  ]);
  expect(segmentsFor(manifest, [{ exit: 1, rung: 1 }]).map(segment => segment.id)).toEqual([
    ...['embedding', 'trunk-0-1', 'exit-1-rung-1'],
  ]);
  expect(
    segmentsFor(manifest, [
      { exit: 3, rung: 2 },
      { exit: 1, rung: 1 },
    ]).map(segment => segment.id),
  ).toEqual([...['embedding', 'trunk-0-1', 'trunk-1-3', 'exit-1-rung-1', 'exit-3-rung-1', 'exit-3-rung-2']]);
  expect(() => segmentsFor(manifest, [2])).toThrow('family random has no exit 2: its exits are 1, 3, 4');
  expect(() => segmentsFor(manifest, [{ exit: 3, rung: 4 }])).toThrow(
    'exit 3 of family random has no rung 4: it has 1, 2, 3',
  );
  expect(() => segmentsFor(manifest, [3, { exit: 3, rung: 1 }])).toThrow('exit 3 is asked for at rung 3 and at rung 1');
});

describe('refuses, with file and place', () => {
  const cases: [string, (manifest: Json) => void, string][] = [
    [
      'a format of the future',
      m => {
        m.formatVersion = 3;
      },
      'formatVersion is 3, expected 2',
    ],
    [
      'a format of the past',
      m => {
        m.formatVersion = 1;
      },
      'formatVersion is 1, expected 2',
    ],
    ['a missing field', m => void delete m.family, 'family is missing'],
    [
      'a path out of the folder',
      m => {
        m.segments[1]!.file = '../x';
      },
      'segments[1].file is "../x"',
    ],
    [
      'a short hash',
      m => {
        m.segments[0]!.sha256 = 'abc';
      },
      'segments[0].sha256 is "abc"',
    ],
    [
      'another rotation',
      m => {
        m.dimensions.ropeStyle = 'interleaved';
      },
      'dimensions.ropeStyle is "interleaved"',
    ],
    [
      'grouped heads',
      m => {
        m.dimensions.kvHeads = 1;
      },
      'dimensions.kvHeads is 1',
    ],
    [
      'heads that do not fill the state',
      m => {
        m.dimensions.headSize = 8;
      },
      'expected heads x headSize 16',
    ],
    [
      'a special token outside',
      m => {
        m.tokenizer.specials.end = 260;
      },
      'specials.end is 260',
    ],
    ['a hole in the trunk', m => void m.segments.splice(2, 1), 'starts at layer 3, expected 1'],
    [
      'an end too early',
      m => {
        m.dimensions.layers = 5;
      },
      'end at layer 4, expected layers 5',
    ],
    ['a segment twice', m => void m.segments.push(m.segments[0]!), 'name embedding twice'],
    ['exits out of order', m => void m.exits.reverse(), 'expected ascending depths'],
    ['a rung without its segment', m => void m.segments.pop(), 'rung 3 of exit 4 lists segments'],
    [
      'an exit without rungs',
      m => {
        m.exits[1]!.rungs = [];
      },
      'exit 3 has no rungs',
    ],
    ['a rung left out', m => void m.exits[1]!.rungs.shift(), 'rung 2 of exit 3 stands where rung 1 is expected'],
    ['a last rung left out', m => void m.exits[1]!.rungs.pop(), 'exit 3 has 2 rungs, its segments hold exit-3-rung-1'],
    ['an exit that is not listed', m => void m.exits.pop(), 'segment exit-4-rung-1 holds an exit'],
    [
      'bytes that are not those of the segments',
      m => {
        (m.exits[0]!.rungs[1]!.bytes as number) += 1;
      },
      'rung 2 of exit 1 states',
    ],
    [
      'a rung smaller than the one below',
      m => {
        m.exits[0]!.rungs[1]!.parameters = 5;
      },
      'states 5 parameters, expected more than',
    ],
    [
      'an agreement over 1',
      m => {
        m.exits[0]!.rungs[0]!.agreement = 1.5;
      },
      'exits[0].rungs[0].agreement is 1.5, expected a number from 0 to 1',
    ],
    [
      'a confidence that promises less risk for less margin',
      m => {
        m.exits[0]!.confidence = [
          { risk: 0.01, margin: 2 },
          { risk: 0.02, margin: 3 },
        ];
      },
      'confidence 1 of exit 1',
    ],
    [
      'a domain of an exit that is not there',
      m => {
        m.inDomain.exit = 2;
      },
      'inDomain.exit is 2, exits are 1, 3, 4',
    ],
    [
      'an exit with wrong segments',
      m => {
        m.exits[0]!.rungs[0]!.segments = ['embedding'];
      },
      'rung 1 of exit 1 lists segments embedding',
    ],
    [
      'a feature space of other weights',
      m => {
        m.segments[0]!.sha256 = 'a'.repeat(64);
      },
      'its segments hash to',
    ],
    ['an exit without a feature space', m => void m.featureSpaces.pop(), 'exit 4 has no feature space'],
  ];
  test.each(cases)('%s', (_, change, message) => {
    const act = (): unknown => parseManifest(changed(change), 'nano/manifest.json');
    expect(act).toThrow(message);
    expect(act).toThrow('nano/manifest.json');
  });

  test('text that is not JSON', () => {
    expect(() => parseManifest(valid.slice(0, -5), 'manifest.json')).toThrow('manifest.json is not JSON');
    expect(() => parseManifest('[]', 'manifest.json')).toThrow('manifest.json: the root is []');
  });
});

test('a tensor contract differs with what must be shared and with nothing else', () => {
  const contract = (text: string): string => tensorContract(parseManifest(text, 'm'), 'fp32');
  const own = contract(valid);
  expect(
    contract(
      changed(m => {
        m.version = '9';
      }),
    ),
  ).toBe(own);
  expect(
    contract(
      changed(m => {
        m.dimensions.context = 100;
      }),
    ),
  ).not.toBe(own);
  expect(
    contract(
      changed(m => {
        m.tokenizer.specials.pad = 7;
      }),
    ),
  ).not.toBe(own);
  expect(
    contract(
      changed(m => {
        m.tokenizer.sha256 = 'b'.repeat(64);
      }),
    ),
  ).not.toBe(own);
  expect(tensorContract(parseManifest(valid, 'm'), 'int8')).not.toBe(own);
});
