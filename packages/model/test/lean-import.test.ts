import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const BUILT = new URL('../dist/index.js', import.meta.url).href;
const RUNTIME = new URL('../dist/onnx/graph-runtime.js', import.meta.url).href;

/** The libraries mapped into a process that imported `specifier`. */
function mappedBy(specifier: string): string {
  const program = `await import(${JSON.stringify(specifier)}); process.stdout.write(require('node:fs').readFileSync('/proc/self/maps', 'utf8'))`;
  const asModule = `import { createRequire } from 'node:module'; const require = createRequire('/'); ${program}`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', asModule], { encoding: 'utf8' });
}

test.runIf(process.platform === 'linux')(
  'importing the package does not load the runtime, which only hosts need',
  () => {
    expect(mappedBy(RUNTIME)).toContain('libonnxruntime');
    expect(mappedBy(BUILT)).not.toContain('libonnxruntime');
  },
);
