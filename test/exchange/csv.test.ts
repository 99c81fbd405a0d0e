import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { type CsvOptions, writeCsv } from '../../src/exchange/csv.js';
import { writeCsvMetadata } from '../../src/exchange/csvMetadata.js';
import { bytesOf, COLUMNS, makeTable, ROWS } from './tableFixture.js';

const PLAIN: CsvOptions = { bom: false, decimal: 'POINT', header: 'CODES', metadata: 'NONE', formulas: 'KEEP' };
const write = async (options: Partial<CsvOptions> = {}) =>
  (await bytesOf(writeCsv(makeTable(), { ...PLAIN, ...options }))).toString();
const text = (cell: unknown) => (cell === null ? '' : String(cell));

it('is read back as it was, with every digit', async () => {
  const [header, ...rows] = parse(await write());
  expect(header).toEqual(COLUMNS.map(({ name }) => name));
  expect(rows).toEqual(ROWS.map((row) => row.map(text)));
});

it('tells an empty text from nothing', async () => {
  const line = (await write()).split('\r\n').find((each) => each.includes('GSO-2004:03'));
  expect(line).toBe('2022,GSO-2004:03,"",,,,O,false,2026-11-22T00:00:00.000Z');
});

it('ends lines with CRLF, and has a byte order mark only when asked', async () => {
  expect((await write()).endsWith('\r\n')).toBe(true);
  expect((await write()).startsWith('year')).toBe(true);
  expect((await bytesOf(writeCsv(makeTable(), { ...PLAIN, bom: true }))).subarray(0, 3).toString('hex')).toBe('efbbbf');
});

it('writes decimal commas between semicolons, in numbers and nowhere else', async () => {
  const rows: string[][] = parse(await write({ decimal: 'COMMA' }), { delimiter: ';', from: 2 });
  expect(rows[0]).toEqual([
    '2022',
    'GSO-2004:01',
    ROWS[0]?.[2],
    '0,1',
    '12345678901234567890,123456',
    '1',
    'A',
    'true',
    ROWS[0]?.[8],
  ]);
  expect(rows[1]?.[3]).toBe('1e-12');
  const figure = { name: 'published', title: 'Published', type: 'TEXT', role: 'ATTRIBUTE', isFigure: true } as const;
  const published = writeCsv(makeTable({ columns: [figure], rows: [['0.8200'], [null]] }), {
    ...PLAIN,
    decimal: 'COMMA',
  });
  expect(String(await bytesOf(published))).toBe('published\r\n0,8200\r\n\r\n');
});

it('has labels above the columns when asked', async () => {
  expect(parse(await write({ header: 'LABELS' }))[0]).toEqual(COLUMNS.map(({ title }) => title));
});

it('disarms formulas only when asked, and never numbers', async () => {
  const rows: string[][] = parse(await write({ formulas: 'ESCAPE' }), { from: 2 });
  expect(rows.map((row) => row[2]?.slice(0, 2))).toEqual(['Hà', "'=", '', ' -']);
  expect(rows[1]?.[4]).toBe('-0.5');
});

it('tells what it is in comments, which a reader of comments leaves out', async () => {
  const commented = await write({ metadata: 'COMMENT' });
  expect(commented).toContain(
    '# simulated: true\r\n# illustrative: false\r\n# note: SIMULATED DATA\r\n# citation: Test, revision 7.\r\n# revision: 7\r\n',
  );
  expect(parse(commented, { comment: '#', comment_no_infix: true })).toEqual(parse(await write()));
});

it('is described by CSV on the Web: names that are its header, and types', () => {
  const described = JSON.parse(writeCsvMetadata(makeTable(), '/export/test.csv'));
  expect(described['@context'][0]).toBe('http://www.w3.org/ns/csvw');
  expect(described.tableSchema.columns.map(({ name }: { name: string }) => name)).toEqual(
    COLUMNS.map(({ name }) => name),
  );
  expect(described.tableSchema.columns[3]).toEqual({
    name: 'value',
    titles: { en: ['Value', 'value'] },
    datatype: 'double',
  });
  expect(described.notes).toContainEqual({ name: 'simulated', title: 'Simulated', value: 'true' });
});
