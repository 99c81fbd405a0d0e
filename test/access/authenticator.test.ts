import { beforeEach, describe, expect, it } from 'vitest';
import { makeApiKey, splitApiKey } from '../../src/access/apiKey.js';
import { Authenticator, FAILURES_PER_MINUTE } from '../../src/access/authenticator.js';
import { issueToken, type LocalKey } from '../../src/access/localToken.js';
import type { ApiKey, Credential } from '../../src/domain/credential.js';
import { makeKey, unsigned } from './tokenFixture.js';

const KEY: LocalKey = { ...makeKey('EdDSA', 'x'), alg: 'EdDSA' };
const MADE = makeApiKey(null);

/** The database's part, in memory: here it is about what is asked of it. */
const stored = new Map<string, ApiKey & { hash: string }>();
const revoked = new Set<string>();
const touched: string[] = [];
let now = 0;
let authenticator: Authenticator;
let token: string;
beforeEach(async () => {
  now = Date.now();
  revoked.clear();
  touched.length = 0;
  stored.clear();
  stored.set(MADE.id, {
    ...{ id: MADE.id, hash: MADE.hash, role: 'integrator', entityKey: null, name: 'n', createdBy: 'c' },
    ...{ createdAt: new Date(0), expiresAt: null, revokedAt: null, lastUsedAt: null },
  });
  const store = {
    findKey: async (id: string) => stored.get(id) ?? null,
    touchKey: async (id: string) => void touched.push(id),
    findRevoked: async (credentials: readonly Credential[]) => credentials.filter(({ id }) => revoked.has(id)),
  };
  authenticator = new Authenticator({ localKey: KEY, oidc: null, store, now: () => now });
  token = await issueToken(KEY, { role: 'admin', entityKey: null, subject: 'anna', expiresInSeconds: 3600 });
});

const ask = (text: string, client = 'here') =>
  authenticator.authenticate(`Bearer ${text}`, client).then(
    ({ viewer }) => viewer.subject as string,
    (error: { code?: string }) => error.code,
  );

describe('the authenticator', () => {
  it('takes nothing as the public, and anything that is not right as an error', async () => {
    expect((await authenticator.authenticate(undefined, 'here')).viewer.role).toBe('public');
    for (const header of [
      '',
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      token,
      `Bearer ${token} ${token}`,
      `Bearer ${'x'.repeat(9000)}`,
    ]) {
      await expect(authenticator.authenticate(header, header.slice(0, 9) + header.length)).rejects.toMatchObject({
        code: 'AUTH_INVALID',
      });
    }
    expect(await authenticator.authenticate(`bearer ${token}`, 'here')).toMatchObject({ viewer: { role: 'admin' } });
  });

  it('takes tokens of the issuers that it trusts only', async () => {
    expect(await ask(token)).toBe('local:anna');
    expect(await ask(unsigned({ iss: 'https://login.example', sub: 'x' }))).toBe('AUTH_INVALID');
    const without = new Authenticator({
      localKey: null,
      oidc: null,
      store: { findKey: async () => null, touchKey: async () => undefined, findRevoked: async () => [] },
    });
    await expect(without.authenticate(`Bearer ${token}`, 'here')).rejects.toMatchObject({ code: 'AUTH_INVALID' });
  });

  it('refuses a revoked token', async () => {
    const { credential } = await authenticator.authenticate(`Bearer ${token}`, 'here');
    revoked.add(credential?.id ?? '');
    expect(await ask(token)).toBe('AUTH_INVALID');
  });

  it('knows API keys by their hash, until they expire or are revoked', async () => {
    expect(await ask(MADE.text)).toBe(`key:${MADE.id}`);
    expect(touched).toEqual([MADE.id]);
    const other = splitApiKey(makeApiKey(null).text);
    expect(await ask(`dti_${MADE.id}_${other?.secret}`)).toBe('AUTH_INVALID');
    expect(await ask(`dti_${other?.id}_${other?.secret}`)).toBe('AUTH_INVALID');
    const key = stored.get(MADE.id);
    if (key === undefined) throw new Error('the key is gone');
    stored.set(MADE.id, { ...key, expiresAt: new Date(now + 1) });
    expect(await ask(MADE.text)).toBe(`key:${MADE.id}`);
    stored.set(MADE.id, { ...key, expiresAt: new Date(now) });
    expect(await ask(MADE.text)).toBe('AUTH_INVALID');
    stored.set(MADE.id, { ...key, revokedAt: new Date(now) });
    expect(await ask(MADE.text)).toBe('AUTH_INVALID');
    stored.set(MADE.id, { ...key, hash: '' });
    expect(await ask(MADE.text)).toBe('AUTH_INVALID');
    expect(touched).toHaveLength(2);
  });
});

describe('failed credentials', () => {
  const guesses = (count: number, client = 'here') =>
    Promise.all(Array.from({ length: count }, (_, at) => ask(`guess-${at}`, client)));

  it('are throttled per client, whether they come at once or one by one', async () => {
    const codes = await guesses(30);
    expect(codes.filter((code) => code === 'AUTH_INVALID')).toHaveLength(FAILURES_PER_MINUTE);
    expect(codes.filter((code) => code === 'AUTH_THROTTLED')).toHaveLength(20);
    expect(await ask('guess')).toBe('AUTH_THROTTLED');
    expect(await ask('guess', 'there')).toBe('AUTH_INVALID');
    now += 6_000;
    expect([await ask('guess'), await ask('guess')]).toEqual(['AUTH_INVALID', 'AUTH_THROTTLED']);
  });

  it('do not tell a right guess from a wrong one', async () => {
    await guesses(FAILURES_PER_MINUTE);
    expect(await ask(token)).toBe('AUTH_THROTTLED');
    const failure = await authenticator.authenticate(`Bearer ${token}`, 'here').catch((error: unknown) => error);
    expect(failure).toMatchObject({ details: { retryAfterSeconds: 6 } });
    now += 6_000;
    expect(await ask(token)).toBe('local:anna');
  });

  it('do not stop who was right a moment ago behind the same address', async () => {
    expect(await ask(token)).toBe('local:anna');
    await guesses(30);
    expect(await ask(token)).toBe('local:anna');
    expect(await ask(MADE.text)).toBe('AUTH_THROTTLED');
  });

  it('are throttled per key, from however many clients they come', async () => {
    const { secret } = splitApiKey(makeApiKey(null).text) ?? {};
    const codes = [];
    for (let at = 0; at < FAILURES_PER_MINUTE + 3; at += 1)
      codes.push(await ask(`dti_${MADE.id}_${secret}`, `client-${at}`));
    expect(codes.slice(-3)).toEqual(['AUTH_THROTTLED', 'AUTH_THROTTLED', 'AUTH_THROTTLED']);
    expect(await ask(MADE.text, 'elsewhere')).toBe('AUTH_THROTTLED');
    expect(await ask(token, 'elsewhere')).toBe('local:anna');
  });

  it('of the right kind do not use up anything', async () => {
    for (let at = 0; at < 50; at += 1) expect(await ask(token)).toBe('local:anna');
    expect(await ask('guess')).toBe('AUTH_INVALID');
  });
});
