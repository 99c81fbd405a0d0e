import { findPackageJSON } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { PlatformError } from './domain/errors.js';

/** The reference files of this installation, compiled or not. */
export const DATA_FOLDER = join(dirname(findPackageJSON(import.meta.url) ?? '.'), 'data');

/** What a process does: serve, work, or both. */
export type Role = 'all' | 'gateway' | 'worker';

/** The environment, read and checked once. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Null = embedded PostgreSQL in the data folder. */
  readonly databaseUrl: string | null;
  /** Owner of the tables, for migrations; null = the same as `databaseUrl`. */
  readonly databaseMigrationUrl: string | null;
  /** Absolute path. */
  readonly dataDir: string;
  /** Simulators and demonstration data. */
  readonly demo: boolean;
  readonly demoTickMs: number;
  /** Null = a free port, kept in the data folder. */
  readonly simulatorPort: number | null;
  /** The public sees provisional snapshots of open rounds. */
  readonly publicProvisional: boolean;
  /** The schema may be asked for; off on a server that serves real data to the public. */
  readonly introspection: boolean;
  readonly role: Role;
  /** Hosts (`host` or `host:port`) outside the public network that sources may be read from. */
  readonly sourceAllowedHosts: readonly string[];
}

interface Problem {
  readonly variable: string;
  readonly message: string;
}

/**
 * Reads the configuration from the environment.
 * @param environment empty text counts as absent
 * @throws PlatformError CONFIG_INVALID with all problems at once, one line each
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const problems: Problem[] = [];
  const text = (variable: string): string | null => {
    const value = environment[variable]?.trim();
    return value === undefined || value === '' ? null : value;
  };
  const whole = (variable: string, fallback: number, low: number, high: number): number => {
    const value = text(variable);
    if (value === null) return fallback;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= low && number <= high) return number;
    problems.push({ variable, message: `"${value}" is not a whole number from ${low} to ${high}` });
    return fallback;
  };
  const flag = (variable: string, fallback: boolean): boolean => {
    const value = text(variable);
    if (value === null) return fallback;
    if (value === '1' || value === '0') return value === '1';
    problems.push({ variable, message: `"${value}" is neither 1 nor 0` });
    return fallback;
  };
  const database = (variable: string): string | null => {
    const value = text(variable);
    if (value === null) return null;
    if (URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)) return value;
    // The value itself may hold a password, so it is not repeated.
    problems.push({ variable, message: 'is not an address like postgres://user:password@host:5432/database' });
    return null;
  };

  const hosts = (variable: string): string[] =>
    (text(variable) ?? '')
      .split(',')
      .map((host) => host.trim())
      .filter((host) => {
        const isHost = /^[^\s/?#@\\]+$/.test(host) && URL.canParse(`http://${host}`);
        if (host !== '' && !isHost) problems.push({ variable, message: `"${host}" is neither host nor host:port` });
        return isHost;
      });

  const databaseUrl = database('DATABASE_URL');
  const databaseMigrationUrl = database('DATABASE_MIGRATION_URL');
  if (databaseMigrationUrl !== null && text('DATABASE_URL') === null) {
    problems.push({ variable: 'DATABASE_MIGRATION_URL', message: 'needs DATABASE_URL beside it' });
  }
  const roleText = text('ROLE') ?? 'all';
  const role = roleText === 'all' || roleText === 'gateway' || roleText === 'worker' ? roleText : null;
  if (role === null) problems.push({ variable: 'ROLE', message: `"${roleText}" is none of all, gateway, worker` });
  if (role !== null && role !== 'all' && text('DATABASE_URL') === null) {
    problems.push({ variable: 'ROLE', message: `${role} shares a database with others, so it needs DATABASE_URL` });
  }
  const demo = flag('DEMO', role === 'all' || role === null);
  if (demo && role !== null && role !== 'all') {
    problems.push({
      variable: 'DEMO',
      message: `1 does not go with ROLE=${role}; the demonstration runs in one process`,
    });
  }
  const config: Config = {
    port: whole('PORT', 4000, 0, 65535),
    host: text('HOST') ?? '127.0.0.1',
    databaseUrl,
    databaseMigrationUrl,
    dataDir: resolve(text('DATA_DIR') ?? '.data'),
    demo,
    demoTickMs: whole('DEMO_TICK_MS', 5000, 50, 86_400_000),
    simulatorPort: text('SIMULATOR_PORT') === null ? null : whole('SIMULATOR_PORT', 0, 1, 65535),
    publicProvisional: flag('PUBLIC_PROVISIONAL', demo),
    introspection: demo,
    role: role ?? 'all',
    sourceAllowedHosts: hosts('SOURCE_ALLOWED_HOSTS'),
  };
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem.variable}: ${problem.message}`);
    throw new PlatformError('CONFIG_INVALID', `The environment cannot be used:\n${lines.join('\n')}`, {
      details: { problems },
    });
  }
  return config;
}
