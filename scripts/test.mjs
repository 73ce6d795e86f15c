// `npm test`: sets the clone up, fetches the brokers that the suites run against, runs every test, and ends with
// one line that says how many passed and failed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './set-up.mjs';

setUp();
const brokers = spawnSync(process.execPath, [join(root, 'scripts/fetch-brokers.mjs')], { cwd: root, stdio: 'inherit' });
if (brokers.status !== 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), 'aiflow-test-'));
const report = join(folder, 'report.json');
const vitest = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(folder, { recursive: true, force: true });
const passed = counts?.numPassedTests ?? 0;
const failed = counts ? counts.numFailedTests + failedSuitesWithoutTests(counts) : 1;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(vitest.status === 0 && failed === 0 && passed > 0 ? 0 : 1);

/** A file that can't even be loaded holds no failed test, yet it is a failure. */
function failedSuitesWithoutTests(results) {
  return results.testResults.filter(suite => suite.status === 'failed' && suite.assertionResults.length === 0).length;
}
