import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { isPeriod } from '../domain/period.js';
import { findScheduleFault } from '../domain/schedule.js';
import { ask } from './client.js';
import { UsageError } from './failure.js';
import { followRun, RUN_FIELDS, type Run, tellRun } from './run.js';
import type { Session } from './session.js';
import { table } from './table.js';
import { whileWaiting } from './waiting.js';
import { collect, type Desk, wholeNumber } from './work.js';

/** Where a source is, as far as the command line says. */
interface PlaceOptions {
  readonly baseUrl?: string;
  /** Names; the values come from the environment or standard input, since arguments can be read by everybody on the machine. */
  readonly secret?: readonly string[];
}

interface PreviewOptions extends PlaceOptions {
  readonly pages?: number;
  readonly version?: number;
}

interface SyncOptions {
  readonly mode: string;
  readonly period?: string;
  readonly wait: boolean;
}

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
}

interface Changed {
  readonly source: {
    readonly key: string;
    readonly version: number;
    readonly status: string;
    readonly waitingVersion: Waiting | null;
  };
}

/** A version that is not in use yet. */
interface Waiting {
  readonly version: number;
  readonly status: string;
}

const PROBLEMS = 'problems { path line column code message }';
const WAITING = 'waitingVersion { version status }';
const CHANGED = `source { key version status ${WAITING} }`;
const SECRETS = `
The value of a secret is DTI_SECRET_<NAME> of the environment, else a line of standard input, in the order of the names.`;

/** Registers the commands about sources; without a token they make one of an integrator with the key in DATA_DIR. */
export function addSourceCommands(program: Command, { act }: Desk): void {
  const source = program.command('source').description('sources: from a manifest to live figures');
  source.command('list').description('all sources').action(act(list, 'integrator'));
  withPlace(source.command('register <file>').description('registers a manifest as a new version of its source'))
    .action(act(register, 'integrator'))
    .addHelpText('after', SECRETS);
  source
    .command('check <key>')
    .description('tries a version of a source with its settings')
    .option('--version <number>', 'an older version, to go back to it; absent = the newest', wholeNumber(1))
    .action(act(check, 'integrator'));
  withPlace(source.command('preview <keyOrFile>').description('reads some pages as a sync would, and writes nothing'))
    .option('--pages <number>', 'how many pages at most', wholeNumber(1))
    .option('--version <number>', 'of a registered source: this version', wholeNumber(1))
    .action(act(preview, 'integrator'))
    .addHelpText('after', SECRETS);
  source
    .command('activate <key>')
    .description('puts a version into use, also an older one')
    .option('--version <number>', 'the version; absent = the newest that was checked', wholeNumber(1))
    .action(
      act(
        (session, options: { version?: number }, key = '') => change(session, 'activate', key, options),
        'integrator',
      ),
    );
  source
    .command('pause <key>')
    .description('stops reading a source until it is activated')
    .action(act((session, _, key = '') => change(session, 'pause', key), 'integrator'));
  source
    .command('retire <key>')
    .description('ends the life of a source for good; what it said stays')
    .action(act((session, _, key = '') => change(session, 'retire', key), 'integrator'));
  source
    .command('sync <key>')
    .description('reads an active source now, and waits for the end of the run')
    .addOption(
      new Option('--mode <mode>', 'all, or what changed')
        .choices(['incremental', 'full_refresh'])
        .default('incremental'),
    )
    .option('--period <period>', 'only figures of this period, such as 2024')
    .option('--no-wait', 'only ask for the run')
    .action(act(sync, 'integrator'));
  source.command('replay <key>').description('maps the rows in quarantine again').action(act(replay, 'integrator'));
  withPlace(source.command('settings <key>').description('changes the address, the schedule or secrets of a source'))
    .option('--schedule <cron>', 'five fields in Vietnam’s time; "" = as the manifest says')
    .action(act(settings, 'integrator'))
    .addHelpText('after', SECRETS);
}

function withPlace(command: Command): Command {
  return command
    .option('--base-url <url>', 'address of the source, in place of the manifest’s')
    .option('--secret <name>', 'a secret to be set; may be given several times', collect);
}

async function list(session: Session): Promise<boolean> {
  const { viewer } = await ask<{ viewer: { maySeeWaiting: boolean } }>(
    session,
    'query { viewer { maySeeWaiting: can(coordinate: "Source.waitingVersion") } }',
  );
  const { sources } = await ask<{ sources: { edges: { node: Record<string, unknown> }[] } }>(
    session,
    `query ($lang: Lang!) { sources(first: 1000) { edges { node {
      key version status kind stale simulated name(lang: $lang) ${viewer.maySeeWaiting ? WAITING : ''} } } } }`,
    { lang: session.lang },
  );
  const found = sources.edges.map(({ node }) => node);
  const rows = found.map(({ key, version, status, kind, stale, name, waitingVersion }) => [
    ...[key, version, sayWaiting((waitingVersion ?? null) as Waiting | null), status, kind],
    ...[stale === true ? 'stale' : 'fresh', name],
  ]);
  await session.print(found, table(['KEY', 'VERSION', 'WAITING', 'STATUS', 'KIND', 'DATA', 'NAME'], rows));
  return true;
}

