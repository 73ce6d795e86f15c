import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The house: what each package may import of ours, and which third-party packages have their only home in it. */
const HOUSE: Readonly<
  Record<string, { readonly layer: number; readonly ours: readonly string[]; readonly homeOf: readonly string[] }>
> = {
  protocol: { layer: 0, ours: [], homeOf: ['protobufjs'] },
  time: { layer: 0, ours: [], homeOf: [] },
  actor: { layer: 1, ours: ['protocol', 'time'], homeOf: [] },
  journal: { layer: 1, ours: ['protocol', 'time'], homeOf: [] },
  codec: { layer: 1, ours: ['protocol', 'time'], homeOf: [] },
  model: { layer: 1, ours: ['protocol', 'time'], homeOf: ['onnxruntime-node', '@huggingface/tokenizers'] },
  placement: { layer: 1, ours: ['protocol', 'time'], homeOf: [] },
  decode: { layer: 2, ours: ['protocol', 'time', 'model', 'placement'], homeOf: [] },
  outbox: { layer: 2, ours: ['protocol', 'time', 'actor', 'journal'], homeOf: [] },
  mesh: {
    layer: 2,
    ours: ['protocol', 'time', 'actor'],
    homeOf: ['@nats-io/nats-core', '@nats-io/transport-node', '@grpc/grpc-js'],
  },
  telemetry: {
    layer: 2,
    ours: ['protocol', 'time', 'actor', 'journal'],
    homeOf: [
      '@opentelemetry/sdk-trace-base',
      '@opentelemetry/resources',
      '@opentelemetry/exporter-trace-otlp-http',
      'prom-client',
    ],
  },
  roles: {
    layer: 3,
    ours: ['protocol', 'time', 'actor', 'codec', 'model', 'placement', 'decode', 'outbox'],
    homeOf: [],
  },
  lab: { layer: 3, ours: ['protocol', 'time', 'actor', 'model', 'decode', 'mesh', 'telemetry'], homeOf: [] },
  node: {
    layer: 4,
    ours: [
      ...['protocol', 'time', 'actor', 'journal', 'codec', 'model', 'placement', 'decode'],
      ...['mesh', 'outbox', 'telemetry', 'roles', 'lab'],
    ],
    homeOf: ['commander', 'jiti', 'picocolors', 'pino', 'yaml', 'zod'],
  },
  testkit: { layer: 4, ours: ['protocol', 'time', 'actor', 'lab'], homeOf: ['vitest'] },
};

/** Third-party packages that any package from layer 2 up may import. */
const OPEN_TO_UPPER = ['@opentelemetry/api'];

/** Folders of packages/ that hold data, not code. */
const DATA_PACKAGES = ['family-nano'];

const packagesFolder = join(import.meta.dirname, '../../packages');
const packageNames = readdirSync(packagesFolder).filter(name => !DATA_PACKAGES.includes(name));

describe.each(packageNames)('package %s', name => {
  const rule = HOUSE[name];

  test('stands in the table of layers', () => {
    expect(rule, `add ${name} to the table and to docs/architecture.md`).toBeDefined();
  });

  test('imports only lower layers and the third-party packages whose home it is', () => {
    for (const { file, specifier } of importsOf(name)) {
      const target = packageOf(specifier);
      if (target.startsWith('@aiflow/')) {
        const other = target.slice('@aiflow/'.length);
        if (other === name) continue;
        expect(rule?.ours, `${file} imports ${target}`).toContain(other);
        expect(HOUSE[other]?.layer, `${file} imports ${target} sideways`).toBeLessThan(rule?.layer ?? 0);
      } else {
        const allowed = [...(rule?.homeOf ?? []), ...((rule?.layer ?? 0) >= 2 ? OPEN_TO_UPPER : [])];
        expect(allowed, `${file} imports ${target}`).toContain(target);
      }
    }
  });

  test('declares each dependency it may have, and no other', () => {
    const manifest = JSON.parse(readFileSync(join(packagesFolder, name, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      const allowed = [
        ...(rule?.ours ?? []).map(other => `@aiflow/${other}`),
        ...(rule?.homeOf ?? []),
        ...OPEN_TO_UPPER,
        ...DATA_PACKAGES.map(data => `@aiflow/${data}`),
      ];
      expect(allowed, `${name}/package.json depends on ${dependency}`).toContain(dependency);
    }
  });
});

test('no third-party package has two homes', () => {
  const homes = Object.values(HOUSE).flatMap(rule => rule.homeOf);
  expect(homes).toEqual([...new Set(homes)]);
});

function importsOf(name: string): { file: string; specifier: string }[] {
  const folder = join(packagesFolder, name, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap(file =>
      specifiersIn(readFileSync(join(folder, file), 'utf8')).map(specifier => ({
        file: `${name}/src/${file}`,
        specifier,
      })),
    );
}

function specifiersIn(source: string): string[] {
  const statements = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'|(?:^|\n)import\s+'([^']+)'/g,
  );
  return [...statements]
    .map(match => match[1] ?? match[2] ?? match[3] ?? '')
    .filter(specifier => !specifier.startsWith('.') && !specifier.startsWith('#') && !specifier.startsWith('node:'));
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}
