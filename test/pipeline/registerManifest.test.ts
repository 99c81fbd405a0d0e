import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NewManifest, registerManifest } from '../../src/pipeline/registerManifest.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import type { SourceLibrary } from '../../src/pipeline/sourceLibrary.js';
import { setSourceSettings } from '../../src/pipeline/sourceSettings.js';
import { readHead } from '../../src/store/revision.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { NOW, rowsOf } from '../store/batch.js';
import { startSmallSource } from './smallSource.js';
import { ACTOR, openLibrary, sampleManifest } from './sourceStage.js';

const SECRET = 'Bí mật/+=& 1';
let test: TestDatabase;
let library: SourceLibrary;
beforeAll(async () => {
  test = await openTestDatabase();
  library = (await openLibrary(test.database)).library;
});
afterAll(() => test.drop());

const register = (text: string, settings: Omit<NewManifest, 'text'> = {}) =>
  registerManifest({ database: test.database, library, now: () => NOW }, ACTOR, { text, ...settings });
const head = () => readHead(test.database.fork());
const sourceOf = async (key: string) => {
  const columns = 's.status, s.version, s.name_en as name, s.base_url';
  const versions = '(select array_agg(v.version order by v.version) from source_version v where v.source_id = s.id)';
  const [row] = await rowsOf(test.database, `select ${columns}, ${versions} as versions from source s where key = ?`, [
    key,
  ]);
  return row;
};

