import { cpus } from 'node:os';
import { measureIngestion } from './ingestion.js';
import { measureRecomputation } from './recomputation.js';
import { measureRevisions } from './revision.js';
import { measureSockets } from './sockets.js';
import { openBench } from './stage.js';

/**
 * Prints what a national recomputation costs, step by step, and what ingestion costs beside a bare COPY. With the argument `recomputation`, `ingestion`,
 * `memory`, `revision` or `sockets` only that. Everything is real: PostgreSQL, HTTP, the demonstration's data.
 */
const only = process.argv[2];
const alone = { revision: measureRevisions, sockets: measureSockets }[only ?? ''];
if (alone !== undefined) {
  await alone();
  process.exit();
}
const bench = await openBench();
try {
  process.stdout.write(
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), all data simulated\n`,
  );
  if (only === undefined || only === 'recomputation') await measureRecomputation(bench);
  if (only !== 'recomputation') await measureIngestion(bench, only === 'memory');
} finally {
  await bench.close();
}
