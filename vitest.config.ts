import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import SlowestFirst from './test/helpers/slowestFirst.js';

// All temporary files of a run lie in one folder, which goes with it, whatever became of its tests. This file is read once for each project.
const RUN = 'dti-run-';
if (!basename(tmpdir()).startsWith(RUN)) {
  const folder = mkdtempSync(join(tmpdir(), RUN));
  process.env.TMPDIR = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

const DATABASE = ['test/{store,pipeline,graph,server,bench,command}/**/*.test.ts'];

/** Node finds the CommonJS build of graphql, vite the other one; two of them in one process refuse each other's types. */
const GRAPHQL = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };

/** How long tests wait for what is to come, unless they say otherwise: a busy machine takes many times as long as a quiet one, and whoever hangs is found in the end. */
const PATIENT = { testTimeout: 120_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
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
          // A process for each file takes as long to begin as most files take: half of the time of all.
          isolate: false,
          ...PATIENT,
        },
      },
      {
        resolve: GRAPHQL,
        test: {
          name: 'database',
          include: DATABASE,
          globalSetup: ['test/helpers/postgres.ts'],
          isolate: false,
          ...PATIENT,
        },
      },
      {
        resolve: GRAPHQL,
        test: {
          name: 'fault',
          include: ['test/{fault,stream}/**/*.test.ts'],
          ...PATIENT,
          testTimeout: 400_000,
          hookTimeout: 400_000,
        },
      },
      {
        resolve: GRAPHQL,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          // One platform with the demonstration, and one browser, for all of them.
          globalSetup: ['test/helpers/browserStage.ts'],
          setupFiles: ['test/helpers/enterStage.ts'],
          ...PATIENT,
          // After all others: a page that shares the machine with them takes many times as long.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
