import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describeError, PlatformError } from './domain/errors.js';

/** What the command line says, as text. */
export interface SourceArguments {
  /** Verb and its subject: `check einvoice`. */
  readonly words: readonly string[];
  readonly version?: string | undefined;
  readonly 'base-url'?: string | undefined;
  readonly schedule?: string | undefined;
  /** Names; the values come from the environment or standard input, since arguments can be read by everybody on the machine. */
  readonly secret?: readonly string[] | undefined;
  readonly mode?: string | undefined;
  readonly period?: string | undefined;
  readonly pages?: string | undefined;
  readonly 'no-wait'?: boolean | undefined;
}

/** What a command talks to. */
export interface SourceConsole {
  /** Of the platform, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** Holds `DTI_SECRET_<NAME>` for `--secret NAME`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: NodeJS.ReadableStream;
  write(text: string): void;
}

/** Lines of the help about sources. */
export const SOURCE_HELP = `  source list                        all sources
  source register FILE               registers a manifest; takes --base-url and --secret too
  source check KEY                   tries its newest version
  source preview KEY|FILE            reads some pages and writes nothing; takes --pages, --base-url and --secret
  source activate KEY [--version N]  puts a version into use, also an older one
  source pause KEY | retire KEY
  source sync KEY [--mode full_refresh|incremental] [--period 2024] [--no-wait]
  source replay KEY                  maps the rows in quarantine again
  source settings KEY [--base-url URL] [--schedule CRON] [--secret NAME]...
    A secret's value is DTI_SECRET_<NAME> of the environment, else a line of standard input, in the order of the names.
    All take --url (default: PORT and HOST) and a token: DTI_TOKEN, else one made with the key in DATA_DIR.
`;

const PROBLEMS = 'problems { path line column code message }';
const RUN =
  'run { id status read written unchanged superseded tombstoned rejected skipped stopReasons failure error { code message } }';

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
}

