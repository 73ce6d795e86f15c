// SPDX-License-Identifier: Apache-2.0
//
// Builds of different age on one mesh. `fixtures/first-wire` is the wire as the first build spoke it: its schema and one of
// each of its messages. Generation 1 has only ever had fields added, so each side must understand the other.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonStream } from '@aiflow/protocol';
import { type AskItem, askAnswer } from '@aiflow/roles';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { checkGeneration, OLDEST_WIRE_GENERATION, WIRE_GENERATION } from '../../packages/protocol/src/generation.ts';
import { SAMPLES } from '../../packages/protocol/testdata/samples.ts';
import { DEVICE, EDGE, startToyFleet } from '../../packages/roles/test/toy-fleet.ts';

const FIRST_WIRE = join(import.meta.dirname, 'fixtures/first-wire');

interface FirstMessage {
  readonly hex: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const FIRST_MESSAGES = Object.entries(
  JSON.parse(readFileSync(join(FIRST_WIRE, 'golden.json'), 'utf8')) as Record<string, FirstMessage>,
);
const firstSchema = new protobuf.Root().loadSync(
  readdirSync(FIRST_WIRE)
    .filter(file => file.endsWith('.proto'))
    .map(file => join(FIRST_WIRE, file)),
);

function firstType(name: string): protobuf.Type {
  const message = name.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return firstSchema.lookupType(`aiflow.v1.${message}`);
}

function sampleOf(name: string): (typeof SAMPLES)[number] {
  const sample = SAMPLES.find(one => one.name === name);
  if (sample === undefined) throw new Error(`${name} is a message of the first build, and today there is none`);
  return sample;
}

describe.each(FIRST_MESSAGES)('%s', (name, { hex, value }) => {
  test('as the first build wrote it means the same today', () => {
    expect(plain(sampleOf(name).decode(Buffer.from(hex, 'hex')))).toMatchObject(value);
  });

  test('as written today is read by the first build, which passes over what it does not know', () => {
    const type = firstType(name);
    const today = type.decode(sampleOf(name).encode());
    expect(type.verify(today)).toBeNull();
    const known = type.toObject(today);
    const before = type.toObject(type.decode(Buffer.from(hex, 'hex')));
    expect(Object.keys(known)).toEqual(expect.arrayContaining(Object.keys(before)));
  });

  test('passed on by the first build byte for byte loses nothing', () => {
    const { encode, decode, value: sent } = sampleOf(name);
    expect(plain(decode(Buffer.from(encode())))).toEqual(plain(sent));
  });
});

describe('generations of the wire', () => {
  const accepted = Array.from(
    { length: WIRE_GENERATION - OLDEST_WIRE_GENERATION + 1 },
    (_, index) => OLDEST_WIRE_GENERATION + index,
  );

  test('the one before today is understood, where there is one', () => {
    expect(accepted).toContain(WIRE_GENERATION);
    expect(accepted).toContain(Math.max(1, WIRE_GENERATION - 1));
    for (const generation of accepted) expect(() => checkGeneration(generation, 'edge-1')).not.toThrow();
  });

  test('a newer one is refused naming us as the one to upgrade, an older one naming its sender', () => {
    const range = `outside ${OLDEST_WIRE_GENERATION}..${WIRE_GENERATION}`;
    expect(() => checkGeneration(WIRE_GENERATION + 1, 'edge-1')).toThrow(`${range}: upgrade this node`);
    expect(() => checkGeneration(OLDEST_WIRE_GENERATION - 1, 'edge-1')).toThrow(`${range}: upgrade edge-1`);
  });
});

describe('an asker that knows revisions and summaries alone', () => {
  /** As the contract stood before answers began with `accepted`. */
  const formerAsk = jsonStream('aiflow.ask', {
    request: (json: unknown) => json as { question: string },
    item: (json: unknown) => {
      const { kind } = json as AskItem;
      if (kind === 'revision' || kind === 'summary') return { kind };
      throw new Error(`an item is a revision or a summary, got kind ${kind}`);
    },
  });

  test('is never sent anything else, as it names no id', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE, EDGE] });
    const read = async (): Promise<string[]> => {
      const kinds: string[] = [];
      const to = { node: 'device-1', actor: 'answerer' };
      const client = fleet.system('edge-1');
      for await (const { kind } of client.stream(to, formerAsk, { question: 'which way?' })) kinds.push(kind);
      return kinds;
    };
    const kinds = await fleet.clock.runUntilSettled(read());
    expect(formerAsk.request.name).toBe(askAnswer.request.name);
    expect(kinds.at(-1)).toBe('summary');
    expect(new Set(kinds.slice(0, -1))).toEqual(new Set(['revision']));
  });
});

/** Bytes become hex, as the fixtures have them. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(withHex(value)));
}

function withHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(withHex);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withHex(field)]));
}
