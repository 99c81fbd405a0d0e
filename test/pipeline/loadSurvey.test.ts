import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { loadSurvey } from '../../src/pipeline/loadSurvey.js';
import { registerSource, SURVEY } from '../../src/pipeline/source.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { readHead, readRevisions } from '../../src/store/revision.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { entityOf, NOW, roundOf, rowsOf } from '../store/batch.js';
import { connect, untilBlocked } from '../store/blocked.js';

const HEAD = 'round,code_system,entity,indicator,respondents,value,numerator,denominator';
let test: TestDatabase;
let catalogue: Catalogue;
let mean: string;
beforeAll(async () => {
  test = await openTestDatabase();
  await registerSource(test.database, SURVEY, 'ACTIVE', NOW);
  catalogue = await readCatalogue(test.database.fork());
  const measures = catalogue.framework('PDTI-922')?.measures ?? [];
  mean = measures.find(({ indicator }) => indicator?.rule.kind === 'YES_NO')?.code ?? '';
});
afterAll(() => test.drop());

const load = (...lines: string[]) => loadSurvey(test.database, catalogue, [HEAD, ...lines, ''].join('\n'), NOW);
const line = (entity: string, value: string, parts: { round?: string; system?: string; indicator?: string } = {}) =>
  `${parts.round ?? 'PROVINCE-2026'},${parts.system ?? 'GSO-2025'},${entity},${parts.indicator ?? mean},500,${value},,`;
const values = (entityKey: string) =>
  rowsOf<{ value: string; supersedes: boolean }>(
    test.database,
    'select value::text, supersedes_id is not null as supersedes from observation where entity_id = ? order by id',
    [entityOf(catalogue, entityKey)],
  );

describe('a survey file', () => {
  it('becomes observations of the survey source, with one revision for all', async () => {
    const before = await readHead(test.database.fork());
    expect(await load(line('01', '1'), line('48', '0'))).toBe(2);
    expect(await values('GSO-2025:48')).toEqual([{ value: '0', supersedes: false }]);
    const revisions = await readRevisions(test.database.fork(), before, 10);
    expect(revisions).toMatchObject([{ kind: 'OBSERVATIONS', roundIds: [roundOf(catalogue, 'PROVINCE-2026')] }]);
  });

  it('changes nothing the second time and supersedes where it was corrected', async () => {
    await load(line('79', '0'), line('92', '1'));
    const before = await readHead(test.database.fork());
    expect(await load(line('79', '0'), line('92', '1'))).toBe(0);
    expect(await readHead(test.database.fork())).toBe(before);
    expect(await load(line('79', '1'), line('92', '1'))).toBe(1);
    expect(await values('GSO-2025:79')).toEqual([
      { value: '0', supersedes: false },
      { value: '1', supersedes: true },
    ]);
    expect(await values('GSO-2025:92')).toHaveLength(1);
  });

  it('is refused with every problem and its line, and nothing of it is kept', async () => {
    const failure = await load(
      line('31', '1'),
      line('31', '1', { round: 'PROVINCE-1999' }),
      line('00', '1'),
      line('31', '1', { system: 'GSO-2004' }),
      line('33', '1', { indicator: 'NO_SUCH.1' }),
      line('33', '1', { indicator: 'INDEX' }),
      line('33', 'high'),
      line('33', '5'),
      line('33', ''),
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'ROUND_ITEM_INVALID',
      details: {
        problems: [
          'line 3: there is no round "PROVINCE-1999"',
          'line 4: there is no entity "GSO-2025:00"',
          'line 5: "GSO-2004:31" is not a member of PROVINCE-2026',
          'line 6: "NO_SUCH.1" is not an indicator of PDTI-922',
          'line 7: "INDEX" is not an indicator of PDTI-922',
          `line 8: ${mean} "high" is not a decimal`,
          `line 9: ${mean} "5" is neither 1 (yes) nor 0 (no)`,
          `line 10: ${mean} has neither a value nor both counts`,
        ],
      },
    });
    expect(await values('GSO-2025:31')).toEqual([]);
  });

  it('is refused when it says the same figure twice, since nobody knows which one holds', async () => {
    await expect(load(line('37', '0'), line('37', '1'))).rejects.toMatchObject({
      code: 'ROUND_ITEM_INVALID',
      details: { problems: [`line 3: ${mean} of "37" is on line 2 already`] },
    });
    expect(await values('GSO-2025:37')).toEqual([]);
  });

  it('is refused for a published round', async () => {
    await test.database.fork().execute(`update round set status = 'PUBLISHED' where code = 'PROVINCE-2021'`);
    const late = line('01', '1', { round: 'PROVINCE-2021', system: 'GSO-2004' });
    await expect(load(line('40', '1'), late)).rejects.toMatchObject({
      code: 'ROUND_STATE',
      message: expect.stringContaining('PROVINCE-2021'),
    });
    expect([await values('GSO-2025:40'), await values('GSO-2004:01')]).toEqual([[], []]);
  });

  it('may begin with a byte order mark and hold empty lines', async () => {
    const csv = `\ufeff${HEAD}\r\n\r\n${line('42', '1')}\r\n`;
    expect(await loadSurvey(test.database, catalogue, csv, NOW)).toBe(1);
  });

  it('names lines as an editor does, after empty lines and lines of text with breaks too', async () => {
    const csv = `${HEAD}\n\n\n${line('44', '9')}\n\n${line('44', '1').replace('500', '"5\n00"')}\n${line('46', 'x')}\n`;
    await expect(loadSurvey(test.database, catalogue, csv, NOW)).rejects.toMatchObject({
      details: {
        problems: [`line 4: ${mean} "9" is neither 1 (yes) nor 0 (no)`, `line 8: ${mean} "x" is not a decimal`],
      },
    });
  });

  it.each([
    ['has an open quote', `${HEAD}\nPROVINCE-2026,"GSO-2025,44\n`, /^line 2: .*[Qq]uote/],
    ['has a short line', `${HEAD}\n\nPROVINCE-2026,GSO-2025\n`, /^line 3: .*columns/],
    ['lacks a column', 'round,code_system,entity,value\n', /^line 1: .*indicator, numerator, denominator/],
  ])('is refused as invalid when it %s', async (_, csv, problem) => {
    await expect(loadSurvey(test.database, catalogue, csv, NOW)).rejects.toMatchObject({
      code: 'ROUND_ITEM_INVALID',
      details: { problems: [expect.stringMatching(problem)] },
    });
  });

  it('may leave out how many answered, and name its columns in any order', async () => {
    const csv = `value,numerator,denominator,indicator,entity,code_system,round\n1,,,${mean},51,GSO-2025,PROVINCE-2026\n`;
    expect(await loadSurvey(test.database, catalogue, csv, NOW)).toBe(1);
  });

  it('waits for a round that is being published, and is then refused', async () => {
    const roundCode = 'PROVINCE-2022';
    onTestFinished(async () => {
      await test.database.fork().execute(`update round set status = 'OPEN' where code = ?`, [roundCode]);
    });
    const publisher = await connect(test.url);
    await publisher.query('begin');
    await publisher.query(`update round set status = 'PUBLISHED' where code = $1`, [roundCode]);
    const loading = load(line('01', '1', { round: roundCode, system: 'GSO-2004' }));
    loading.catch(() => undefined);
    await untilBlocked(test.database);
    await publisher.query('commit');
    await expect(loading).rejects.toMatchObject({ code: 'ROUND_STATE' });
  });
});
