// Turns proto/ into static code under packages/protocol/gen/. The output is not committed: it is rebuilt by set-up.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const protoFolder = join(root, 'proto/aiflow/v1');
const target = join(root, 'packages/protocol/gen');
const protoFiles = readdirSync(protoFolder)
  .filter(name => name.endsWith('.proto'))
  .sort()
  .map(name => join(protoFolder, name));

const run = (tool, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules/protobufjs-cli/bin', tool), ...args], { stdio: 'inherit' });

mkdirSync(target, { recursive: true });
run(
  'pbjs',
  ...['--target', 'static-module', '--wrap', 'es6', '--es6', '--force-number'],
  ...['--no-create', '--no-verify', '--no-delimited', '--no-service', '--no-typeurl', '--no-convert'],
  ...['--out', join(target, 'aiflow-v1.js'), ...protoFiles],
);
run('pbts', '--out', join(target, 'aiflow-v1.d.ts'), join(target, 'aiflow-v1.js'));
