import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const DATABASE = ['test/{store,pipeline,graph,server,bench,command}/**/*.test.ts'];

/** Node finds the CommonJS build of graphql, vite the other one; two of them in one process refuse each other's types. */
const GRAPHQL = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };

export default defineConfig({
  test: {
    reporters: ['default', './test/helpers/reporter.ts'],
    // By itself vitest leaves a core to others, which on two cores is half; many tests wait for a database or a clock as it is.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        resolve: GRAPHQL,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...DATABASE, 'test/{fault,stream,browser}/**'],
          testTimeout: 30_000,
        },
      },
      {
        resolve: GRAPHQL,
        test: {
          name: 'database',
          include: DATABASE,
          globalSetup: ['test/helpers/postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: GRAPHQL,
        test: {
          name: 'fault',
          include: ['test/{fault,stream}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each of these runs whole platforms, which want a core of their own.
          fileParallelism: false,
        },
      },
      {
        resolve: GRAPHQL,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          // One platform with the demonstration, and one browser, for all of them.
          globalSetup: ['test/helpers/browserStage.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
