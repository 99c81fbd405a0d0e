import { type ChildProcess, fork } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CODE_CONNECTORS } from '../connectors/index.js';
import { monthPeriod } from '../simulators/baseline.js';
import { type Credentials, generateCredentials } from '../simulators/credentials.js';
import { readRounds } from '../simulators/figures.js';
import { type IndicatorEntry, readFrameworkFile } from '../simulators/frameworkFile.js';
import { demonstrationSubmissions } from '../simulators/selfReport.js';
import { monthInVietnam } from '../simulators/server.js';
import { isMeasuredBy } from '../simulators/system.js';
import { SYSTEMS } from '../simulators/systems/index.js';
import { CONNECTORS_FOLDER, type Config, DATA_FOLDER } from './config.js';
import type { Catalogue } from './domain/catalogue.js';
import type { SourceSettings } from './domain/connector.js';
import { describeError, PlatformError } from './domain/errors.js';
import { roundCode } from './domain/round.js';
import type { DemonstrationPace } from './graph/context.js';
import type { Jobs } from './pipeline/jobs.js';
import { registerFolder } from './pipeline/manifestFolder.js';
import { registerSource } from './pipeline/source.js';
import { requireSource } from './pipeline/sourceLibrary.js';
import { activateSource, checkSource } from './pipeline/sourceLife.js';
import { secretNamesOf, setSourceSettings } from './pipeline/sourceSettings.js';
import { readingOptions, type SourceStage } from './pipeline/sourceStage.js';
import { submit } from './pipeline/submit.js';
import { syncSource } from './pipeline/sync.js';
import type { ReadProgress } from './source/readPage.js';
import { freePort } from './store/embedded.js';
import { readSources } from './store/listSources.js';
import type { Database } from './store/orm.js';
import { SubmissionTable } from './store/tables/submission.js';
import type { SyncRunRow } from './store/tables/syncRun.js';

const SEED = 922;
const FIGURES = join(DATA_FOLDER, 'demonstration');
const FRAMEWORKS = join(DATA_FOLDER, 'frameworks');
/** Nobody should take simulated figures for a service because a variable was left out. */
export const DEMO_WARNING =
  'DEMO is not set, so this is the demonstration: the national databases and all their figures are simulated, and nothing is official. ' +
  'DEMO=0 and a DATA_DIR or DATABASE_URL of its own start without them; DEMO=1 says that it is meant.';

/** The databases that tell months of counts and move with each tick; the other systems say themselves what they measure. */
const TICKING: readonly string[] = ['einvoice', 'public_services', 'population'];

/** The pace at which {@link followTicks} has sources read, for those who look at their runs. */
export function demonstrationPace({ demoTickMs }: Config): DemonstrationPace {
  return { sourceKeys: TICKING, everyMs: demoTickMs };
}

/** Simulated national databases in a child process, with what a connector needs to reach them. */
export interface Demonstration {
  readonly port: number;
  /** `host:port`, which an address guard must allow. */
  readonly host: string;
  /** What the source with this key needs to reach its simulator; null = there is none. */
  settings(key: string): SourceSettings | null;
  /** Moves the simulators' clock by hand or tells them to misbehave. */
  readonly controlToken: string;
  close(): Promise<void>;
}

/** The year of the open round: the running one in Vietnam. */
export function openYear(now: Date): number {
  return monthInVietnam(now).year;
}

/**
 * Starts the simulators as a child process that ends with this one, on the port of their last start if it is free. When they end by themselves
 * they are started again, with the data and the tick that they had.
 * @throws PlatformError PORT_IN_USE, DATA_FOLDER_UNUSABLE
 */
export async function startDemonstration(
  config: Config,
  now: Date,
  log: (message: string) => void,
): Promise<Demonstration> {
  const dataDir = join(config.dataDir, 'simulators');
  const portFile = join(config.dataDir, 'simulator-port');
  const kept = Number(await readFile(portFile, 'utf8').catch(() => '0'));
  const credentials = generateCredentials();
  const anchor = monthPeriod(monthInVietnam(now));
  const launch = (port: number) => launchChild(port, dataDir, anchor, config.demoTickMs, credentials);
  let { child, port } =
    config.simulatorPort !== null
      ? await launch(config.simulatorPort)
      : await launch(kept > 0 ? kept : await freePort()).catch(async () => launch(await freePort()));
  await writeFile(portFile, String(port));
  // Whoever may read this folder may also make the simulators of a running platform misbehave.
  await writeFile(join(config.dataDir, 'simulator-control-token'), credentials.controlToken, { mode: 0o600 });
  let closing = false;
  const revive = () => {
    child.once('exit', async () => {
      while (!closing) {
        log('the simulators ended and are started again');
        await sleep(1000, undefined, { ref: false });
        const again = closing ? null : await launch(port).catch(() => null);
        if (again === null) continue;
        child = again.child;
        revive();
        return;
      }
    });
  };
  revive();
  return {
    port,
    host: simulatorHost(port),
    controlToken: credentials.controlToken,
    settings: (key) => settingsOf(key, port, credentials),
    async close() {
      closing = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(2000, undefined, { ref: false })]);
      child.kill('SIGKILL');
    },
  };
}

