import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { parseArgs, styleText } from 'node:util';
import { generateCredentials } from '../simulators/credentials.js';
import { startSimulators } from '../simulators/server.js';
import { DATA_FOLDER } from './config.js';
import { type FoundConnector, findConnector, type ReferenceLookups, readLookups } from './connectorSubject.js';
import { settingsOf } from './demonstration.js';
import type { SourceSettings } from './domain/connector.js';
import { describeError, PlatformError } from './domain/errors.js';
import type { TimeZoneSwitch } from './source/suite/bench.js';
import { forwardTo } from './source/suite/disturber.js';
import {
  createRecorder,
  parseRecording,
  type Recorder,
  type Recording,
  replayRecording,
} from './source/suite/recording.js';
import { CHECKS, type CheckReport, runSuite, type SuiteOptions } from './source/suite/runSuite.js';

const HELP = `Usage: npm run connector:test -- [options] <manifest, or folder of a connector>...

Checks connectors against the contract (connectors/README.md, "Testing a connector"), through a server on the loopback
interface that disturbs their source. The source is, in this order: the address of --base-url; the recording in the
folder of the connector; a simulator of the demonstration.

  --base-url URL     address of the real source; nothing is written there, but it is asked some hundred times
  --secrets-stdin    reads the secrets from standard input, as a JSON object
  --record           writes what the source answers, without secrets, to <folder>/recording/exchanges.json
  --recording DIR    reads, or with --record writes, the recording there instead
  --live             ignores a recording
  --only NAME,...    runs only these checks
  --json             prints the reports as JSON
  --list             prints the names of the checks and what must hold
  --help             prints this

Secrets may also come from the environment: the secret apiKey from CONNECTOR_SECRET_APIKEY.
Exit code: 0 when no check failed, else 1.
`;

