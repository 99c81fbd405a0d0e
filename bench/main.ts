import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { compare, PARTS } from './compare.js';
import { measureIngestion } from './ingestion.js';
import { measureRecomputation, measureSizes } from './recomputation.js';
import { measureRevisions } from './revision.js';
import { measureSockets } from './sockets.js';
import { openBench } from './stage.js';

/**
 * Prints what a national recomputation costs, step by step, and what ingestion costs beside a bare COPY. With the argument `recomputation`, `ingestion`,
 * `memory`, `revision` or `sockets` only that. `table` prints the comparison with other servers: `npm run bench -- table [--quick] [--only national,fanout] [--out file]`.
 * Everything is real: PostgreSQL, HTTP, the demonstration's data.
 */
const [only, ...rest] = process.argv.slice(2);
if (only === 'table') {
  const { values } = parseArgs({
    args: rest,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      out: { type: 'string' },
      data: { type: 'string' },
    },
  });
  const parts = values.only.split(',').filter((part) => part !== '');
  const unknown = parts.filter((part) => !PARTS.some((known) => known === part));
  if (unknown.length > 0) throw new Error(`--only knows ${PARTS.join(', ')}; received ${unknown.join(', ')}`);
  await compare({ isQuick: values.quick, only: parts, folder: values.data ?? null, out: values.out ?? null });
  process.exit();
}
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
  if (only === 'recomputation') await measureSizes();
  else await measureIngestion(bench, only === 'memory');
} finally {
  await bench.close();
}