async function register(session: Session, options: PlaceOptions, file = ''): Promise<boolean> {
  const input = { manifest: await readFile(file, 'utf8'), ...(await placeOf(session, options)) };
  const { registerSource } = await ask<{ registerSource: { source: Changed['source'] | null; problems: Problem[] } }>(
    session,
    `mutation ($input: RegisterSourceInput!) { registerSource(input: $input) { ${CHANGED} ${PROBLEMS} } }`,
    { input },
  );
  const { source, problems } = registerSource;
  await session.print(registerSource, [
    ...sayProblems(file, problems),
    ...(source === null ? [] : [saySource(source)]),
  ]);
  return problems.length === 0;
}

async function check(session: Session, options: { readonly version?: number }, key = ''): Promise<boolean> {
  const { checkSource } = await whileWaiting(session, `the platform tries ${key}`, () =>
    ask<{ checkSource: Changed & { version: number; ok: boolean; message: string } }>(
      session,
      `mutation ($key: String!, $version: Int) { checkSource(key: $key, version: $version) { version ok message ${CHANGED} } }`,
      { key, version: options.version ?? null },
    ),
  );
  const { version, ok, message, source } = checkSource;
  await session.print(checkSource, [`${ok ? 'ok' : 'failed'}: version ${version}: ${message}`, saySource(source)]);
  return ok;
}

interface PreviewAnswer {
  readonly problems: Problem[];
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly pages: readonly PreviewPage[];
}

interface PreviewPage {
  readonly stream: string;
  readonly request: string;
  readonly status: number;
  readonly body: string;
  readonly stopReason: string | null;
  readonly skipped: number;
  readonly observations: readonly Record<string, unknown>[];
  readonly rejects: readonly { row: number; rule: string; message: string; raw: string }[];
}

const SHOWN_ROWS = 10;
const SHOWN_BODY = 600;

async function preview(session: Session, options: PreviewOptions, subject = ''): Promise<boolean> {
  const isFile = (await stat(subject).catch(() => null))?.isFile() === true;
  const what = isFile ? { manifest: await readFile(subject, 'utf8') } : { key: subject };
  const maxPages = options.pages === undefined ? {} : { maxPages: options.pages };
  const version = options.version === undefined ? {} : { version: options.version };
  const place = await placeOf(session, options);
  const { previewSource } = await whileWaiting(session, `the platform reads ${options.baseUrl ?? subject}`, () =>
    ask<{ previewSource: PreviewAnswer }>(
      session,
      `mutation ($input: PreviewSourceInput!) { previewSource(input: $input) { ${PROBLEMS} failure { code message }
      pages { stream request status body stopReason skipped rejects { row rule message raw }
        observations { row entity framework indicator period value numerator denominator obsStatus } } } }`,
      { input: { ...what, ...maxPages, ...version, ...place } },
    ),
  );
  const { problems, pages, failure } = previewSource;
  const said = failure === null ? [] : [`failed: ${failure.code} ${failure.message}`];
  await session.print(previewSource, [...sayProblems(subject, problems), ...pages.flatMap(sayPage), ...said]);
  return failure === null && problems.length === 0;
}

function sayPage(page: PreviewPage): string[] {
  const figures = page.observations.slice(0, SHOWN_ROWS).map((each) => {
    const figure = each.value ?? `${each.numerator}/${each.denominator}`;
    return `  row ${each.row}: ${each.entity} ${each.indicator} ${each.period} = ${figure} (${each.obsStatus})`;
  });
  const rejects = page.rejects
    .slice(0, SHOWN_ROWS)
    .map(({ row, rule, message }) => `  row ${row} rejected by ${rule}: ${message}`);
  const counts = `${page.observations.length} observations, ${page.rejects.length} rejected, ${page.skipped} skipped`;
  return [
    `${page.stream}: ${page.request} -> ${page.status}`,
    `  ${page.body.slice(0, SHOWN_BODY)}`,
    ...[...figures, ...sayLeftOut(page.observations.length), ...rejects, ...sayLeftOut(page.rejects.length)],
    `  ${counts}${page.stopReason === null ? '' : `; the stream ends: ${page.stopReason}`}`,
  ];
}

/** Nothing that was left out is left out silently. */
function sayLeftOut(count: number): string[] {
  return count > SHOWN_ROWS ? [`  … ${SHOWN_ROWS} of ${count} shown; --json has them all`] : [];
}

