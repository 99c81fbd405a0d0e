import { styleText } from 'node:util';
import { Listr } from 'listr2';
import { CODE_CONNECTORS } from '../connectors/index.js';
import { type Config, DATA_FOLDER, readConfig } from './config.js';
import {
  type Demonstration,
  keepSynced,
  loadSelfReports,
  openYear,
  startDemonstration,
  syncAll,
} from './demonstration.js';
import { describeError, PlatformError } from './domain/errors.js';
import { computeRound } from './pipeline/compute.js';
import { loadReference } from './pipeline/loadReference.js';
import { keepComputed, type Recomputation } from './pipeline/recompute.js';
import { registerSource, SELF_REPORT, SURVEY } from './pipeline/source.js';
import { topRows } from './pipeline/topRows.js';
import { type CatalogueHolder, holdCatalogue, openServing, openStore, type Serving, type Store } from './platform.js';
import type { PartState, Readiness } from './server/health.js';
import { startServer } from './server/http.js';

/** The contract gives ten seconds; what is not down by then is left to the recovery of the next start. */
const SHUTDOWN_MS = 9_500;

const log = (message: string) => void process.stderr.write(`${new Date().toISOString()} ${message}\n`);

/** What has been opened so far, to be closed in reverse. */
const opened: { name: string; close(): Promise<void> }[] = [];
let closing: Promise<void> | null = null;
/** Ends what would go on by itself. */
const stopping = new AbortController();

