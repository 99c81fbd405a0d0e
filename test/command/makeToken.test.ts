import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLocalKey, verifyLocalToken } from '../../src/access/localToken.js';
import { UsageError } from '../../src/command/failure.js';
import { makeToken } from '../../src/command/makeToken.js';
import { readConfig } from '../../src/config.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dti-token-'));
});
afterAll(() => rm(folder, { recursive: true }));

const config = (environment: Record<string, string> = {}) => readConfig({ DATA_DIR: folder, ...environment });

const quiet = () => undefined;

describe('the command that makes tokens', () => {
  it('makes the key on the first use, which the platform then takes', async () => {
    const lines: string[] = [];
    const given = { role: 'admin', expires: '120', subject: 'anna@mic' };
    const token = await makeToken(config(), given, (line) => lines.push(line));
    await makeToken(config(), given, (line) => lines.push(line));
    expect(lines).toEqual([expect.stringContaining(join(folder, 'jwt-key.pem'))]);
    const key = await openLocalKey(join(folder, 'jwt-key.pem'), false);
    const { viewer, expiresAt } = await verifyLocalToken(key, token);
    expect(viewer).toEqual({ role: 'admin', subject: 'local:anna@mic', entityKey: null });
    expect(((expiresAt ?? 0) - Date.now()) / 1000).toBeGreaterThan(60);
  });

  it.each([
    ['74', 'GSO-2004:74'],
    ['MPI', 'CENTRAL:MPI'],
    ['GSO-2025:79', 'GSO-2025:79'],
  ])('finds the entity %s of an officer', async (entity, key) => {
    const token = await makeToken(config(), { role: 'officer', entity }, quiet);
    const { viewer } = await verifyLocalToken(await openLocalKey(join(folder, 'jwt-key.pem'), false), token);
    expect(viewer).toMatchObject({ role: 'officer', entityKey: key });
  });

  it.each([
    [{}, '--role'],
    [{ role: 'king' }, '--role'],
    [{ role: 'officer' }, '--entity'],
    [{ role: 'officer', entity: 'nowhere' }, 'nowhere'],
    [{ role: 'admin', expires: '0' }, '--expires'],
    [{ role: 'admin', expires: '86401' }, '86400'],
    [{ role: 'admin', subject: 'a b' }, '--subject'],
  ])('refuses %j and says what is missing', async (given, advice) => {
    const refused = makeToken(config(), given, quiet);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(advice);
  });

  it('names all entities of a code that several have', async () => {
    await expect(makeToken(config(), { role: 'officer', entity: '79' }, quiet)).rejects.toMatchObject({
      ...{ code: 'AMBIGUOUS_CODE', message: expect.stringContaining('GSO-2025:79') },
    });
  });

  it('is refused where tokens come from an issuer, unless both are taken', async () => {
    const issuer = { OIDC_ISSUER: 'https://login.example', OIDC_AUDIENCE: 'dti' };
    await expect(makeToken(config(issuer), { role: 'admin' }, quiet)).rejects.toMatchObject({
      ...{ code: 'CONFIG_INVALID', message: expect.stringContaining('LOCAL_TOKENS=1') },
    });
    expect(await makeToken(config({ ...issuer, LOCAL_TOKENS: '1' }), { role: 'admin' }, quiet)).toMatch(/^ey/);
  });
});