describe('registerManifest', () => {
  it('makes a draft that can be opened with its settings', async () => {
    const before = await head();
    const settings = { baseUrl: 'http://127.0.0.1:9/api/', secrets: [{ name: 'token', value: SECRET }] };
    expect(await register(sampleManifest(), settings)).toEqual({ key: 'sample', isNew: true, problems: [] });
    expect(await rowsOf(test.database, 'select kind from revision where id > ?', [before])).toHaveLength(1);
    expect(await sourceOf('sample')).toMatchObject({ status: 'DRAFT', version: 1, versions: [1] });
    expect(
      await rowsOf(
        test.database,
        "select actor, role, action, target, details from audit where target like 'Source:%'",
      ),
    ).toEqual([
      {
        ...{ actor: 'integrator-1', role: 'integrator', action: 'registerSource', target: 'Source:sample' },
        details: { version: 1, isNew: true, changed: ['baseUrl', 'secret token'] },
      },
    ]);
    const opened = await library.open('sample');
    expect(opened).toMatchObject({ status: 'DRAFT', schedule: null });
    expect(opened.settings).toEqual({ baseUrl: 'http://127.0.0.1:9/api', secrets: { token: SECRET } });
    expect(opened.connector.spec).toMatchObject({ key: 'sample', version: 1, secrets: ['token'] });
    expect((await library.open('sample')).connector).toBe(opened.connector);
  });

  it('does nothing when the same text comes again', async () => {
    const before = await head();
    const again = await register(sampleManifest(), { secrets: [{ name: 'token', value: SECRET }] });
    expect(again).toEqual({ key: 'sample', isNew: false, problems: [] });
    expect(await head()).toBe(before);
  });

  it('refuses another text under a version that was used, and a version that is older', async () => {
    const other = await register(sampleManifest({ name: 'Other' }));
    expect(other).toMatchObject({ key: null, problems: [{ code: 'version', path: 'version', line: 2, column: 10 }] });
    await register(sampleManifest({ key: 'old', version: 5 }));
    const older = await register(sampleManifest({ key: 'old', version: 4 }));
    expect(older.problems).toMatchObject([{ code: 'version', message: expect.stringContaining('Raise version to 6') }]);
  });

  it('a new version of a draft takes its place; that of an active source waits', async () => {
    await register(sampleManifest({ version: 2, name: 'Second' }));
    expect(await sourceOf('sample')).toMatchObject({ version: 2, name: 'Second', versions: [1, 2] });
    await test.database.fork().execute(`update source set status = 'ACTIVE' where key = 'sample'`);
    await register(sampleManifest({ version: 3, name: 'Third' }));
    const source = { status: 'ACTIVE', version: 2, name: 'Second', versions: [1, 2, 3] };
    expect(await sourceOf('sample')).toMatchObject(source);
    expect((await library.open('sample')).connector.spec.name.en).toBe('Second');
  });

  it.each([
    ['framework', { framework: 'PDTI-999' }, 'framework', 16],
    ['indicator', { indicator: 'GOV_ACTIVITY.77' }, 'indicator', 20],
    ['measure that is no indicator', { indicator: 'GOV_ACTIVITY' }, 'indicator', 20],
    ['code system', { codeSystem: 'GSO-1999' }, 'code_system', 17],
  ])('names a %s that the platform does not know, with its place', async (_, parts, code, line) => {
    const { key, problems } = await register(sampleManifest({ key: 'unknown_words', ...parts }));
    expect([key, problems]).toEqual([null, [expect.objectContaining({ code, line })]]);
    expect(await sourceOf('unknown_words')).toBeUndefined();
  });

  it('names an alias that stands for no entity that the platform knows', async () => {
    const entity = (aliases: string) =>
      sampleManifest({ key: 'spelt' }).replace(
        '{ by: code, codeSystem: GSO-2025, field: code, pad: 2 }',
        `{ by: name, codeSystem: GSO-2025, field: code, aliases: { ${aliases} } }`,
      );
    const { key, problems } = await register(entity('Sài Gòn: TP. Hồ Chí Minh, Xứ Mường: "11"'));
    const message = expect.stringContaining('is named "11"');
    expect([key, problems]).toEqual([null, [expect.objectContaining({ code: 'value', line: 17, message })]]);
    expect(await register(entity('Sài Gòn: TP. Hồ Chí Minh'))).toMatchObject({ key: 'spelt', problems: [] });
  });

  it('tells all that is wrong at once and writes nothing', async () => {
    const text = sampleManifest({ key: 'wrong', indicator: 'NOBODY', extra: 'licens: x' });
    expect((await register(text)).problems.map(({ line, code }) => [line, code])).toEqual([
      [9, 'unknown_key'],
      [20, 'indicator'],
    ]);
    expect((await register('key: [')).problems).toMatchObject([{ code: 'syntax' }]);
  });

  it('keeps the key of the self-reports, and leaves retired sources alone', async () => {
    await registerSource(test.database, SELF_REPORT, 'ACTIVE', NOW);
    const { problems } = await register(sampleManifest({ key: 'self_report', version: 9 }));
    expect(problems).toMatchObject([{ path: 'key', line: 1 }]);
    await test.database.fork().execute(`update source set status = 'RETIRED' where key = 'old'`);
    const after = register(sampleManifest({ key: 'old', version: 6 }));
    await expect(after).rejects.toMatchObject({ code: 'SOURCE_STATE' });
  });

  it('refuses addresses with credentials and odd secrets without repeating them', async () => {
    const tries = [
      register(sampleManifest({ key: 'odd' }), { baseUrl: 'http://user:hidden@host' }),
      register(sampleManifest({ key: 'odd' }), { secrets: [{ name: 'hidden value', value: 'x' }] }),
    ];
    for (const attempt of tries) {
      const failure = await attempt.catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(String(failure)).not.toContain('hidden');
    }
    expect(await sourceOf('odd')).toBeUndefined();
  });

  it('refuses a secret that is too short to be hidden, by its name', async () => {
    const failure = await register(sampleManifest({ key: 'odd' }), {
      secrets: [{ name: 'token', value: 'xyz' }],
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/token.*at least 4/) });
    expect(String(failure)).not.toContain('xyz');
  });

  it('refuses a secret that the newest version does not declare; one of an older version stays and can be removed', async () => {
    const manifest = (version: number, name: string) =>
      sampleManifest({ key: 'renamed', version })
        .replace('[token]', `[${name}]`)
        .replace('token: token', `token: ${name}`);
    const set = (name: string, value: string) =>
      setSourceSettings({ database: test.database, library, now: () => NOW }, ACTOR, 'renamed', {
        secrets: [{ name, value }],
      });
    const secrets = async () => (await library.open('renamed')).settings.secrets;
    await register(manifest(1, 'token'), { secrets: [{ name: 'token', value: SECRET }] });
    await expect(set('tokn', SECRET)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('declares: token'),
    });
    await set('tokn', '');
    await register(manifest(2, 'key'), { secrets: [{ name: 'key', value: SECRET }] });
    await set('token', 'another value');
    expect(await secrets()).toEqual({ token: 'another value', key: SECRET });
    await set('token', '');
    await expect(set('token', SECRET)).rejects.toMatchObject({ message: expect.stringContaining('declares: key') });
    expect(await secrets()).toEqual({ key: SECRET });
  });

  it('keeps versions as they were, whoever asks', async () => {
    const em = test.database.fork();
    for (const change of [`update source_version set manifest = 'x'`, 'delete from source_version']) {
      await expect(em.execute(change)).rejects.toThrow('does not change');
    }
    await em.execute(`update source_version set checked_at = now(), check_ok = true, check_message = 'fine'`);
  });
});

describe('SourceLibrary', () => {
  it('opens a connector in code by its key, and says what it cannot open', async () => {
    const small = await startSmallSource('in_code');
    await registerSource(test.database, small.connector.spec, 'ACTIVE', NOW);
    const { library: withCode } = await openLibrary(test.database, [small.connector]);
    expect((await withCode.open('in_code')).connector).toBe(small.connector);
    await small.close();
    await expect(library.open('in_code')).rejects.toMatchObject({ code: 'SOURCE_STATE' });
    await expect(library.open('self_report')).rejects.toMatchObject({ code: 'SOURCE_STATE' });
    await expect(library.open('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('goes on with a manifest when the code of the same key is registered again', async () => {
    const small = await startSmallSource('both');
    await register(sampleManifest({ key: 'both', version: 3, name: 'Manifest' }));
    await registerSource(test.database, small.connector.spec, 'ACTIVE', NOW);
    await small.close();
    expect(await sourceOf('both')).toMatchObject({ status: 'DRAFT', version: 3, name: 'Manifest', versions: [1, 3] });
  });
});