const OPTIONS = {
  'base-url': { type: 'string' },
  'secrets-stdin': { type: 'boolean' },
  record: { type: 'boolean' },
  recording: { type: 'string' },
  live: { type: 'boolean' },
  only: { type: 'string' },
  json: { type: 'boolean' },
  list: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

/** Where the source of a connector is for the time of a test. */
interface OpenedSource {
  readonly settings: SourceSettings;
  readonly suite: SuiteOptions;
  /** For people: `a simulator`. */
  readonly what: string;
  /** null = nothing is recorded. */
  readonly recorder: () => Recorder | null;
  close(): Promise<void>;
}

/** What became of one connector. */
interface TargetReport {
  readonly target: string;
  readonly key: string;
  readonly source: string;
  readonly checks: readonly CheckReport[];
}

/** The command line of the contract suite. */
async function main(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  if (values.list === true) {
    for (const { name, title } of CHECKS) process.stdout.write(`${name.padEnd(22)} ${title}\n`);
    return;
  }
  if (values.help === true || positionals.length === 0) {
    process.stdout.write(HELP);
    if (values.help !== true) process.exitCode = 1;
    return;
  }
  const only = values.only?.split(',').map((name) => name.trim());
  const unknown = only?.filter((name) => !CHECKS.some((check) => check.name === name)) ?? [];
  if (unknown.length > 0)
    throw new PlatformError('BAD_USER_INPUT', `There is no check ${unknown.join(', ')}. See --list.`);
  const sent = values['secrets-stdin'] === true ? await readAll(process.stdin) : null;
  const reference = await readLookups();
  const reports: TargetReport[] = [];
  for (const target of positionals) {
    const connector = await findConnector(target);
    const source = await openTestSource(connector, values, readSecrets(connector, sent));
    try {
      if (values.json !== true) process.stdout.write(`\n${connector.key}, against ${source.what}\n`);
      const checks = await test(
        connector,
        reference,
        source,
        { ...(only === undefined ? {} : { only }) },
        values.json !== true,
      );
      reports.push({ target, key: connector.key, source: source.what, checks });
      if (values.record === true) await save(source.recorder()?.finish() ?? null, recordingFile(connector, values));
    } finally {
      await source.close();
    }
  }
  const failures = reports.flatMap(({ checks }) => checks.filter(({ result }) => result === 'failed'));
  if (values.json === true) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
  else
    process.stdout.write(`\n${failures.length === 0 ? 'No check failed.' : `${failures.length} check(s) failed.`}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

function test(
  connector: FoundConnector,
  reference: ReferenceLookups,
  source: OpenedSource,
  options: SuiteOptions,
  print: boolean,
): Promise<readonly CheckReport[]> {
  const subject = connector.createSubject(source.settings, reference);
  return runSuite(subject, {
    ...source.suite,
    ...options,
    inTimeZone,
    ...(print ? { onReport: (report) => void process.stdout.write(describeReport(report)) } : {}),
  });
}

const MARKS = { passed: '✓', failed: '✗', 'not applicable': '–' } as const;
const STYLES = { passed: 'green', failed: 'red', 'not applicable': 'dim' } as const;

function describeReport({ name, result, seen, title }: CheckReport): string {
  const mark = styleText(STYLES[result], `${MARKS[result]} ${result.padEnd(14)}`);
  const broken = result === 'failed' ? `\n${''.padEnd(40)}the contract: ${title}` : '';
  return `  ${mark} ${name.padEnd(22)} ${seen}${broken}\n`;
}

/** Finds where the source is, and starts what must be started. @throws PlatformError BAD_USER_INPUT when nobody says where it is */
async function openTestSource(
  connector: FoundConnector,
  values: Values,
  secrets: Readonly<Record<string, string>>,
): Promise<OpenedSource> {
  const baseUrl = values['base-url'];
  if (baseUrl !== undefined) return openAddress(connector, { baseUrl, secrets }, baseUrl, async () => {});
  const file = recordingFile(connector, values);
  if (existsSync(file) && values.record !== true && values.live !== true) return openRecording(connector, file);
  const simulated = await openSimulator(connector);
  if (simulated !== null) return simulated;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `Nobody says where the source ${connector.key} is: there is no recording in ${file}, and no simulator of it. Give --base-url.`,
  );
}

function openAddress(
  { key }: FoundConnector,
  settings: SourceSettings,
  what: string,
  close: () => Promise<void>,
): OpenedSource {
  let recorder: Recorder | null = null;
  const upstream: SuiteOptions['upstream'] = (address) => {
    const path = new URL(settings.baseUrl).pathname.replace(/\/$/, '');
    const source = forwardTo(settings.baseUrl, address);
    recorder = createRecorder(source, { key, path, secrets: settings.secrets, recordedAt: new Date(), address });
    return recorder.upstream;
  };
  return { settings, suite: { upstream }, what, recorder: () => recorder, close };
}

async function openRecording({ secrets }: FoundConnector, file: string): Promise<OpenedSource> {
  const recording = parseRecording(await readFile(file, 'utf8'));
  // What was secret is not in the recording, so that any value is as good.
  const values = Object.fromEntries(secrets.map((name) => [name, `recorded-${name}`]));
  return {
    settings: { baseUrl: `http://source.invalid${recording.path}`, secrets: values },
    suite: {
      upstream: (address) => replayRecording(recording, values, address),
      source: { now: () => new Date(recording.recordedAt) },
    },
    what: `its recording of ${recording.recordedAt}`,
    recorder: () => null,
    close: async () => {},
  };
}

async function openSimulator(connector: FoundConnector): Promise<OpenedSource | null> {
  const credentials = generateCredentials();
  if (settingsOf(connector.key, 0, credentials) === null) return null;
  const dataDir = await mkdtemp(join(tmpdir(), 'dti-connector-test-'));
  const figuresDir = join(DATA_FOLDER, 'demonstration');
  const simulators = await startSimulators({
    ...{ port: 0, dataDir, figuresDir, referenceDir: DATA_FOLDER, tickMs: 0, credentials },
  });
  const close = async (): Promise<void> => {
    await simulators.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  const settings = settingsOf(connector.key, simulators.port, credentials);
  return settings === null ? null : openAddress(connector, settings, 'a simulator', close);
}

function recordingFile({ folder }: FoundConnector, values: Values): string {
  return join(values.recording === undefined ? join(folder, 'recording') : resolve(values.recording), 'exchanges.json');
}

async function save(recording: Recording | null, file: string): Promise<void> {
  if (recording === null) return;
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `${JSON.stringify(recording, null, 1)}\n`);
  process.stderr.write(`${recording.exchanges.length} exchanges are recorded in ${file}\n`);
}

/** Secrets by name, from standard input or the environment; never from arguments, which others on the machine can read. */
function readSecrets({ secrets }: FoundConnector, sent: string | null): Readonly<Record<string, string>> {
  if (sent === null) {
    const found = secrets.map((name) => [name, process.env[`CONNECTOR_SECRET_${name.toUpperCase()}`]]);
    return Object.fromEntries(found.filter(([, value]) => value !== undefined));
  }
  try {
    const data: unknown = JSON.parse(sent);
    return Object.fromEntries(Object.entries(Object(data)).map(([name, value]) => [name, String(value)]));
  } catch {
    throw new PlatformError(
      'BAD_USER_INPUT',
      'Standard input is not a JSON object of secrets, such as {"apiKey": "…"}.',
    );
  }
}

/** Node asks for the zone anew when the variable changes. */
const inTimeZone: TimeZoneSwitch = async (zone, work) => {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
};

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
