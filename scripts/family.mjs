// `npm run family`: measures the default family on its held-out questions, and fills model card, docs/family.md and plot.
// What follows `--` goes to `aiflow family measure`: `npm run family -- --limit 200 --sample 40` for a first look.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './set-up.mjs';

setUp();
const pages = ['packages/family-nano/MODEL-CARD.md', 'docs/family.md'];
const settings = [...process.argv.slice(2), '--page', ...pages, '--plot', 'docs/family.svg'];
const child = spawn(
  process.execPath,
  [join(root, 'packages/node/dist/bin/aiflow.js'), 'family', 'measure', 'nano', ...settings],
  { cwd: root, stdio: 'inherit' },
);
// The terminal sends Ctrl-C to the child as well; this process only waits for it to clean up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
