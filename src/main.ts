import { join } from 'node:path';
import { styleText } from 'node:util';
import { CODE_CONNECTORS } from '../connectors/index.js';
import { CLOSED_YEARS } from '../simulators/figures.js';
import type { Authenticator } from './access/authenticator.js';
import { openSealer } from './access/sealingKey.js';
import { type Config, DATA_FOLDER, readConfig } from './config.js';
import {
  DEMO_WARNING,
  type Demonstration,
  demonstrationPace,
  followTicks,
  loadSelfReports,
  openSources,
  openYear,
  type SyncStage,
  startDemonstration,
  syncAll,
  unreadKeys,
} from './demonstration.js';
import { PlatformError } from './domain/errors.js';
import type { Tracing } from './domain/trace.js';
import { openAuthenticator } from './identity.js';
import { type Computing, measureComputing, measureServing, type Watch, watchPlatform } from './measurement.js';
import { warnOfFewFiles } from './openFiles.js';
import { openOutput } from './output.js';
import { computeRound } from './pipeline/compute.js';
import { holdDuty } from './pipeline/duty.js';
import { createHostGovernor } from './pipeline/hostGovernor.js';
import { type Jobs, openJobs } from './pipeline/jobs.js';
import { keepAlerts } from './pipeline/keepAlerts.js';
import { loadReference } from './pipeline/loadReference.js';
import { watchLocked } from './pipeline/lockedSecrets.js';
import { watchFolder } from './pipeline/manifestFolder.js';
import { keepComputed } from './pipeline/recompute.js';
import { RoundMemory } from './pipeline/roundMemory.js';
import { deliverAlerts, queueDeliveries, startDeliveries } from './pipeline/sendWebhooks.js';
import { registerSource, selfReportSource } from './pipeline/source.js';
import { SourceLibrary } from './pipeline/sourceLibrary.js';
import { topRows } from './pipeline/topRows.js';
import { startWork } from './pipeline/work.js';
import { guardSources, holdCatalogue, openServing, openStore, type Serving } from './platform.js';
import { bar, type StepDisplay, step } from './progress.js';
import { readExamples } from './server/graphiql.js';
import type { PartState, Readiness } from './server/health.js';
import { startHealthServer } from './server/healthServer.js';
import { startServer } from './server/http.js';
import { openLog } from './server/log.js';
import { Metrics } from './server/metrics.js';
import { NO_TRUSTED_DOCUMENTS, readTrustedDocuments, type TrustedDocuments } from './server/trusted.js';
import { manifestJsonSchema } from './source/manifest/jsonSchema.js';
import type { ReadProgress } from './source/readPage.js';
import type { Reading } from './store/reading.js';
import { refreshStatistics } from './store/statistics.js';
import type { SyncRunRow } from './store/tables/syncRun.js';
import { openTracing } from './tracing.js';

/** The contract gives ten seconds; what is not down by then is left to the recovery of the next start. */
const SHUTDOWN_MS = 9_500;
const MB = 1024 * 1024;

let output = openOutput(null);
/** What the platform does by itself; the server has a log of its own. */
let journal = openLog('platform', 'info', (line) => output.writeLine(line));
const log = (message: string): void => journal.info(message);
const warn = (message: string): void => journal.warn(message);

/** What has been opened so far, to be closed in reverse. */
const opened: { name: string; close(): Promise<void> }[] = [];
let closing: Promise<void> | null = null;
/** Says who asks; null until the database is open. */
let authenticator: Authenticator | null = null;
/** The dashboard as `npm run build` leaves it, beside the compiled sources. */
const DASHBOARD = join(import.meta.dirname, '../dashboard');
const DASHBOARD_DOCUMENTS = join(import.meta.dirname, '../dashboardDocuments.json');
/** Example queries, from the root of the project. */
const EXAMPLES = join(import.meta.dirname, '../../examples/query');
/** Ends what would go on by itself. */
const stopping = new AbortController();