async function main(): Promise<void> {
  const started = performance.now();
  const config = readConfig();
  const parts: Record<string, PartState> = {
    database: 'waiting',
    reference: 'waiting',
    sources: 'waiting',
    snapshots: 'waiting',
  };
  let serving: Serving | null = null;
  const readiness = (): Readiness => ({ ready: serving !== null && closing === null, parts });
  const server = await startServer({
    host: config.host,
    port: config.port,
    introspection: config.introspection,
    platform: () => serving?.platform ?? null,
    readiness,
    log: (line) => void process.stderr.write(line),
  });
  opened.push({ name: 'server', close: () => server.close() });
  serving = await prepare(config, parts);
  await present(config, serving, server.url);
  const rss = Math.round(process.memoryUsage().rss / 1024 / 1024);
  log(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s with ${rss} MB`);
  process.stdout.write('ready\n');
}

/** Everything between an open port and the first answer, with a display of its progress. */
async function prepare(config: Config, parts: Record<string, PartState>): Promise<Serving> {
  const now = () => new Date();
  let store: Store | undefined;
  let demonstration: Demonstration | undefined;
  let catalogue: CatalogueHolder | undefined;
  let serving: Serving | undefined;
  const year = openYear(now());
  const part = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    parts[name] = 'loading';
    return work().then(
      (result) => {
        parts[name] = 'ready';
        return result;
      },
      (error: unknown) => {
        parts[name] = 'failed';
        throw error;
      },
    );
  };
  const need = <T>(value: T | undefined): T => {
    if (value === undefined)
      throw new PlatformError('INTERNAL_SERVER_ERROR', 'A step ran before the one that it needs.');
    return value;
  };

  const tasks = new Listr(
    [
      {
        title: config.databaseUrl === null ? `Embedded PostgreSQL in ${config.dataDir}` : 'PostgreSQL at DATABASE_URL',
        task: () =>
          part('database', async () => {
            store = await openStore(config);
            opened.push({ name: 'database', close: store.close });
          }),
      },
      {
        title: 'Reference data: entities, frameworks, rounds, published results',
        task: () =>
          part('reference', async () => {
            const { database } = need(store);
            await loadReference(database, { folder: DATA_FOLDER, currentYear: year, now: now() });
            for (const source of [SELF_REPORT, SURVEY]) await registerSource(database, source, 'ACTIVE', now());
            catalogue = await holdCatalogue(database);
          }),
      },
      {
        title: 'Simulated national databases',
        enabled: config.demo,
        task: async (_, task) => {
          demonstration = await startDemonstration(config, now());
          opened.push({ name: 'simulators', close: demonstration.close });
          for (const { spec } of CODE_CONNECTORS) await registerSource(need(store).database, spec, 'ACTIVE', now());
          task.title += ` on port ${demonstration.port}`;
        },
      },
      {
        title: 'Sync from the national databases',
        enabled: config.demo,
        task: (_, task) =>
          part('sources', async () => {
            const runs = await syncAll(
              ...([need(store).database, need(catalogue).current(), need(demonstration), stopping.signal] as const),
              (key, progress) => {
                task.output = `${key}: page ${progress.pages}, ${progress.records} records`;
              },
            );
            const failed = runs.filter(({ status }) => status !== 'SUCCEEDED');
            for (const run of failed)
              log(`sync run ${run.id} ended ${run.status}: ${run.errorCode} ${run.errorMessage}`);
            task.title += `: ${runs.reduce((sum, run) => sum + run.read, 0)} records`;
          }),
      },
      {
        title: 'Self-reports and surveys',
        enabled: config.demo,
        task: async (_, task) => {
          const written = await loadSelfReports(
            ...([need(store).database, need(catalogue).current(), year, now()] as const),
            (roundCode) => {
              task.output = roundCode;
            },
          );
          task.title += `: ${written} observations`;
        },
      },
      {
        title: 'Merge, score, rank, freeze',
        task: (_, task) =>
          part('snapshots', async () => {
            const { database } = need(store);
            const holder = need(catalogue);
            for (const round of holder.current().content.rounds) {
              if (round.status === 'PUBLISHED') continue;
              task.output = round.code;
              // Rounds of past years are closed in the demonstration; the running one stays open and moves.
              const publish = config.demo && round.year < year;
              if (!config.demo && !(await hasObservations(database))) continue;
              await computeRound({ database, catalogue: holder.current(), roundCode: round.code, publish, now });
            }
            await holder.reload();
            serving = await openServing(database, holder, { publicProvisional: config.publicProvisional, log });
            opened.push({ name: 'feed', close: serving.close });
          }),
      },
    ],
    { renderer: 'default', fallbackRenderer: 'simple', rendererOptions: { collapseSubtasks: false } },
  );
  await tasks.run();
  if (parts.sources === 'waiting') delete parts.sources;
  background(config, need(store), need(catalogue), need(serving), demonstration);
  return need(serving);
}

async function hasObservations(database: Store['database']): Promise<boolean> {
  const rows = await database.fork().execute('select 1 from observation limit 1');
  return rows.length > 0;
}

/** What goes on while the platform serves: reading sources, computing open rounds. */
function background(
  config: Config,
  store: Store,
  catalogue: CatalogueHolder,
  serving: Serving,
  demonstration: Demonstration | undefined,
): void {
  const { database } = store;
  if (config.role !== 'gateway') {
    const recomputation: Recomputation = keepComputed({
      ...{ database, feed: serving.feed, log },
      catalogue: () => catalogue.current(),
      now: () => new Date(),
    });
    opened.push({ name: 'recomputation', close: () => recomputation.close() });
  }
  if (demonstration !== undefined) {
    const { demoTickMs } = config;
    const loop = keepSynced(database, () => catalogue.current(), demonstration, demoTickMs, stopping.signal, log);
    opened.push({ name: 'sync', close: () => loop });
  }
}

/** Tells people where to look and what came out. */
async function present(config: Config, { platform }: Serving, url: string): Promise<void> {
  const lines = ['', `GraphQL       ${url}/graphql`, `Subscriptions ${url.replace('http', 'ws')}/graphql`];
  if (config.introspection) lines.push(`GraphiQL      ${url}/graphiql`);
  lines.push(`Health        ${url}/health/ready`, '');
  const top = await topRows(platform.catalogue(), platform.library, platform.feed.head, 5);
  for (const { title, rows } of top) {
    lines.push(styleText('bold', title));
    for (const { rank, name, value } of rows) lines.push(`${String(rank).padStart(3)}  ${name.padEnd(44)} ${value}`);
    lines.push('');
  }
  if (config.demo) lines.push('All figures are simulated; they are calibrated to reproduce the published results.', '');
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Closes the server first, then the rest in reverse order of opening; what hangs is left behind after the time is up. */
function shutDown(code: number): Promise<void> {
  closing ??= (async () => {
    stopping.abort();
    const timer = setTimeout(() => process.exit(code), SHUTDOWN_MS);
    const [server, rest] = [opened.slice(0, 1), opened.slice(1).reverse()];
    for (const { name, close } of [...server, ...rest]) {
      await close().catch((error: unknown) => log(`${name} did not close: ${describeError(error)}`));
    }
    clearTimeout(timer);
    process.exit(code);
  })();
  return closing;
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutDown(0));
main().catch(async (error: unknown) => {
  if (closing !== null) return;
  const known = error instanceof PlatformError;
  log(
    known
      ? `${error.code}: ${error.message}`
      : `the platform could not start: ${error instanceof Error ? error.stack : error}`,
  );
  await shutDown(1);
});