interface Run {
  readonly id: string;
  readonly status: string;
  readonly stopReasons: readonly string[];
  readonly failure: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface Changed {
  readonly source: { readonly key: string; readonly version: number; readonly status: string };
}

const COUNTS = ['read', 'written', 'unchanged', 'superseded', 'tombstoned', 'rejected', 'skipped'] as const;

/**
 * Does what the command line says about sources, through GraphQL.
 * @returns false when it was done and the result is bad: problems in a manifest, a check that failed, a run that failed
 * @throws PlatformError with the code of the platform; BAD_USER_INPUT for a wrong command line
 */
export async function runSourceCommand(given: SourceArguments, console: SourceConsole): Promise<boolean> {
  const [verb = '', subject] = given.words;
  const need = (what: string): string => {
    if (subject !== undefined && given.words.length === 2) return subject;
    throw wrong(`source ${verb} needs one ${what}`);
  };
  switch (verb) {
    case 'list':
      return list(console);
    case 'register':
      return register(given, console, need('FILE'));
    case 'check':
      return check(console, need('KEY'));
    case 'preview':
      return preview(given, console, need('KEY or FILE'));
    case 'activate':
    case 'pause':
    case 'retire':
      return change(given, console, verb, need('KEY'));
    case 'sync':
      return sync(given, console, need('KEY'));
    case 'replay':
      return replay(console, need('KEY'));
    case 'settings':
      return settings(given, console, need('KEY'));
    default:
      throw wrong(`there is no "source ${verb}"; see --help`);
  }
}

async function list(console: SourceConsole): Promise<boolean> {
  const { sources } = await ask<{ sources: { edges: { node: Record<string, unknown> }[] } }>(
    console,
    '{ sources(first: 1000) { edges { node { key version status kind stale name } } } }',
  );
  const rows = sources.edges.map(({ node }) => [
    ...[node.key, node.version, node.status, node.kind, node.stale === true ? 'stale' : 'fresh', node.name].map(String),
  ]);
  const table = [['KEY', 'VERSION', 'STATUS', 'KIND', 'DATA', 'NAME'], ...rows];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? [];
  for (const row of table) {
    console.write(
      `${row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
  return true;
}

async function register(given: SourceArguments, console: SourceConsole, file: string): Promise<boolean> {
  const input = { manifest: await readFile(file, 'utf8'), ...(await placeOf(given, console)) };
  const { registerSource } = await ask<{ registerSource: { source: Changed['source'] | null; problems: Problem[] } }>(
    console,
    `mutation ($input: RegisterSourceInput!) { registerSource(input: $input) { source { key version status } ${PROBLEMS} } }`,
    { input },
  );
  tellProblems(console, file, registerSource.problems);
  if (registerSource.source !== null) tellSource(console, registerSource.source);
  return registerSource.problems.length === 0;
}

async function check(console: SourceConsole, key: string): Promise<boolean> {
  const { checkSource } = await ask<{ checkSource: Changed & { ok: boolean; message: string } }>(
    console,
    'mutation ($key: String!) { checkSource(key: $key) { ok message source { key version status } } }',
    { key },
  );
  console.write(`${checkSource.ok ? 'ok' : 'failed'}: ${checkSource.message}\n`);
  tellSource(console, checkSource.source);
  return checkSource.ok;
}

interface PreviewAnswer {
  readonly problems: Problem[];
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly pages: readonly {
    readonly stream: string;
    readonly request: string;
    readonly status: number;
    readonly body: string;
    readonly stopReason: string | null;
    readonly skipped: number;
    readonly observations: readonly Record<string, unknown>[];
    readonly rejects: readonly { row: number; rule: string; message: string; raw: string }[];
  }[];
}

const SHOWN_ROWS = 10;
const SHOWN_BODY = 600;

async function preview(given: SourceArguments, console: SourceConsole, subject: string): Promise<boolean> {
  const isFile = (await stat(subject).catch(() => null))?.isFile() === true;
  const what = isFile ? { manifest: await readFile(subject, 'utf8') } : { key: subject };
  const maxPages = given.pages === undefined ? {} : { maxPages: wholeNumber('--pages', given.pages) };
  const version = given.version === undefined ? {} : { version: wholeNumber('--version', given.version) };
  const { previewSource } = await ask<{ previewSource: PreviewAnswer }>(
    console,
    `mutation ($input: PreviewSourceInput!) { previewSource(input: $input) { ${PROBLEMS} failure { code message }
      pages { stream request status body stopReason skipped rejects { row rule message raw }
        observations { row entity framework indicator period value numerator denominator obsStatus } } } }`,
    { input: { ...what, ...maxPages, ...version, ...(await placeOf(given, console)) } },
  );
  tellProblems(console, subject, previewSource.problems);
  for (const page of previewSource.pages) {
    console.write(`${page.stream}: ${page.request} -> ${page.status}\n  ${page.body.slice(0, SHOWN_BODY)}\n`);
    for (const each of page.observations.slice(0, SHOWN_ROWS)) {
      const figure = each.value ?? `${each.numerator}/${each.denominator}`;
      console.write(
        `  row ${each.row}: ${each.entity} ${each.indicator} ${each.period} = ${figure} (${each.obsStatus})\n`,
      );
    }
    for (const { row, rule, message } of page.rejects.slice(0, SHOWN_ROWS)) {
      console.write(`  row ${row} rejected by ${rule}: ${message}\n`);
    }
    const counts = `${page.observations.length} observations, ${page.rejects.length} rejected, ${page.skipped} skipped`;
    console.write(`  ${counts}${page.stopReason === null ? '' : `; the stream ends: ${page.stopReason}`}\n`);
  }
  const { failure } = previewSource;
  if (failure !== null) console.write(`failed: ${failure.code} ${failure.message}\n`);
  return failure === null && previewSource.problems.length === 0;
}

async function change(
  { version }: SourceArguments,
  console: SourceConsole,
  verb: 'activate' | 'pause' | 'retire',
  key: string,
): Promise<boolean> {
  if (version !== undefined && verb !== 'activate') throw wrong('--version goes with activate and preview');
  const [declared, passed] = version === undefined ? ['', ''] : [', $version: Int', ', version: $version'];
  const document = `mutation ($key: String!${declared}) { done: ${verb}Source(key: $key${passed}) { source { key version status } } }`;
  const number = version === undefined ? {} : { version: wholeNumber('--version', version) };
  const { done } = await ask<{ done: Changed }>(console, document, { key, ...number });
  tellSource(console, done.source);
  return true;
}

async function sync(given: SourceArguments, console: SourceConsole, key: string): Promise<boolean> {
  const mode = (given.mode ?? 'incremental').toUpperCase();
  if (mode !== 'INCREMENTAL' && mode !== 'FULL_REFRESH') throw wrong('--mode is full_refresh or incremental');
  const { syncSource } = await ask<{ syncSource: { run: Run | null } }>(
    console,
    `mutation ($key: String!, $wait: Boolean!, $mode: SyncMode!, $period: String) {
      syncSource(key: $key, wait: $wait, mode: $mode, period: $period) { ${RUN} } }`,
    { key, mode, wait: given['no-wait'] !== true, period: given.period ?? null },
  );
  return tellRun(console, syncSource.run);
}

async function replay(console: SourceConsole, key: string): Promise<boolean> {
  const { replayRejected } = await ask<{ replayRejected: { run: Run | null } }>(
    console,
    `mutation ($key: String!) { replayRejected(key: $key) { ${RUN} } }`,
    { key },
  );
  if (replayRejected.run === null) console.write('nothing is in quarantine that could be replayed\n');
  return replayRejected.run === null || tellRun(console, replayRejected.run);
}

async function settings(given: SourceArguments, console: SourceConsole, key: string): Promise<boolean> {
  const schedule = given.schedule === undefined ? {} : { schedule: given.schedule === '' ? null : given.schedule };
  const { setSourceSettings } = await ask<{
    setSourceSettings: {
      source: { settings: { baseUrl: string | null; schedule: string | null; secretNames: string[] } };
    };
  }>(
    console,
    `mutation ($key: String!, $settings: SourceSettingsInput!) { setSourceSettings(key: $key, settings: $settings) {
      source { settings { baseUrl schedule secretNames } } } }`,
    { key, settings: { ...(await placeOf(given, console)), ...schedule } },
  );
  const now = setSourceSettings.source.settings;
  console.write(
    `base URL  ${now.baseUrl ?? 'as the manifest says'}\nschedule  ${now.schedule ?? 'as the manifest says'}\n`,
  );
  console.write(`secrets   ${now.secretNames.join(', ') || 'none'}\n`);
  return true;
}

/** Address and secrets that the command line gives. */
async function placeOf(given: SourceArguments, console: SourceConsole) {
  const names = given.secret ?? [];
  const fromEnvironment = (name: string) => console.environment[`DTI_SECRET_${name}`];
  const missing = names.filter((name) => fromEnvironment(name) === undefined);
  const lines = missing.length === 0 ? [] : (await text(console.input)).split(/\r?\n/);
  const secrets = names.map((name) => {
    const value = fromEnvironment(name) ?? lines[missing.indexOf(name)];
    if (value !== undefined && value !== '') return { name, value };
    throw wrong(`the secret ${name} has no value: set DTI_SECRET_${name}, or write it on a line of standard input`);
  });
  return {
    ...(given['base-url'] === undefined ? {} : { baseUrl: given['base-url'] }),
    ...(secrets.length === 0 ? {} : { secrets }),
  };
}

function tellProblems(console: SourceConsole, file: string, problems: readonly Problem[]): void {
  for (const { line, column, code, message } of problems) {
    console.write(`${file}:${line}:${column} ${code} ${message}\n`);
  }
}

function tellSource(console: SourceConsole, { key, version, status }: Changed['source']): void {
  console.write(`${key}  version ${version}  ${status}\n`);
}

function tellRun(console: SourceConsole, run: Run | null): boolean {
  if (run === null) {
    console.write('queued; it is run when its turn comes\n');
    return true;
  }
  const counts = Object.entries(run).filter(([name]) => COUNTS.some((each) => each === name));
  console.write(`${run.id}  ${run.status}\n${counts.map(([name, count]) => `${name} ${count}`).join(', ')}\n`);
  for (const reason of run.stopReasons) console.write(`  ${reason}\n`);
  if (run.error !== null) console.write(`failed: ${run.error.code} ${run.failure ?? run.error.message}\n`);
  return run.error === null;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** @throws PlatformError what the platform refused, or that it does not answer */
async function ask<Data>({ url, token }: SourceConsole, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  }).catch((error: unknown) => {
    throw wrong(`the platform at ${url} does not answer (${describeError(error)}); start it, or give --url`);
  });
  const { data, errors = [] } = (await response.json()) as Answer<Data>;
  if (errors.length > 0) {
    throw wrong(errors.map(({ message, extensions }) => `${extensions?.code ?? 'error'} ${message}`).join('\n'));
  }
  if (data !== undefined && data !== null) return data;
  throw wrong(`the platform answered with status ${response.status} and no data`);
}

function wholeNumber(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw wrong(`${name} is a whole number, not "${value}"`);
}

function wrong(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', message);
}