async function main(): Promise<void> {
  const started = performance.now();
  const config = readConfig();
  output = openOutput(config.logFormat);
  journal = openLog('platform', config.logLevel, output.writeLine);
  const names = ['database', 'reference', ...(config.demo ? ['sources'] : []), 'snapshots'];
  const parts: Record<string, PartState> = Object.fromEntries(names.map((name) => [name, 'waiting']));
  let serving: Serving | null = null;
  let watch: Watch | null = null;
  /** Whether there are secrets that no key opens, which somebody should know of; all else goes on. */
  let isLocked = () => false;
  const readiness = (): Readiness => {
    const reading = serving?.platform.database.reading;
    // A gateway without its replica answers from the primary, which somebody should know of.
    const replica = reading !== undefined && reading.replicaCount > 0 ? stateOfReplica(reading.from) : {};
    const secrets = isLocked() ? { secrets: 'failed' as const } : {};
    const states = { ...parts, ...(watch?.parts ?? {}), ...replica, ...secrets };
    const works = !Object.values(watch?.parts ?? {}).includes('failed');
    return { ready: serving !== null && closing === null && works && reading?.from !== 'none', parts: states };
  };
  const metrics = new Metrics({ process: true });
  measureServing(metrics, () => serving);
  let computing: Computing | null = null;
  if (config.role !== 'gateway') measureComputing(metrics, () => computing);
  const place = {
    host: config.host,
    port: config.port,
    readiness,
    metrics,
    authenticator: () => authenticator,
    log: output.writeLine,
    logLevel: config.logLevel,
  };
  const tracing = config.traceUrl === null ? null : await openTracing(config.traceUrl, config.role);
  const server = await (config.role === 'worker'
    ? startHealthServer(place)
    : startServer({
        ...place,
        introspection: config.introspection,
        platform: () => serving?.platform ?? null,
        trustProxy: config.trustProxy,
        publicUrl: config.publicUrl,
        rateLimitPerMinute: config.rateLimitPerMinute,
        costLimitPerMinute: config.costLimitPerMinute,
        accessLog: config.accessLog,
        ...(tracing === null ? {} : { tracing }),
        maxSocketsPerClient: config.maxSocketsPerClient,
        maxExportsPerClient: config.maxExportsPerClient,
        answerCacheBytes: config.answerCacheBytes,
        trusted: await openTrusted(config),
        dashboard: DASHBOARD,
        examples: config.introspection ? await readExamples(EXAMPLES) : [],
        manifestSchema: manifestJsonSchema(),
      }));
  opened.push({ name: 'server', close: () => server.close() });
  if (tracing !== null) opened.push({ name: 'traces', close: () => tracing.close() });
  if (config.demo && !config.demoIsSaid) warn(DEMO_WARNING);
  const fewFiles = config.role === 'worker' ? null : await warnOfFewFiles();
  if (fewFiles !== null) log(fewFiles);
  const prepared = await prepare(config, parts, tracing);
  serving = prepared;
  ({ computing, isLocked } = prepared);
  const { database, feed } = prepared.platform;
  watch = watchPlatform({ database, metrics, head: () => feed.head });
  opened.push({ name: 'watch', close: async () => watch?.close() });
  if (config.role === 'worker') output.tell(`Health        ${server.url}/health/ready`);
  else await present(config, serving, server.url);
  const rss = Math.round(process.memoryUsage().rss / 1024 / 1024);
  log(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s with ${rss} MB`);
  output.tell('ready');
  if (config.role !== 'worker') void loadRest(serving);
}

/** Brings the results into memory that the start did not wait for, so that the first who asks for an old round does not either. */
async function loadRest({ loadNewest, platform }: Serving): Promise<void> {
  const started = performance.now();
  const count = await loadNewest(stopping.signal);
  if (count === 0 || stopping.signal.aborted) return;
  const { snapshots, bytes } = platform.library.memory;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  log(`${count} older results loaded in ${seconds} s; ${snapshots} are in memory, ${Math.ceil(bytes / MB)} MB`);
}

function stateOfReplica(from: Reading['from']): Readiness['parts'] {
  return { replica: from === 'replica' ? 'ready' : 'failed' };
}

/** The documents that clients may name; those of the dashboard are among them, so that it works where no others are answered. */
async function openTrusted({ trustedDocuments, trustedDocumentsOnly }: Config): Promise<TrustedDocuments> {
  if (trustedDocuments === null) return NO_TRUSTED_DOCUMENTS;
  return readTrustedDocuments([trustedDocuments, DASHBOARD_DOCUMENTS], trustedDocumentsOnly);
}

/** Runs a step of the start, unless the platform is to stop. */
function run<T>(title: string, work: (display: StepDisplay) => Promise<T>): Promise<T> {
  stopping.signal.throwIfAborted();
  return step(title, work, output.steps);
}

/** Everything between an open port and the first answer, step by step. */
async function prepare(
  config: Config,
  parts: Record<string, PartState>,
  traces: Tracing | null,
): Promise<Serving & { readonly computing: Computing | null; readonly isLocked: () => boolean }> {
  const tracing = traces ?? undefined;
  const now = () => new Date();
  const year = openYear(now());
  const part = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    parts[name] = 'loading';
    try {
      const result = await work();
      parts[name] = 'ready';
      return result;
    } catch (error) {
      parts[name] = 'failed';
      throw error;
    }
  };

  const place = config.databaseUrl === null ? `embedded, in ${config.dataDir}` : 'at DATABASE_URL';
  const { database } = await run(`PostgreSQL, ${place}`, () =>
    part('database', async () => {
      const store = await openStore(config, log, endFor);
      opened.push({ name: 'database', close: store.close });
      authenticator = await openAuthenticator(config, store.database);
      return store;
    }),
  );
  const catalogue = await run('Reference data: entities, frameworks, rounds, published results', () =>
    part('reference', async () => {
      if (config.role !== 'gateway') {
        await loadReference(database, { folder: DATA_FOLDER, currentYear: year, now: now() });
        await registerSource(database, selfReportSource(config.demo), 'ACTIVE', now());
      }
      return holdCatalogue(database);
    }),
  );
  const library = new SourceLibrary({
    ...{ database, catalogue: () => catalogue.current(), codeConnectors: CODE_CONNECTORS },
    sealer: await openSealer({ path: config.secretsKeyFile, make: config.mayMakeKeys }),
  });
  const governor = createHostGovernor({ database, log });
  const common = { database, library, governor, now, signal: stopping.signal, log, tracing };
  const sources: SyncStage = { ...common, trialMs: config.sourceTrialMs };
  const jobs = await openJobs({ url: database.listenUrl, works: config.role !== 'gateway', log: warn });
  opened.push({ name: 'jobs', close: () => jobs.close() });
  const demonstration = config.demo ? await part('sources', () => demonstrate(config, sources)) : null;
  const stage = {
    ...sources,
    warn,
    addressGuard: guardSources(config, demonstration?.host ?? null),
  };
  const memory = new RoundMemory(config.roundMemoryMb * MB);
  const serving = await run('Merge, score, rank, freeze', ({ show }) =>
    part('snapshots', async () => {
      const open = catalogue.current().content.rounds.filter(({ status }) => status !== 'PUBLISHED');
      for (const [at, { code, year: roundYear }] of (config.role === 'gateway' ? [] : open).entries()) {
        stopping.signal.throwIfAborted();
        show(`${bar(at / open.length)}  ${code}`, code);
        // The past rounds of the demonstration are closed; the running one stays open and moves.
        const publish = config.demo && CLOSED_YEARS.includes(roundYear);
        await computeRound({
          database,
          catalogue: catalogue.current(),
          roundCode: code,
          publish,
          memory,
          now,
          tracing,
        });
      }
      const { publicProvisional } = config;
      return openServing(database, catalogue, {
        ...{ publicProvisional, jobs, log, warn, onLost: endFor, signal: stopping.signal },
        preload: config.role !== 'worker',
        snapshotMemoryBytes: config.snapshotMemoryMb === null ? null : config.snapshotMemoryMb * MB,
      });
    }),
  );
  opened.push({ name: 'feed', close: serving.close });
  const computing = await background(config, stage, jobs, serving, memory);
  const isLocked = await watchLocked({
    ...{ database, sealer: library.sealer, signal: stopping.signal, log, warn },
  });
  const platform = {
    ...{ ...serving.platform, sources: stage },
    ...(config.demo ? { demonstrationPace: demonstrationPace(config) } : {}),
  };
  return { ...serving, platform, computing, isLocked };
}

/** The data of the demonstration: simulators, a sync of every source, self-reports and surveys. */
async function demonstrate(config: Config, sources: SyncStage): Promise<Demonstration> {
  const now = new Date();
  const demonstration = await run('Simulated national databases', async ({ conclude }) => {
    const started = await startDemonstration(config, now, log);
    opened.push({ name: 'simulators', close: started.close });
    conclude(`port ${started.port}`);
    return started;
  });
  const stage = { ...sources, addressGuard: guardSources(config, demonstration.host) };
  await run('Sync from the national databases', async ({ show, conclude }) => {
    await openSources(stage, demonstration);
    const onProgress = (key: string, { share, pages, records }: ReadProgress) =>
      show(`${share === null ? '' : `${bar(share)}  `}${key}: page ${pages}, ${records} records`);
    const onRun = (key: string, { read }: SyncRunRow) => show(`${key}: ${read} records`, `${key}: ${read} records`);
    // Those that were read before have their schedules; those that somebody registered wait for nobody's start.
    const runs = await syncAll(stage, { onProgress, onRun, keys: await unreadKeys(stage, demonstration) });
    conclude(`${runs.reduce((sum, { read }) => sum + read, 0)} records of ${runs.length} sources`);
  });
  await run('Self-reports', async ({ show, conclude }) => {
    const { database, library } = stage;
    const written = await loadSelfReports(database, library.catalogue(), openYear(now), now, (roundCode, share) => {
      stopping.signal.throwIfAborted();
      show(`${bar(share)}  ${roundCode}`, roundCode);
    });
    if (written > 0) await refreshStatistics(database.fork());
    conclude(`${written} observations`);
  });
  return demonstration;
}

/** What goes on while the platform serves: reading sources, computing open rounds, registering manifests. */
async function background(
  config: Config,
  stage: SyncStage,
  jobs: Jobs,
  { feed, platform }: Serving,
  memory: RoundMemory,
): Promise<Computing | null> {
  if (config.role === 'gateway') return null;
  const { database, library, tracing } = stage;
  const catalogue = () => library.catalogue();
  const duty = holdDuty({ database, name: 'COMPUTATION', log });
  opened.push({ name: 'duty', close: () => duty.close() });
  const recomputation = keepComputed({
    ...{ database, feed, log, catalogue, memory, duty, tracing, library: platform.library },
    now: () => new Date(),
  });
  opened.push({ name: 'recomputation', close: () => recomputation.close() });
  if (config.manifestDir !== null) {
    const folder = { path: config.manifestDir, shipped: false, simulated: true };
    const watching = watchFolder(stage, folder, stopping.signal);
    opened.push({ name: 'manifests', close: () => watching });
  }
  const { signal } = stopping;
  await startDeliveries({ ...stage, sealer: library.sealer, catalogue }, jobs);
  const alerts = keepAlerts({
    ...{ database, feed, log, catalogue, signal, library: platform.library, now: () => new Date() },
    onAlerts: deliverAlerts(config.publicProvisional),
    sendOff: () => queueDeliveries({ database }, jobs),
  });
  opened.push({ name: 'alerts', close: () => alerts });
  const work = await startWork({ ...stage, catalogue, jobs, feed });
  opened.push({ name: 'work', close: () => work.close() });
  if (config.demo) {
    const ticks = followTicks(stage, jobs, config.demoTickMs);
    opened.push({ name: 'ticks', close: () => ticks });
  }
  return { duty, recomputation };
}

/** Tells people where to look and what came out. */
async function present(config: Config, { platform }: Serving, url: string): Promise<void> {
  const lines = [
    '',
    `Dashboard     ${url}/`,
    `GraphQL       ${url}/graphql`,
    `Subscriptions ${url.replace('http', 'ws')}/graphql`,
  ];
  if (config.introspection && !config.trustedDocumentsOnly) lines.push(`GraphiQL      ${url}/graphiql`);
  lines.push(`Health        ${url}/health/ready`, '');
  const top = await topRows(platform.catalogue(), platform.library, platform.feed.head, 5);
  for (const { title, rows } of top) {
    lines.push(styleText('bold', title));
    for (const { rank, name, value } of rows) lines.push(`${String(rank).padStart(3)}  ${name.padEnd(44)} ${value}`);
    lines.push('');
  }
  if (config.demo) lines.push('All figures are simulated; they are calibrated to reproduce the published results.', '');
  for (const line of lines) output.tell(line);
}

/** Ends the platform for what only a new start mends. */
function endFor({ code, message }: PlatformError): void {
  journal.error(`${code}: ${message}`);
  void shutDown(1);
}

/** Closes the server first, then the rest in reverse order of opening; what hangs is left behind after the time is up. */
function shutDown(code: number): Promise<void> {
  closing ??= (async () => {
    stopping.abort();
    const timer = setTimeout(() => process.exit(code), SHUTDOWN_MS);
    // The step under way ends first, so that everything which it opens is known and can be closed.
    await starting.catch(() => undefined);
    const [server, rest] = [opened.slice(0, 1), opened.slice(1).reverse()];
    for (const { name, close } of [...server, ...rest]) {
      await close().catch((error: unknown) => journal.error(`${name} did not close`, error));
    }
    clearTimeout(timer);
    process.exit(code);
  })();
  return closing;
}

const starting = main();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutDown(0));
starting.catch((error: unknown) => {
  if (closing !== null) return;
  const known = error instanceof PlatformError ? `${error.code}: ${error.message}` : null;
  if (known !== null) journal.error(known);
  else journal.error('the platform could not start', error);
  void shutDown(1);
});
