import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, PlatformError } from '../src/domain/errors.js';
import { type Credentials, generateCredentials, parseCredentials } from './credentials.js';
import { type SimulatorOptions, startSimulators } from './server.js';
import { parseMonth } from './state.js';

/** Longest wait for a parent to send its credentials. */
const PARENT_MS = 10_000;

/** Credentials of the parent, or new ones in a file that only this user can read. */
async function takeCredentials(dataDir: string): Promise<Credentials> {
  // The channel is the only way from the parent: arguments and environment can be read by others on the machine.
  if (process.send !== undefined) {
    const [message] = await once(process, 'message', { signal: AbortSignal.timeout(PARENT_MS) });
    return parseCredentials(JSON.stringify(message));
  }
  const credentials = generateCredentials();
  const path = resolve(dataDir, 'simulator-credentials.json');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(path, `${JSON.stringify(credentials, null, 1)}\n`, { mode: 0o600 });
  process.stderr.write(`Simulators: new credentials are in ${path}\n`);
  return credentials;
}

async function readOptions(args: readonly string[]): Promise<SimulatorOptions> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: text,
      'data-dir': text,
      'figures-dir': text,
      'reference-dir': text,
      seed: text,
      'tick-ms': text,
      anchor: text,
    },
  });
  const whole = (name: 'port' | 'seed' | 'tick-ms'): number | undefined => {
    const value = values[name];
    if (value === undefined || /^\d{1,9}$/.test(value)) return value === undefined ? undefined : Number(value);
    throw new PlatformError('CONFIG_INVALID', `--${name} must be a whole number, not "${value}".`);
  };
  const dataDir = values['data-dir'] ?? join('.data', 'simulators');
  return {
    port: whole('port') ?? 0,
    dataDir,
    figuresDir: values['figures-dir'] ?? join('data', 'demonstration'),
    referenceDir: values['reference-dir'],
    seed: whole('seed'),
    tickMs: whole('tick-ms') ?? 5000,
    anchor: values.anchor === undefined ? undefined : parseMonth(values.anchor),
    credentials: await takeCredentials(dataDir),
  };
}

/** Runs the simulators as a process of their own: `npm run simulators`, or a child of the platform. */
async function main(): Promise<void> {
  const simulators = await startSimulators(await readOptions(process.argv.slice(2)));
  const stop = (): void => {
    simulators.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // A parent that was killed cannot tell us; its channel can.
  process.on('disconnect', stop);
  const ready = { ready: true, port: simulators.port };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  process.send?.(ready);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
});
