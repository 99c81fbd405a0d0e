import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSealer } from '../../src/access/seal.js';
import { openSealer } from '../../src/access/sealingKey.js';
import { PlatformError } from '../../src/domain/errors.js';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);
const SECRET = 'Mật khẩu & "dấu"';

/** The failure of a step. */
function failureOf(step: () => unknown): PlatformError {
  try {
    step();
  } catch (error) {
    if (error instanceof PlatformError) return error;
  }
  throw new Error('it did not fail as expected');
}

describe('createSealer', () => {
  const sealer = createSealer(KEY);
  const sealed = sealer.seal(SECRET, 'einvoice/password');

  it('opens what it sealed, and seals the same text differently each time', () => {
    expect(sealer.unseal(sealed, 'einvoice/password')).toBe(SECRET);
    expect(sealer.seal(SECRET, 'einvoice/password')).not.toBe(sealed);
  });

  it.each([
    ['another place', () => sealer.unseal(sealed, 'population/password')],
    ['another key', () => createSealer(OTHER).unseal(sealed, 'einvoice/password')],
    ['a changed text', () => sealer.unseal(`${sealed.slice(0, -4)}AAAA`, 'einvoice/password')],
    ['half a text', () => sealer.unseal(sealed.slice(0, 25), 'einvoice/password')],
    ['no sealed text', () => sealer.unseal('v0', 'einvoice/password')],
  ])('refuses %s with an error that does not tell the value', (_, step) => {
    const failure = failureOf(step);
    expect(failure.code).toBe('SECRETS_KEY');
    expect(failure.message).not.toContain(SECRET);
    expect(failure.message).not.toContain(KEY.toString('base64'));
  });

  it('opens with an older key, and says that it is to be sealed again', () => {
    const rotated = createSealer(OTHER, [KEY]);
    expect(rotated.unseal(sealed, 'einvoice/password')).toBe(SECRET);
    expect([sealer.isCurrent(sealed), rotated.isCurrent(sealed)]).toEqual([true, false]);
  });

  it('compares texts by a keyed hash', () => {
    expect(sealer.fingerprint('a')).toBe(sealer.fingerprint('a'));
    expect(sealer.fingerprint('a')).not.toBe(createSealer(OTHER).fingerprint('a'));
  });
});

describe('openSealer', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dti-key-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('makes a key that only its owner may read, once, whoever comes first', async () => {
    const path = join(folder, 'new/secrets-key');
    const [first, second] = await Promise.all([openSealer({ path, make: true }), openSealer({ path, make: true })]);
    expect(second.unseal(first.seal(SECRET, 'x'), 'x')).toBe(SECRET);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await openSealer({ path, make: true })).unseal(first.seal(SECRET, 'x'), 'x')).toBe(SECRET);
  });

  it('reads keys in both spellings; the first one seals', async () => {
    const path = join(folder, 'rotated');
    await writeFile(path, `# rotated in 2026\n${OTHER.toString('hex')}\n${KEY.toString('base64')}\n`);
    const sealer = await openSealer({ path, make: false });
    expect(createSealer(OTHER).unseal(sealer.seal(SECRET, 'x'), 'x')).toBe(SECRET);
    expect(sealer.unseal(createSealer(KEY).seal(SECRET, 'x'), 'x')).toBe(SECRET);
  });

  it('refuses a file that is not there or holds no key, without showing what it holds', async () => {
    await expect(openSealer({ path: join(folder, 'none'), make: false })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    for (const text of ['', 'short-key-abc']) {
      const path = join(folder, 'wrong');
      await writeFile(path, text);
      const failure = await openSealer({ path, make: true }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'CONFIG_INVALID' });
      expect(String(failure)).not.toContain('short-key');
      expect(await readFile(path, 'utf8')).toBe(text);
    }
  });
});