async function launchChild(
  port: number,
  dataDir: string,
  anchor: string,
  tickMs: number,
  credentials: Credentials,
): Promise<{ child: ChildProcess; port: number }> {
  const args = [
    '--port',
    String(port),
    '--data-dir',
    dataDir,
    '--figures-dir',
    FIGURES,
    '--reference-dir',
    DATA_FOLDER,
  ];
  const child = fork(
    join(import.meta.dirname, '../simulators/main.js'),
    [...args, '--seed', String(SEED), '--anchor', anchor, '--tick-ms', String(tickMs)],
    {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  // Over the channel: arguments and environment can be read by others on the machine.
  child.send(credentials);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve({ child, port: message.port }));
    child.once('exit', () => {
      reject(new PlatformError('PORT_IN_USE', `The simulators did not start: ${said.trim()} Set SIMULATOR_PORT.`));
    });
  });
}

/** `host:port` of the simulators. */
export function simulatorHost(port: number): string {
  return `127.0.0.1:${port}`;
}

/** What a connector needs to reach its simulator; null = there is none. */
export function settingsOf(key: string, port: number, credentials: Credentials): SourceSettings | null {
  const origin = `http://${simulatorHost(port)}`;
  switch (key) {
    case 'einvoice':
      return { baseUrl: `${origin}/einvoice`, secrets: { ...credentials.einvoice } };
    case 'public_services':
      return { baseUrl: `${origin}/public-services`, secrets: { ...credentials.publicServices } };
    case 'population':
      return { baseUrl: `${origin}/ndxp`, secrets: { ...credentials.population } };
    default: {
      const secrets = credentials.systems[key];
      return secrets === undefined ? null : { baseUrl: `${origin}/${key}`, secrets };
    }
  }
}

/** True when a source of the demonstration measures an indicator, so that bodies need not report it. */
export function isMeasured(indicator: IndicatorEntry, frameworkCode: string): boolean {
  const { source_kind: kind, source_system: system } = indicator;
  if (kind === 'national_system' && TICKING.includes(system ?? '')) return true;
  return SYSTEMS.some((each) => isMeasuredBy(each, indicator, frameworkCode));
}

/**
 * Takes in the self-reports of the rounds that have none yet. A round's come in one transaction, so a kill in the middle leaves it without and
 * the next start does it again.
 * @param report called after each round, with the share of the rounds that is done
 * @returns observations written
 */
export async function loadSelfReports(
  database: Database,
  catalogue: Catalogue,
  year: number,
  now: Date,
  report: (roundCode: string, share: number) => void,
): Promise<number> {
  let written = 0;
  const rounds = readRounds(FIGURES, year);
  for (const [at, { codeSystem, year: roundYear, rows: figures }] of rounds.entries()) {
    const round = catalogue.roundByCode(roundCode(codeSystem === 'CENTRAL' ? 'MINISTRY' : 'PROVINCE', roundYear));
    if (round === undefined || round.status === 'PUBLISHED') continue;
    const shared = {
      figures,
      codeSystem,
      seed: SEED,
      framework: readFrameworkFile(join(FRAMEWORKS, `${round.frameworkCode}.json`)),
    };
    if ((await database.fork().count(SubmissionTable, { roundId: round.id })) === 0) {
      const submissions = demonstrationSubmissions({ ...shared, roundCode: round.code, isMeasured });
      written += (await submit(database, catalogue, submissions, now)).observations;
    }
    report(round.code, (at + 1) / rounds.length);
  }
  return written;
}

/** What the sources of the demonstration are read with. */
export interface SyncStage extends SourceStage {
  log(message: string): void;
}

/**
 * Registers the sources that are shipped, in code and as manifests, gives each the address and the secrets of its simulator, which are others at every start,
 * and puts those into use that are new and pass their check.
 */
