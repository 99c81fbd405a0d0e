import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/fault/**', 'test/store/**', 'test/pipeline/**', 'test/graph/**', 'test/server/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'database',
          include: ['test/{store,pipeline,graph,server}/**/*.test.ts'],
          globalSetup: ['test/helpers/postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'fault',
          include: ['test/fault/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
