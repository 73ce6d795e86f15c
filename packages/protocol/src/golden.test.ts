// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../testdata/samples.ts';

// `npm run golden -w packages/protocol` writes the files anew; a change to one that exists breaks older peers.
const testdata = join(import.meta.dirname, '../testdata');
const goldenPath = (name: string, form: string): string => join(testdata, `${name}.${form}`);
const plain = (value: unknown): unknown => JSON.parse(asJson(value));

function asJson(value: unknown): string {
  return `${JSON.stringify(withHex(value), null, 2)}\n`;
}

/** Bytes become hex first: a Buffer's own toJSON would run before a replacer sees it. */
function withHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(withHex);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withHex(field)]));
}

describe.each(SAMPLES.map(sample => [sample.name, sample] as const))('%s', (name, sample) => {
  test('encodes to its golden bytes', async () => {
    const hex = Buffer.from(sample.encode()).toString('hex').replace(/.{64}/g, '$&\n').trimEnd();
    await expect(`${hex}\n`).toMatchFileSnapshot(goldenPath(name, 'hex'));
    await expect(asJson(sample.value)).toMatchFileSnapshot(goldenPath(name, 'json'));
  });

  test('is decoded from its golden bytes', () => {
    expect(plain(sample.decode(goldenBytes(name)))).toEqual(JSON.parse(readFileSync(goldenPath(name, 'json'), 'utf8')));
  });

  test('means the same to a reader built from the proto at run time', () => {
    const type = protoTypes().lookupType(`aiflow.v1.${messageName(name)}`);
    const dynamic = type.decode(goldenBytes(name));
    expect(type.verify(dynamic)).toBeNull();
    const missing = type.fieldsArray.filter(field => !Object.hasOwn(dynamic, field.name));
    expect(
      missing.map(field => field.name),
      'fields the sample leaves at their default',
    ).toEqual([]);
    expect(Buffer.from(type.encode(dynamic).finish()).equals(goldenBytes(name))).toBe(true);
  });
});

test('there is no golden file without a sample', () => {
  const files = readdirSync(testdata).filter(file => file.endsWith('.hex') || file.endsWith('.json'));
  const expected = SAMPLES.flatMap(sample => [`${sample.name}.hex`, `${sample.name}.json`]);
  expect(files.sort()).toEqual(expected.sort());
});

function goldenBytes(name: string): Buffer {
  return Buffer.from(readFileSync(goldenPath(name, 'hex'), 'utf8').replaceAll('\n', ''), 'hex');
}

function messageName(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

let cachedTypes: protobuf.Root | undefined;

function protoTypes(): protobuf.Root {
  const folder = join(import.meta.dirname, '../../../proto/aiflow/v1');
  cachedTypes ??= new protobuf.Root().loadSync(readdirSync(folder).map(file => join(folder, file)));
  return cachedTypes;
}