export async function openSources(stage: SyncStage, demonstration: Demonstration): Promise<void> {
  const { database, library, now, log } = stage;
  for (const { spec } of CODE_CONNECTORS) await registerSource(database, spec, 'ACTIVE', now());
  const shipped = { path: CONNECTORS_FOLDER, shipped: true, simulated: true };
  const registered = (await registerFolder({ database, library, now, log }, shipped)).map(({ key }) => key);
  const keys = new Set([...CODE_CONNECTORS.map(({ spec }) => spec.key), ...registered]);
  for (const key of keys) {
    const settings = key === null ? null : demonstration.settings(key);
    if (key === null || settings === null) continue;
    // Somebody may have registered a version of their own that needs others.
    const em = database.fork();
    const names = await secretNamesOf(em, library, await requireSource(em, key));
    const secrets = Object.entries(settings.secrets)
      .map(([name, value]) => ({ name, value }))
      .filter(({ name }) => names === null || names.taken.has(name));
    await setSourceSettings(stage, null, key, { baseUrl: settings.baseUrl, secrets });
    const { status } = await library.open(key);
    if (status !== 'DRAFT' && status !== 'CHECKED') continue;
    const { ok, message } = await checkSource(stage, null, key);
    if (ok) await activateSource(stage, null, key);
    else log(`the source ${key} did not pass its check and stays a draft: ${message}`);
  }
}

/** So many sources are read at once at the start: most of the time goes into our own work, on few cores. */
const FIRST_SYNCS = 3;

/** How {@link syncAll} does it. */
export interface SyncAllOptions {
  /** Absent = all active ones. */
  readonly keys?: readonly string[];
  /** Told after each page. */
  readonly onProgress?: (key: string, progress: ReadProgress) => void;
  /** Told after each source. */
  readonly onRun?: (key: string, run: SyncRunRow) => void;
}

/** Runs sources once, a few at a time; one that fails is logged and stops no other. */
export async function syncAll(
  stage: SyncStage,
  { keys, onProgress, onRun }: SyncAllOptions = {},
): Promise<SyncRunRow[]> {
  const waiting = [...(keys ?? (await stage.library.activeKeys()))];
  const runs: SyncRunRow[] = [];
  const work = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const source = key;
      const run = await syncOne(stage, source, (progress) => onProgress?.(source, progress));
      if (run === null) continue;
      runs.push(run);
      onRun?.(key, run);
    }
  };
  await Promise.all(Array.from({ length: FIRST_SYNCS }, work));
  return runs;
}

/**
 * Keys of the active sources that were never read to a good end.
 * @param demonstration only those that have a simulator; null = all
 */
export async function unreadKeys(
  { database, library }: SyncStage,
  demonstration: Pick<Demonstration, 'settings'> | null,
): Promise<string[]> {
  const read = (await readSources(database.fork(), null)).filter(({ lastGoodRunAt }) => lastGoodRunAt !== null);
  const known = new Set(read.map(({ key }) => key));
  const active = await library.activeKeys();
  return active.filter((key) => !known.has(key) && (demonstration === null || demonstration.settings(key) !== null));
}

/** Runs one source; null = another run of it is under way, or the platform stops. */
async function syncOne(
  stage: SyncStage,
  key: string,
  onProgress: (progress: ReadProgress) => void,
): Promise<SyncRunRow | null> {
  const { database, library, signal, log } = stage;
  if (signal.aborted) return null;
  try {
    const { connector, settings } = await library.open(key);
    const options = { database, catalogue: library.catalogue(), connector, ...readingOptions(stage, settings) };
    const run = await syncSource({ ...options, onProgress, mode: 'INCREMENTAL', tracing: stage.tracing });
    if (run.status !== 'SUCCEEDED') {
      const reason =
        run.errorCode === null ? `${run.rejected} records rejected` : `${run.errorCode} ${run.errorMessage}`;
      log(`sync run ${run.id} of ${key} ended ${run.status}: ${reason}`);
    }
    return run;
  } catch (error) {
    log(`the source ${key} could not be read and will be again: ${describeError(error)}`);
    return null;
  }
}

/**
 * Queues the sources whose simulators tell of something new with each tick, at that pace, and at first those that were never read to a good end. All
 * others have their schedules. Ends with the signal.
 */
export async function followTicks(stage: SyncStage, jobs: Jobs, everyMs: number): Promise<void> {
  const { signal, log } = stage;
  const enqueue = async (keys: readonly string[]) => {
    for (const sourceKey of keys) {
      await jobs.enqueue({
        ...{ sourceKey, mode: 'INCREMENTAL', period: null, reason: 'schedule', requestedBy: null, attempt: 1 },
      });
    }
  };
  let isFirst = true;
  while (!signal.aborted) {
    try {
      await enqueue(isFirst ? await unreadKeys(stage, null) : TICKING);
      isFirst = false;
    } catch (error) {
      if (!signal.aborted) log(`the sources could not be queued: ${describeError(error)}`);
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
