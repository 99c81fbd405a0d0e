import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { loadReference } from '../../src/pipeline/loadReference.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';

const DATA = join(import.meta.dirname, '../../data');
const OPTIONS = { folder: DATA, currentYear: 2026, now: new Date('2026-11-22T00:00:00Z') };
let test: TestDatabase;
let catalogue: Catalogue;

beforeAll(async () => {
  test = await openTestDatabase('template');
  await loadReference(test.database, OPTIONS);
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

describe('the loaded reference data', () => {
  it('has 63 and 34 provinces with regions, validity and succession', () => {
    const count = (system: string) =>
      catalogue.content.entities.filter((entity) => entity.codeSystem === system && entity.region !== null).length;
    expect([count('GSO-2004'), count('GSO-2025')]).toEqual([63, 34]);
    const daNang = catalogue.entityByKey('GSO-2025:48');
    const before = catalogue.content.successions.filter(({ successorId }) => successorId === daNang?.id);
    const codes = before.map(({ predecessorId, kind }) => [catalogue.entity(predecessorId)?.code, kind]);
    expect(codes).toEqual([
      ['48', 'MERGED'],
      ['49', 'MERGED'],
    ]);
    expect(catalogue.entityByKey('GSO-2004:49')?.validTo).toBe('2025-06-30');
  });

  it('knows that a code changed its meaning in 2025', () => {
    expect(catalogue.entityByKey('GSO-2004:15')?.name.en).toBe('Yen Bai');
    expect(catalogue.entityByKey('GSO-2025:15')?.name.en).toBe('Lao Cai');
    expect(() => catalogue.findEntity('15', null)).toThrow(expect.objectContaining({ code: 'AMBIGUOUS_CODE' }));
    expect(catalogue.findEntity('74', null)?.codeSystem).toBe('GSO-2004');
  });

  it('has both frameworks with the published numbers of measures and points', () => {
    const count = (framework: string, kind: string) =>
      catalogue.framework(framework)?.measures.filter((measure) => measure.kind === kind).length;
    expect(count('PDTI-922', 'MAIN_INDEX')).toBe(9);
    expect(count('PDTI-922', 'INDICATOR')).toBe(98);
    expect(count('PDTI-922', 'PILLAR')).toBe(3);
    expect(count('MDTI-922', 'MAIN_INDEX')).toBe(6);
    expect(count('MDTI-922', 'INDICATOR')).toBe(70);
    expect(count('MDTI-922', 'PILLAR')).toBe(0);
    expect(catalogue.measureByCode('PDTI-922', 'SMART_CITY')?.maxPoints).toBe(0);
  });

  it('puts 17 and 9 bodies into the ministerial peer groups of 2021, 17 and 8 into those of 2023', () => {
    const sizes = (code: string) => catalogue.roundByCode(code)?.groups.map((group) => group.entityIds.length);
    expect(sizes('MINISTRY-2021')).toEqual([17, 9]);
    expect(sizes('MINISTRY-2023')).toEqual([17, 8]);
    expect(catalogue.roundByCode('PROVINCE-2026')?.illustrative).toBe(true);
  });

  it('keeps all 302 published results as references with a citation', () => {
    expect(catalogue.content.references).toHaveLength(302);
    expect(catalogue.content.references.every(({ citation }) => citation !== '')).toBe(true);
    expect(catalogue.content.references.filter(({ level }) => level === 'NATIONAL')).toHaveLength(3);
  });

  it('loads the same files a second time without a change', async () => {
    expect(await loadReference(test.database, OPTIONS)).toEqual({ loaded: false, revision: null });
  });

  it('keeps every id when a changed name is loaded', async () => {
    const folder = await copyData();
    const file = join(folder, 'entities/ministries.csv');
    await writeFile(file, (await readFile(file, 'utf8')).replace('Ministry of Health', 'Ministry of Good Health'));
    expect((await loadReference(test.database, { ...OPTIONS, folder })).loaded).toBe(true);
    const after = await readCatalogue(test.database.fork());
    expect(after.entityByKey('CENTRAL:MOH')).toEqual({
      ...catalogue.entityByKey('CENTRAL:MOH'),
      name: { vi: 'Bộ Y tế', en: 'Ministry of Good Health' },
    });
    await rm(folder, { recursive: true });
  });
});

describe('reference files that contradict themselves', () => {
  it('are refused with all problems at once and nothing is loaded', async () => {
    const fresh = await openTestDatabase('template');
    const folder = await copyData();
    const edit = async (file: string, change: (text: string) => string) => {
      const path = join(folder, file);
      await writeFile(path, change(await readFile(path, 'utf8')));
    };
    await edit('frameworks/PDTI-922.json', (text) => text.replace('"max_points": 15', '"max_points": 16'));
    await edit('frameworks/MDTI-922.json', (text) => text.replaceAll('"DX_ACTIVITY.10"', '"DX_ACTIVITY.09"'));
    await edit('entities/provinces-34.csv', (text) => text.replace('02;08', '02;99'));
    await edit('rounds.json', (text) => text.replace('"MOHA"', '"XXXX"'));
    await edit('references/published-results.csv', (text) => text.replace('0.4874', '1.4874'));
    await edit('policies.json', () => '{ broken');
    const failure = await loadReference(fresh.database, { ...OPTIONS, folder }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'REFERENCE_INVALID' });
    const { message } = failure as Error;
    for (const part of [
      'policies.json:',
      '"AWARENESS" has 100 points, its parts add up to 101',
      'measures appear more than once: DX_ACTIVITY.09',
      'unknown entity "GSO-2004:99"',
      'unknown entity "CENTRAL:XXXX"',
      'has the value "1.4874"',
    ]) {
      expect(message).toContain(part);
    }
    expect((await readCatalogue(fresh.database.fork())).content.entities).toEqual([]);
    await rm(folder, { recursive: true });
    await fresh.drop();
  });

  it('are refused when measures or successions run in a circle', async () => {
    const fresh = await openTestDatabase('template');
    const folder = await copyData();
    const file = join(folder, 'entities/ministries.csv');
    const text = (await readFile(file, 'utf8')).replace(
      'MOF,Bộ Tài chính,Ministry of Finance,ministry,true,published,,,,',
      'MOF,Bộ Tài chính,Ministry of Finance,ministry,true,published,,,MPI,2025-03-01',
    );
    await writeFile(file, text);
    await expect(loadReference(fresh.database, { ...OPTIONS, folder })).rejects.toThrow(/run in a circle: /);
    await rm(folder, { recursive: true });
    await fresh.drop();
  });
});

async function copyData(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-data-'));
  await cp(DATA, folder, { recursive: true });
  return folder;
}
