import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  issueToken,
  LOCAL_ISSUER,
  type LocalKey,
  MAX_LOCAL_SECONDS,
  openLocalKey,
  verifyLocalToken,
} from '../../src/access/localToken.js';
import { makeKey, sign, tamper, unsigned } from './tokenFixture.js';

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-key-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const ADMIN = { role: 'admin', entityKey: null, subject: 'anna', expiresInSeconds: 60 } as const;

describe('the key of local tokens', () => {
  it('is made once, for its owner alone, however many start at the same moment', async () => {
    const folder = join(await makeFolder(), 'new');
    const file = join(folder, 'jwt-key.pem');
    const keys = await Promise.all(Array.from({ length: 5 }, () => openLocalKey(file, true)));
    const pem = await readFile(file, 'utf8');
    for (const { privateKey } of keys) expect(privateKey.export({ type: 'pkcs8', format: 'pem' })).toBe(pem);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['jwt-key.pem']);
    const [first, second] = keys as [LocalKey, LocalKey];
    expect((await verifyLocalToken(second, await issueToken(first, ADMIN))).viewer.role).toBe('admin');
  });

  it('may be a P-256 key that somebody else made', async () => {
    const file = join(await makeFolder(), 'key.pem');
    await writeFile(file, makeKey('ES256', 'x').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const key = await openLocalKey(file, false);
    expect(key.alg).toBe('ES256');
    expect((await verifyLocalToken(key, await issueToken(key, ADMIN))).viewer.subject).toBe('local:anna');
  });

  it('is refused when it is of another kind, broken, or not there where it must be', async () => {
    const folder = await makeFolder();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    await writeFile(join(folder, 'rsa.pem'), rsa.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(join(folder, 'broken.pem'), '-----BEGIN PRIVATE KEY-----\nsecret-text\n');
    for (const [name, mayMake] of [
      ['rsa.pem', true],
      ['broken.pem', true],
      ['missing.pem', false],
    ] as const) {
      const failure = await openLocalKey(join(folder, name), mayMake).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) });
      expect(String(failure)).not.toContain('secret-text');
    }
  });

  it('is made with its folder, but not with the folders above it, which may be a slip', async () => {
    const folder = await makeFolder();
    expect((await openLocalKey(join(folder, 'keys/made.pem'), true)).alg).toBe('EdDSA');
    const failure = openLocalKey(join(folder, 'no/such/made.pem'), true);
    await expect(failure).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/ENOENT.+Name a file/),
    });
  });
});

describe('local tokens', () => {
  let key: LocalKey;
  beforeAll(() => {
    key = { ...makeKey('EdDSA', 'x'), alg: 'EdDSA' };
  });
  const codeOf = (token: string) =>
    verifyLocalToken(key, token).then(
      ({ viewer }) => viewer.role as string,
      (error: { code?: string }) => error.code,
    );

  it('name the viewer until they expire', async () => {
    const officer = { role: 'officer', entityKey: 'GSO-2004:74', subject: 'ben', expiresInSeconds: 60 } as const;
    const signedIn = await verifyLocalToken(key, await issueToken(key, officer));
    expect(signedIn.viewer).toEqual({ role: 'officer', subject: 'local:ben', entityKey: 'GSO-2004:74' });
    expect(signedIn.credential).toMatchObject({ kind: 'token', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect((signedIn.expiresAt ?? 0) - Date.now()).toBeLessThanOrEqual(60_000);
    const longAgo = new Date(Date.now() - 61_000);
    await expect(verifyLocalToken(key, await issueToken(key, ADMIN, longAgo))).rejects.toThrow(/expired/);
    // Within what clocks may differ by, too: that is for tokens that come early.
    const justNow = new Date(Date.now() - 61_000);
    expect(await codeOf(await issueToken(key, ADMIN, justNow))).toBe('AUTH_INVALID');
    expect(await codeOf(await issueToken(key, ADMIN, new Date(Date.now() + 3_000)))).toBe('admin');
  });

  it('are refused when anything about them is not right', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: LOCAL_ISSUER, aud: LOCAL_ISSUER, sub: 'anna', jti: 'j', dti_role: 'admin', iat: now, exp: now + 60 },
    };
    const by = (changes: object) => sign({ ...key, kid: 'x' }, { ...claims, ...changes });
    expect(await codeOf(await by({}))).toBe('admin');
    for (const changes of [
      ...[{ iss: 'other' }, { aud: 'other' }, { jti: undefined }, { sub: undefined }, { exp: undefined }],
      ...[{ iat: undefined }, { iat: now - MAX_LOCAL_SECONDS - 60 }, { iat: now + 600 }, { dti_role: 'root' }],
      ...[{ dti_role: 'officer' }, { nbf: now + 60 }],
    ]) {
      expect([changes, await codeOf(await by(changes))]).toEqual([changes, 'AUTH_INVALID']);
    }
    const good = await issueToken(key, { ...ADMIN, role: 'reviewer' });
    expect(await codeOf(tamper(good, { dti_role: 'admin' }))).toBe('AUTH_INVALID');
    expect(await codeOf(unsigned(claims))).toBe('AUTH_INVALID');
    expect(await codeOf(await sign(makeKey('EdDSA', 'x'), claims))).toBe('AUTH_INVALID');
    expect(await codeOf(await sign(makeKey('ES256', 'x'), claims))).toBe('AUTH_INVALID');
    expect(await codeOf('a.b.c')).toBe('AUTH_INVALID');
  });
});