async function change(
  session: Session,
  verb: 'activate' | 'pause' | 'retire',
  key: string,
  { version }: { readonly version?: number } = {},
): Promise<boolean> {
  const [declared, passed] = version === undefined ? ['', ''] : [', $version: Int', ', version: $version'];
  const document = `mutation ($key: String!${declared}) { done: ${verb}Source(key: $key${passed}) { ${CHANGED} } }`;
  const { done } = await ask<{ done: Changed }>(session, document, {
    key,
    ...(version === undefined ? {} : { version }),
  });
  await session.print(done, [saySource(done.source)]);
  return true;
}

async function sync(session: Session, options: SyncOptions, key = ''): Promise<boolean> {
  if (options.period !== undefined && !isPeriod(options.period))
    throw new UsageError(`"${options.period}" is no period; write 2024, 2024-Q1 or 2024-03`);
  const { syncSource } = await whileWaiting(session, `the run of ${key}`, () =>
    ask<{ syncSource: { run: Run | null } }>(
      session,
      `mutation ($key: String!, $wait: Boolean!, $mode: SyncMode!, $period: String) {
      syncSource(key: $key, wait: $wait, mode: $mode, period: $period) { run { ${RUN_FIELDS} } } }`,
      { key, mode: options.mode.toUpperCase(), wait: options.wait, period: options.period ?? null },
    ),
  );
  const { run } = syncSource;
  // The platform waits for two minutes, and a large source takes longer.
  const ended = options.wait && run?.status === 'RUNNING' ? await followRun(session, run.id) : run;
  return tellRun(session, ended, 'queued; it is run when its turn comes');
}

async function replay(session: Session, _: object, key = ''): Promise<boolean> {
  const { replayRejected } = await ask<{ replayRejected: { run: Run | null } }>(
    session,
    `mutation ($key: String!) { replayRejected(key: $key) { run { ${RUN_FIELDS} } } }`,
    { key },
  );
  return tellRun(session, replayRejected.run, 'nothing is in quarantine that could be replayed');
}

async function settings(session: Session, options: PlaceOptions & { schedule?: string }, key = ''): Promise<boolean> {
  const fault = (options.schedule ?? '') === '' ? null : findScheduleFault(options.schedule ?? '');
  if (fault !== null) throw new UsageError(`--schedule: ${fault}`);
  const schedule =
    options.schedule === undefined ? {} : { schedule: options.schedule === '' ? null : options.schedule };
  const { setSourceSettings } = await ask<{
    setSourceSettings: {
      source: { settings: { baseUrl: string | null; schedule: string | null; secretNames: string[] } };
    };
  }>(
    session,
    `mutation ($key: String!, $settings: SourceSettingsInput!) { setSourceSettings(key: $key, settings: $settings) {
      source { settings { baseUrl schedule secretNames } } } }`,
    { key, settings: { ...(await placeOf(session, options)), ...schedule } },
  );
  const now = setSourceSettings.source.settings;
  await session.print(now, [
    `base URL  ${now.baseUrl ?? 'as the manifest says'}`,
    `schedule  ${now.schedule ?? 'as the manifest says'}`,
    `secrets   ${now.secretNames.join(', ') || 'none'}`,
  ]);
  return true;
}

/** Address and secrets that the command line gives. */
async function placeOf({ console, options: { tokenFile } }: Session, { baseUrl, secret: names = [] }: PlaceOptions) {
  const fromEnvironment = (name: string) => console.environment[`DTI_SECRET_${name}`];
  const missing = names.filter((name) => fromEnvironment(name) === undefined);
  if (missing.length > 0 && tokenFile === '-')
    throw new UsageError('standard input is the token; secrets need another way');
  const lines = missing.length === 0 ? [] : (await text(console.input)).split(/\r?\n/);
  const secrets = names.map((name) => {
    const value = fromEnvironment(name) ?? lines[missing.indexOf(name)];
    if (value !== undefined && value !== '') return { name, value };
    const ways = `set DTI_SECRET_${name}, or write it on a line of standard input`;
    throw new UsageError(`the secret ${name} has no value: ${ways}`);
  });
  return { ...(baseUrl === undefined ? {} : { baseUrl }), ...(secrets.length === 0 ? {} : { secrets }) };
}

function sayProblems(file: string, problems: readonly Problem[]): string[] {
  return problems.map(({ line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`);
}

function saySource({ key, version, status, waitingVersion }: Changed['source']): string {
  const waiting = waitingVersion === null ? '' : `; version ${sayWaiting(waitingVersion)} waits`;
  return `${key}  version ${version}  ${status}${waiting}`;
}

function sayWaiting(waiting: Waiting | null): string | null {
  return waiting === null ? null : `${waiting.version} (${waiting.status})`;
}
