// `npm run verify`: everything a change must pass. Tests come last, so that their count is the last line.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './set-up.mjs';

setUp();
const turbo = join(root, 'node_modules/turbo/bin/turbo');
const steps = [
  {
    name: 'lint, types, dead code',
    command: process.execPath,
    args: [turbo, 'run', 'lint', 'types', 'dead-code', '--output-logs=errors-only'],
  },
  { name: 'tests', command: 'npm', args: ['test', '--silent'] },
];

for (const { name, command, args } of steps) {
  const beganMs = Date.now();
  process.stderr.write(`verify: ${name} …\n`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) {
    process.stderr.write(`verify: ${name} failed\n`);
    process.exit(1);
  }
  if (name !== 'tests') process.stderr.write(`verify: ${name}: ${((Date.now() - beganMs) / 1000).toFixed(1)} s\n`);
}
