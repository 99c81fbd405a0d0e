import { cpus } from 'node:os';
import { measureRecomputation } from './recomputation.js';
import { openBench } from './stage.js';

/** Prints what a national recomputation costs, step by step. Everything is real: PostgreSQL, HTTP, the demonstration's data. */
const bench = await openBench();
try {
  process.stdout.write(
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), all data simulated\n`,
  );
  await measureRecomputation(bench);
} finally {
  await bench.close();
}
