import { access } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA_FOLDER, readConfig } from '../src/config.js';
import { PlatformError } from '../src/domain/errors.js';

const URL_OF = 'postgres://somebody:s3cret-word@db.example:5432/dti';

function failureOf(environment: Record<string, string>): PlatformError {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof PlatformError) return error;
  }
  throw new Error('expected a failure');
}
const problemsOf = (environment: Record<string, string>) =>
  (failureOf(environment).details.problems as { variable: string; message: string }[]).map(
    ({ variable, message }) => `${variable}: ${message}`,
  );

describe('the configuration', () => {
  it('is the demonstration on this machine when the environment says nothing', () => {
    expect(readConfig({})).toEqual({
      ...{
        port: 4000,
        host: '127.0.0.1',
        databaseUrl: null,
        databaseMigrationUrl: null,
        databaseListenUrl: null,
        dataDir: resolve('.data'),
      },
      ...{
        demo: true,
        demoIsSaid: false,
        demoTickMs: 5000,
        simulatorPort: null,
        publicProvisional: true,
        introspection: true,
        role: 'all',
        sourceAllowedHosts: [],
        sourceTrialMs: 45_000,
        manifestDir: null,
        secretsKeyFile: resolve('.data/secrets-key'),
      },
      ...{ jwtKeyFile: resolve('.data/jwt-key.pem'), mayMakeKeys: true, localTokens: true, oidc: null },
      ...{ logLevel: 'info', logFormat: null, accessLog: false, traceUrl: null, costLimitPerMinute: 0 },
      replicas: { urls: [], fallback: true, maxLagMs: 10_000 },
      ...{
        trustProxy: 0,
        publicUrl: null,
        rateLimitPerMinute: 0,
        snapshotMemoryMb: null,
        roundMemoryMb: 320,
        maxSocketsPerClient: null,
        maxExportsPerClient: null,
      },
      ...{ trustProxy: 0, rateLimitPerMinute: 0, snapshotMemoryMb: null, roundMemoryMb: 320 },
      ...{ answerCacheBytes: 16 * 1024 * 1024, trustedDocuments: null, trustedDocumentsOnly: false },
    });
  });

  it('finds the reference files wherever it runs from', async () => {
    expect(isAbsolute(DATA_FOLDER)).toBe(true);
    await access(join(DATA_FOLDER, 'rounds.json'));
  });

  it.each([
    ['PORT', '0', { port: 0 }],
    ['PORT', '65535', { port: 65535 }],
    ['LOG_LEVEL', 'warn', { logLevel: 'warn' }],
    ['LOG_FORMAT', 'text', { logFormat: 'text' }],
    ['ACCESS_LOG', '1', { accessLog: true }],
    ['COST_LIMIT_PER_MINUTE', '1000000', { costLimitPerMinute: 1_000_000 }],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318', { traceUrl: 'http://127.0.0.1:4318' }],
    ['PUBLIC_URL', 'https://dti.example.vn/', { publicUrl: 'https://dti.example.vn' }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['DATABASE_URL', URL_OF, { databaseUrl: URL_OF }],
    ['DATABASE_URL', 'postgresql://h/d', { databaseUrl: 'postgresql://h/d' }],
    ['DATA_DIR', '/srv/dti', { dataDir: '/srv/dti' }],
    ['DATA_DIR', 'here', { dataDir: resolve('here') }],
    ['DEMO', '0', { demo: false, publicProvisional: false, introspection: false }],
    ['DEMO', '1', { demo: true, demoIsSaid: true, publicProvisional: true, introspection: true }],
    ['DEMO_TICK_MS', '50', { demoTickMs: 50 }],
    ['SIMULATOR_PORT', '4999', { simulatorPort: 4999 }],
    ['SOURCE_TRIAL_MS', '1000', { sourceTrialMs: 1000 }],
    ['PUBLIC_PROVISIONAL', '0', { publicProvisional: false, demo: true }],
    ['ROLE', 'all', { role: 'all' }],
    ['MANIFEST_DIR', '/srv/manifests', { manifestDir: '/srv/manifests' }],
    ['SECRETS_KEY_FILE', '/run/secrets-key', { secretsKeyFile: '/run/secrets-key' }],
    [
      'SOURCE_ALLOWED_HOSTS',
      'a.example, 10.0.0.5:8080,,[::1]:80',
      { sourceAllowedHosts: ['a.example', '10.0.0.5:8080', '[::1]:80'] },
    ],
    ['LOCAL_TOKENS', '0', { localTokens: false }],
    ['TRUST_PROXY', '1', { trustProxy: 1 }],
    ['TRUST_PROXY', '10.0.0.0/8, fd00::1', { trustProxy: ['10.0.0.0/8', 'fd00::1'] }],
    ['RATE_LIMIT_PER_MINUTE', '600', { rateLimitPerMinute: 600 }],
    ['ANSWER_CACHE_MB', '0', { answerCacheBytes: 0 }],
    ['TRUSTED_DOCUMENTS', '/srv/documents.json', { trustedDocuments: '/srv/documents.json' }],
    ['SNAPSHOT_MEMORY_MB', '700', { snapshotMemoryMb: 700 }],
    ['ROUND_MEMORY_MB', '0', { roundMemoryMb: 0 }],
    ['MAX_SOCKETS_PER_CLIENT', '20', { maxSocketsPerClient: 20 }],
    ['MAX_EXPORTS_PER_CLIENT', '3', { maxExportsPerClient: 3 }],
    ['PORT', ' 4001 ', { port: 4001 }],
    ['PORT', '', { port: 4000 }],
    ['SIMULATOR_PORT', '  ', { simulatorPort: null }],
  ])('takes %s=%j', (variable, value, parts) => {
    expect(readConfig({ [variable]: value })).toMatchObject(parts);
  });

  it.each(['gateway', 'worker'])('runs a %s without the demonstration, on a database that is shared', (role) => {
    const shared = { DATABASE_URL: URL_OF, JWT_KEY_FILE: 'key.pem', SECRETS_KEY_FILE: '/run/key' };
    expect(readConfig({ ...shared, ROLE: role })).toMatchObject({
      ...{ jwtKeyFile: resolve('key.pem'), mayMakeKeys: false, secretsKeyFile: '/run/key' },
      ...{ role, demo: false, introspection: false, publicProvisional: false },
    });
  });

  it('lets gateways read from replicas; other processes that share the environment do not', () => {
    const shared = { DATABASE_URL: URL_OF, JWT_KEY_FILE: 'key.pem', SECRETS_KEY_FILE: '/run/key' };
    const environment = {
      ...shared,
      DATABASE_REPLICA_URLS: 'postgres://one/dti, postgres://two/dti,',
      DATABASE_REPLICA_FALLBACK: '0',
      DATABASE_REPLICA_MAX_LAG_MS: '2000',
      DATABASE_LISTEN_URL: 'postgres://direct/dti',
    };
    expect(readConfig({ ...environment, ROLE: 'gateway' })).toMatchObject({
      replicas: { urls: ['postgres://one/dti', 'postgres://two/dti'], fallback: false, maxLagMs: 2000 },
      databaseListenUrl: 'postgres://direct/dti',
    });
    expect(readConfig({ ...environment, ROLE: 'worker' }).replicas.urls).toEqual([]);
    expect(problemsOf(environment)).toEqual([expect.stringMatching(/^DATABASE_REPLICA_URLS: .*ROLE=gateway/)]);
    const wrong = { ...shared, ROLE: 'gateway', DATABASE_REPLICA_URLS: `${URL_OF},http://u:s3cret-word@h` };
    expect(problemsOf(wrong)).toEqual([expect.stringMatching(/^DATABASE_REPLICA_URLS: is not an address/)]);
    expect(failureOf(wrong).message).not.toContain('s3cret-word');
  });

  it('takes the address of the owner of the tables beside that of the runtime', () => {
    const environment = { DATABASE_URL: URL_OF, DATABASE_MIGRATION_URL: 'postgres://owner@h/dti' };
    expect(readConfig(environment).databaseMigrationUrl).toBe('postgres://owner@h/dti');
  });

  it('lets the schema be asked for in the demonstration only', () => {
    expect(readConfig({}).introspection).toBe(true);
    expect(readConfig({ DEMO: '0', NODE_ENV: 'development' }).introspection).toBe(false);
  });

  it.each([
    ['PORT', '65536', '"65536" is not a whole number from 0 to 65535'],
    ['PORT', '-1', '"-1" is not a whole number from 0 to 65535'],
    ['PORT', '4e3', '"4e3" is not a whole number from 0 to 65535'],
    ['PORT', '80.5', '"80.5" is not a whole number from 0 to 65535'],
    ['DEMO_TICK_MS', '49', '"49" is not a whole number from 50 to 86400000'],
    ['SIMULATOR_PORT', '0', '"0" is not a whole number from 1 to 65535'],
    ['SOURCE_TRIAL_MS', '999', '"999" is not a whole number from 1000 to 600000'],
    ['DEMO', 'yes', '"yes" is neither 1 nor 0'],
    ['PUBLIC_PROVISIONAL', 'true', '"true" is neither 1 nor 0'],
    ['TRUSTED_DOCUMENTS_ONLY', '1', '1 needs TRUSTED_DOCUMENTS beside it'],
    ['ROLE', 'queen', '"queen" is none of all, gateway, worker'],
    ['SOURCE_ALLOWED_HOSTS', 'a.example,http://b', '"http://b" is neither host nor host:port'],
    ['SOURCE_ALLOWED_HOSTS', 'a.example:99999', '"a.example:99999" is neither host nor host:port'],
    [
      'TRUST_PROXY',
      'everybody',
      '"everybody" is neither a number of proxies from 0 to 9 nor an address such as 10.0.0.0/8',
    ],
    [
      'TRUST_PROXY',
      '10.0.0.0/33',
      '"10.0.0.0/33" is neither a number of proxies from 0 to 9 nor an address such as 10.0.0.0/8',
    ],
    ['SNAPSHOT_MEMORY_MB', '0', '"0" is not a whole number from 1 to 65536'],
    ['RATE_LIMIT_PER_MINUTE', '-1', '"-1" is not a whole number from 0 to 1000000'],
    ['DATABASE_URL', 'mysql://h/d', 'is not an address like postgres://user:password@host:5432/database'],
    ['DATABASE_URL', 'h:5432', 'is not an address like postgres://user:password@host:5432/database'],
    ['DATABASE_MIGRATION_URL', URL_OF, 'needs DATABASE_URL beside it'],
  ])('refuses %s=%j', (variable, value, message) => {
    expect(problemsOf({ [variable]: value })).toEqual([`${variable}: ${message}`]);
  });

  it('refuses the demonstration where several processes share the work', () => {
    const shared = { DATABASE_URL: URL_OF, JWT_KEY_FILE: 'key.pem', SECRETS_KEY_FILE: '/run/key' };
    expect(problemsOf({ ...shared, ROLE: 'gateway', DEMO: '1' })).toEqual([
      'DEMO: 1 does not go with ROLE=gateway; the demonstration runs in one process',
    ]);
  });

  it.each(['gateway', 'worker'])('refuses a %s without a database and without the keys that it shares', (role) => {
    expect(problemsOf({ ROLE: role })).toEqual([
      `ROLE: ${role} shares a database with others, so it needs DATABASE_URL`,
      `SECRETS_KEY_FILE: ROLE=${role} opens secrets that others seal, so their key must be named`,
      `JWT_KEY_FILE: ROLE=${role} shares the key of local tokens with others, so it must be named; or set OIDC_ISSUER, or LOCAL_TOKENS=0`,
    ]);
  });

  const OIDC = { OIDC_ISSUER: 'https://login.example/dti', OIDC_AUDIENCE: 'dti' };

  it('takes tokens of an issuer instead of local ones, or both', () => {
    const oidc = { issuer: 'https://login.example/dti', audience: 'dti' };
    expect(readConfig(OIDC)).toMatchObject({ oidc, localTokens: false });
    expect(readConfig({ ...OIDC, LOCAL_TOKENS: '1' })).toMatchObject({ oidc, localTokens: true });
    const gateway = { ROLE: 'gateway', DATABASE_URL: URL_OF, SECRETS_KEY_FILE: '/run/key' };
    expect(readConfig({ ...OIDC, ...gateway })).toMatchObject({ oidc, localTokens: false });
    expect(readConfig({ ...OIDC, OIDC_ISSUER: 'http://127.0.0.1:8080' }).oidc?.issuer).toBe('http://127.0.0.1:8080');
  });

  it.each([
    [{ OIDC_ISSUER: OIDC.OIDC_ISSUER }, 'OIDC_AUDIENCE: is missing beside OIDC_ISSUER'],
    [{ OIDC_AUDIENCE: 'dti' }, 'OIDC_ISSUER: is missing beside OIDC_AUDIENCE'],
    [
      { ...OIDC, OIDC_ISSUER: 'http://login.example' },
      'OIDC_ISSUER: "http://login.example" is not an https:// address',
    ],
    [{ ...OIDC, OIDC_ISSUER: 'login.example' }, 'OIDC_ISSUER: "login.example" is not an https:// address'],
  ])('refuses an issuer that cannot be trusted: %j', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it('names all problems at once, one line each, with a code', () => {
    const failure = failureOf({
      ...{ PORT: 'x', DEMO: 'x', DEMO_TICK_MS: 'x', SIMULATOR_PORT: 'x', PUBLIC_PROVISIONAL: 'x', ROLE: 'x' },
      ...{ DATABASE_URL: 'x', DATABASE_MIGRATION_URL: 'x' },
    });
    expect(failure.code).toBe('CONFIG_INVALID');
    const [head, ...lines] = failure.message.split('\n');
    expect(head).toBe('The environment cannot be used:');
    expect(lines.map((line) => line.trim().split(':')[0])).toEqual([
      ...['DATABASE_URL', 'DATABASE_MIGRATION_URL', 'ROLE', 'DEMO', 'PORT', 'DEMO_TICK_MS', 'SIMULATOR_PORT'],
      'PUBLIC_PROVISIONAL',
    ]);
  });

  it.each(['DATABASE_URL', 'DATABASE_MIGRATION_URL'])('never repeats what %s holds', (variable) => {
    for (const value of ['mysql://a:s3cret-word@h/d', 'postgres//a:s3cret-word@h', 's3cret-word']) {
      const failure = failureOf({ DATABASE_URL: URL_OF, [variable]: value });
      expect(failure.message).toContain(variable);
      expect(`${failure.message} ${JSON.stringify(failure.details)} ${failure.stack}`).not.toContain('s3cret');
    }
  });
});
