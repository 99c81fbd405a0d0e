import { findPackageJSON } from 'node:module';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { isTamperProof } from './domain/credential.js';
import { PlatformError } from './domain/errors.js';

/** The reference files of this installation, compiled or not. */
export const DATA_FOLDER = join(dirname(findPackageJSON(import.meta.url) ?? '.'), 'data');
/** The sources that are shipped, each in a folder of its own. */
export const CONNECTORS_FOLDER = join(DATA_FOLDER, '../connectors');

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const LOG_FORMATS = ['json', 'text'] as const;

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
  /** Address of the primary itself, to listen at and for the queue; null = the same as `databaseUrl`. */
  readonly databaseListenUrl: string | null;
  /** Where a gateway reads from; nothing = from `databaseUrl`. */
  readonly replicas: {
    readonly urls: readonly string[];
    /** The primary is read while no replica can be. */
    readonly fallback: boolean;
    /** How long a replica may lack what the primary has told of, in milliseconds. */
    readonly maxLagMs: number;
  };
  /** Absolute path. */
  readonly dataDir: string;
  /** Simulators and demonstration data. */
  readonly demo: boolean;
  /** The environment says whether it is the demonstration. */
  readonly demoIsSaid: boolean;
  readonly demoTickMs: number;
  /** Null = a free port, kept in the data folder. */
  readonly simulatorPort: number | null;
  /** The public sees provisional snapshots of open rounds. */
  readonly publicProvisional: boolean;
  /** The schema may be asked for; off on a server that serves real data to the public. */
  readonly introspection: boolean;
  readonly role: Role;
  /** Absolute path of the key of local tokens, in PEM. */
  readonly jwtKeyFile: string;
  /** Keys may be made when they are not there: in a process that shares it with no other. */
  readonly mayMakeKeys: boolean;
  /** Tokens signed with the key file are taken. */
  readonly localTokens: boolean;
  /** The OpenID Connect issuer whose tokens are taken; null = none. */
  readonly oidc: { readonly issuer: string; readonly audience: string } | null;
  /** How many proxies stand before the platform, or their addresses; what they say of the client is believed. */
  readonly trustProxy: number | readonly string[];
  /** Requests and operations of one client a minute; 0 = any number. */
  readonly rateLimitPerMinute: number;
  /** Megabytes that the columns of snapshots may take in memory; null = what the rounds need. */
  readonly snapshotMemoryMb: number | null;
  /** Megabytes that open rounds may take between their computations. */
  readonly roundMemoryMb: number;
  /** WebSockets and streams of events that one client has open; null = the server's default, not for this machine's own programs. */
  readonly maxSocketsPerClient: number | null;
  /** Exports that one client has under way; null = the server's default, not for this machine's own programs. */
  readonly maxExportsPerClient: number | null;
  /** Cost of the operations of one client a minute; 0 = any. */
  readonly costLimitPerMinute: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Null = text where a person looks at it, else JSON. */
  readonly logFormat: 'json' | 'text' | null;
  /** A line of the log for each request. */
  readonly accessLog: boolean;
  /** Where traces go, by OTLP over HTTP; null = nowhere. */
  readonly traceUrl: string | null;
  /** Scheme and host by which people know the platform, without a slash at the end; null = those of each request. */
  readonly publicUrl: string | null;
  /** Room for whole answers that are kept, in bytes; 0 = none are. */
  readonly answerCacheBytes: number;
  /** File or folder of documents that clients may name by id, with an absolute path; null = none. */
  readonly trustedDocuments: string | null;
  /** Other documents are refused, except those of integrators and admins. */
  readonly trustedDocumentsOnly: boolean;
  /** Hosts (`host` or `host:port`) outside the public network that sources may be read from. */
  readonly sourceAllowedHosts: readonly string[];
  /** Longest time of a check or a preview of a source, in milliseconds. */
  readonly sourceTrialMs: number;
  /** Folder whose manifests are registered, now and whenever one is put there; null = none. Absolute path. */
  readonly manifestDir: string | null;
  /** File of the keys that seal secrets, with an absolute path. */
  readonly secretsKeyFile: string;
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
  const isDatabase = (variable: string, value: string): boolean => {
    if (URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)) return true;
    // The value itself may hold a password, so it is not repeated.
    problems.push({ variable, message: 'is not an address like postgres://user:password@host:5432/database' });
    return false;
  };
  const database = (variable: string): string | null => {
    const value = text(variable);
    return value !== null && isDatabase(variable, value) ? value : null;
  };
  const databases = (variable: string): string[] =>
    (text(variable) ?? '')
      .split(',')
      .map((value) => value.trim())
      .filter((value) => value !== '' && isDatabase(variable, value));

  const hosts = (variable: string): string[] =>
    (text(variable) ?? '')
      .split(',')
      .map((host) => host.trim())
      .filter((host) => {
        const isHost = /^[^\s/?#@\\]+$/.test(host) && URL.canParse(`http://${host}`);
        if (host !== '' && !isHost) problems.push({ variable, message: `"${host}" is neither host nor host:port` });
        return isHost;
      });
  const proxies = (): number | string[] => {
    const value = text('TRUST_PROXY') ?? '0';
    if (/^\d$/.test(value)) return Number(value);
    const addresses = value.split(',').map((each) => each.trim());
    const wrong = addresses.filter((address) => !isNetwork(address));
    if (wrong.length === 0) return addresses;
    const message = `"${wrong.join(', ')}" is neither a number of proxies from 0 to 9 nor an address such as 10.0.0.0/8`;
    problems.push({ variable: 'TRUST_PROXY', message });
    return 0;
  };

  const databaseUrl = database('DATABASE_URL');
  const databaseMigrationUrl = database('DATABASE_MIGRATION_URL');
  if (databaseMigrationUrl !== null && text('DATABASE_URL') === null) {
    problems.push({ variable: 'DATABASE_MIGRATION_URL', message: 'needs DATABASE_URL beside it' });
  }
  const databaseListenUrl = database('DATABASE_LISTEN_URL');
  if (databaseListenUrl !== null && text('DATABASE_URL') === null) {
    problems.push({ variable: 'DATABASE_LISTEN_URL', message: 'needs DATABASE_URL beside it' });
  }
  const replicaUrls = databases('DATABASE_REPLICA_URLS');
  const roleText = text('ROLE') ?? 'all';
  const role = roleText === 'all' || roleText === 'gateway' || roleText === 'worker' ? roleText : null;
  if (role === null) problems.push({ variable: 'ROLE', message: `"${roleText}" is none of all, gateway, worker` });
  if (role !== null && role !== 'all' && text('DATABASE_URL') === null) {
    problems.push({ variable: 'ROLE', message: `${role} shares a database with others, so it needs DATABASE_URL` });
  }
  if (role === 'all' && replicaUrls.length > 0) {
    const message =
      'are read by gateways; a process that computes too must read what it has written, so set ROLE=gateway';
    problems.push({ variable: 'DATABASE_REPLICA_URLS', message });
  }
  if (role !== null && role !== 'all' && text('SECRETS_KEY_FILE') === null) {
    problems.push({
      variable: 'SECRETS_KEY_FILE',
      message: `ROLE=${role} opens secrets that others seal, so their key must be named`,
    });
  }
  const path = (variable: string): string | null => {
    const value = text(variable);
    return value === null ? null : resolve(value);
  };
  const demo = flag('DEMO', role === 'all' || role === null);
  if (demo && role !== null && role !== 'all') {
    problems.push({
      variable: 'DEMO',
      message: `1 does not go with ROLE=${role}; the demonstration runs in one process`,
    });
  }
  const oidcIssuer = text('OIDC_ISSUER');
  const oidcAudience = text('OIDC_AUDIENCE');
  const issuerAddress = oidcIssuer === null ? null : URL.parse(oidcIssuer);
  if (oidcIssuer !== null && (issuerAddress === null || !isTamperProof(issuerAddress))) {
    problems.push({ variable: 'OIDC_ISSUER', message: `"${oidcIssuer}" is not an https:// address` });
  }
  if ((oidcIssuer === null) !== (oidcAudience === null)) {
    const [missing, given] = oidcIssuer === null ? ['ISSUER', 'AUDIENCE'] : ['AUDIENCE', 'ISSUER'];
    problems.push({ variable: `OIDC_${missing}`, message: `is missing beside OIDC_${given}` });
  }
  const localTokens = flag('LOCAL_TOKENS', oidcIssuer === null);
  if (localTokens && role !== null && role !== 'all' && text('JWT_KEY_FILE') === null) {
    const message = `ROLE=${role} shares the key of local tokens with others, so it must be named; or set OIDC_ISSUER, or LOCAL_TOKENS=0`;
    problems.push({ variable: 'JWT_KEY_FILE', message });
  }
  const choice = <Choice extends string>(variable: string, choices: readonly Choice[]): Choice | null => {
    const value = text(variable);
    const found = choices.find((each) => each === value);
    if (value === null || found !== undefined) return found ?? null;
    problems.push({ variable, message: `"${value}" is none of ${choices.join(', ')}` });
    return null;
  };
  const traceUrl = text('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (traceUrl !== null && !/^https?:$/.test(URL.parse(traceUrl)?.protocol ?? '')) {
    problems.push({ variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', message: 'is not an address like http://host:4318' });
  }
  const publicUrlText = text('PUBLIC_URL');
  const publicUrl = publicUrlText === null ? null : URL.parse(publicUrlText);
  if (
    publicUrlText !== null &&
    !(publicUrl && /^https?:$/.test(publicUrl.protocol) && publicUrl.href === `${publicUrl.origin}/`)
  ) {
    problems.push({ variable: 'PUBLIC_URL', message: 'is not a scheme and a host alone like https://dti.example.vn' });
  }
  const trustedDocumentsOnly = flag('TRUSTED_DOCUMENTS_ONLY', false);
  if (trustedDocumentsOnly && text('TRUSTED_DOCUMENTS') === null) {
    problems.push({ variable: 'TRUSTED_DOCUMENTS_ONLY', message: '1 needs TRUSTED_DOCUMENTS beside it' });
  }
  const dataDir = resolve(text('DATA_DIR') ?? '.data');
  const config: Config = {
    port: whole('PORT', 4000, 0, 65535),
    host: text('HOST') ?? '127.0.0.1',
    databaseUrl,
    databaseMigrationUrl,
    databaseListenUrl,
    replicas: {
      // The same environment may serve all processes of a machine.
      urls: role === 'gateway' ? replicaUrls : [],
      fallback: flag('DATABASE_REPLICA_FALLBACK', true),
      maxLagMs: whole('DATABASE_REPLICA_MAX_LAG_MS', 10_000, 100, 3_600_000),
    },
    dataDir,
    demo,
    demoIsSaid: text('DEMO') !== null,
    demoTickMs: whole('DEMO_TICK_MS', 5000, 50, 86_400_000),
    simulatorPort: text('SIMULATOR_PORT') === null ? null : whole('SIMULATOR_PORT', 0, 1, 65535),
    publicProvisional: flag('PUBLIC_PROVISIONAL', demo),
    introspection: demo,
    role: role ?? 'all',
    jwtKeyFile: resolve(text('JWT_KEY_FILE') ?? join(dataDir, 'jwt-key.pem')),
    mayMakeKeys: role === 'all',
    localTokens,
    oidc: oidcIssuer === null || oidcAudience === null ? null : { issuer: oidcIssuer, audience: oidcAudience },
    trustProxy: proxies(),
    costLimitPerMinute: whole('COST_LIMIT_PER_MINUTE', 0, 0, 1_000_000_000),
    logLevel: choice('LOG_LEVEL', LOG_LEVELS) ?? 'info',
    logFormat: choice('LOG_FORMAT', LOG_FORMATS),
    accessLog: flag('ACCESS_LOG', false),
    traceUrl,
    publicUrl: publicUrl?.origin ?? null,
    rateLimitPerMinute: whole('RATE_LIMIT_PER_MINUTE', 0, 0, 1_000_000),
    snapshotMemoryMb: text('SNAPSHOT_MEMORY_MB') === null ? null : whole('SNAPSHOT_MEMORY_MB', 64, 1, 65_536),
    roundMemoryMb: whole('ROUND_MEMORY_MB', 320, 0, 65_536),
    maxSocketsPerClient:
      text('MAX_SOCKETS_PER_CLIENT') === null ? null : whole('MAX_SOCKETS_PER_CLIENT', 0, 1, 1_000_000),
    maxExportsPerClient: text('MAX_EXPORTS_PER_CLIENT') === null ? null : whole('MAX_EXPORTS_PER_CLIENT', 0, 1, 1_000),
    answerCacheBytes: whole('ANSWER_CACHE_MB', 16, 0, 4096) * 1024 * 1024,
    trustedDocuments: path('TRUSTED_DOCUMENTS'),
    trustedDocumentsOnly,
    sourceAllowedHosts: hosts('SOURCE_ALLOWED_HOSTS'),
    sourceTrialMs: whole('SOURCE_TRIAL_MS', 45_000, 1000, 600_000),
    manifestDir: path('MANIFEST_DIR'),
    secretsKeyFile: resolve(text('SECRETS_KEY_FILE') ?? join(dataDir, 'secrets-key')),
  };
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem.variable}: ${problem.message}`);
    throw new PlatformError('CONFIG_INVALID', `The environment cannot be used:\n${lines.join('\n')}`, {
      details: { problems },
    });
  }
  return config;
}

/** `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  const mostBits = family === 4 ? 32 : 128;
  return (
    family !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= mostBits))
  );
}
