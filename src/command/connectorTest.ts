import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { styleText } from 'node:util';
import { generateCredentials } from '../../simulators/credentials.js';
import { startSimulators } from '../../simulators/server.js';
import { DATA_FOLDER } from '../config.js';
import { settingsOf } from '../demonstration.js';
import type { SourceSettings } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import type { TimeZoneSwitch } from '../source/suite/bench.js';
import { forwardTo } from '../source/suite/disturber.js';
import {
  createRecorder,
  parseRecording,
  type Recorder,
  type Recording,
  replayRecording,
} from '../source/suite/recording.js';
import { CHECKS, type CheckReport, runSuite, type SuiteOptions } from '../source/suite/runSuite.js';
import { type FoundConnector, findConnector, readLookups } from './connectorSubject.js';
import type { Console } from './console.js';
import { UsageError } from './failure.js';

/** What the command line says. */
export interface TestOptions {
  readonly baseUrl?: string;
  readonly secretsStdin?: boolean;
  readonly record?: boolean;
  readonly recording?: string;
  readonly live?: boolean;
  readonly only?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

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

/**
 * Tests connectors against their contract.
 * @param targets manifests, or folders of connectors
 * @returns false when a check failed
 * @throws PlatformError BAD_USER_INPUT, NOT_FOUND
 */
export async function testConnectors(
  console: Console,
  options: TestOptions,
  targets: readonly string[],
): Promise<boolean> {
  const { json = false, record = false } = options;
  if (options.list === true) {
    await console.write(CHECKS.map(({ name, title }) => `${name.padEnd(22)} ${title}\n`).join(''));
    return true;
  }
  if (targets.length === 0) throw new UsageError('name a manifest, or the folder of a connector');
  const only = options.only?.split(',').map((name) => name.trim());
  const unknown = only?.filter((name) => !CHECKS.some((check) => check.name === name)) ?? [];
  if (unknown.length > 0) throw new UsageError(`there is no check ${unknown.join(', ')}; see --list`);
  const sent = options.secretsStdin === true ? await readAll(console.input) : null;
  const reference = await readLookups();
  const reports: TargetReport[] = [];
  for (const target of targets) {
    const connector = await findConnector(target);
    const source = await openTestSource(connector, options, readSecrets(connector, sent, console.environment));
    try {
      if (!json) await console.write(`\n${connector.key}, against ${source.what}\n`);
      const say = (report: CheckReport): void => void console.write(describeReport(report));
      const subject = connector.createSubject(source.settings, reference);
      const checks = await runSuite(subject, {
        ...source.suite,
        ...(only === undefined ? {} : { only }),
        inTimeZone,
        ...(json ? {} : { onReport: say }),
      });
      reports.push({ target, key: connector.key, source: source.what, checks });
      if (record) await save(console, source.recorder()?.finish() ?? null, recordingFile(connector, options));
    } finally {
      await source.close();
    }
  }
  const failures = reports.flatMap(({ checks }) => checks.filter(({ result }) => result === 'failed'));
  const verdict = failures.length === 0 ? 'No check failed.' : `${failures.length} check(s) failed.`;
  await console.write(json ? `${JSON.stringify(reports, null, 2)}\n` : `\n${verdict}\n`);
  return failures.length === 0;
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
  options: TestOptions,
  secrets: Readonly<Record<string, string>>,
): Promise<OpenedSource> {
  const { baseUrl } = options;
  if (baseUrl !== undefined) return openAddress(connector, { baseUrl, secrets }, baseUrl, async () => {});
  const file = recordingFile(connector, options);
  if (existsSync(file) && options.record !== true && options.live !== true) return openRecording(connector, file);
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

function recordingFile({ folder }: FoundConnector, options: TestOptions): string {
  return join(
    options.recording === undefined ? join(folder, 'recording') : resolve(options.recording),
    'exchanges.json',
  );
}

async function save(console: Console, recording: Recording | null, file: string): Promise<void> {
  if (recording === null) return;
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `${JSON.stringify(recording, null, 1)}\n`);
  console.tell(`${recording.exchanges.length} exchanges are recorded in ${file}`);
}

/** Secrets by name, from standard input or the environment; never from arguments, which others on the machine can read. */
function readSecrets(
  { secrets }: FoundConnector,
  sent: string | null,
  environment: Console['environment'],
): Readonly<Record<string, string>> {
  if (sent === null) {
    return Object.fromEntries(
      secrets.flatMap((name) => {
        const value = environment[`CONNECTOR_SECRET_${name.toUpperCase()}`];
        return value === undefined ? [] : [[name, value]];
      }),
    );
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
