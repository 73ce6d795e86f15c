import { defineConfig } from 'vitest/config';

/** Workspace packages are read from source, so unit tests need no build; tests that start processes run the built CLI. */
export default defineConfig({
  resolve: { conditions: ['@aiflow/source'] },
  ssr: { resolve: { conditions: ['@aiflow/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 3, // whole fleets wait more than they compute
  },
});
