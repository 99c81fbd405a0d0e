import { defineConfig } from 'vitest/config';

const DATABASE = ['test/{store,pipeline,graph,server}/**/*.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './test/helpers/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...DATABASE, 'test/fault/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'database',
          include: DATABASE,
          globalSetup: ['test/helpers/postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'fault',
          include: ['test/fault/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each of these runs whole platforms, which want a core of their own.
          fileParallelism: false,
        },
      },
    ],
  },
});
