import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import JSONstat from 'jsonstat-toolkit';
import readXlsxFile from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { writeJsonStat } from '../../src/exchange/jsonStat.js';
import { writeParquet } from '../../src/exchange/parquet.js';
import { writeSdmxCsv } from '../../src/exchange/sdmxCsv.js';
import type { Row } from '../../src/exchange/table.js';
import { writeXlsx } from '../../src/exchange/xlsx.js';
import { bytesOf, COLUMNS, makeTable, ROWS } from './tableFixture.js';

/** Decimals as a reader with float64 has them. */
const asFloats = (rows: readonly Row[]) =>
  rows.map((row) => row.map((cell, at) => (COLUMNS[at]?.type === 'DECIMAL' && cell !== null ? Number(cell) : cell)));
const REFUSED = { code: 'BAD_USER_INPUT' };
const NO_ROLES = COLUMNS.map((column) => ({ ...column, role: 'ATTRIBUTE' as const }));

describe('XLSX', () => {
  const read = async (rows: readonly Row[] = ROWS) =>
    readXlsxFile(await bytesOf(writeXlsx(makeTable({ rows }), 'CODES')), { trim: false });

  it('is read back as it was; an empty text is no text to a spreadsheet', async () => {
    const [data] = await read();
    expect(data?.data[0]).toEqual(COLUMNS.map(({ name }) => name));
    expect(data?.data.slice(1)).toEqual(asFloats(ROWS).map((row) => row.map((cell) => (cell === '' ? null : cell))));
  });

  it('says what it is on a sheet of its own, in the language of the table', async () => {
    const table = makeTable({ about: { lang: 'vi' } });
    const [data, about] = await readXlsxFile(await bytesOf(writeXlsx(table, 'LABELS')));
    expect([data?.sheet, about?.sheet]).toEqual(['Dữ liệu', 'Giới thiệu']);
    expect(about?.data).toContainEqual(['Mô phỏng', 'true']);
    expect(data?.data[0]).toEqual(COLUMNS.map(({ title }) => title));
  });

  it('is the same file every time', async () => {
    const [one, other] = await Promise.all([0, 1].map(() => bytesOf(writeXlsx(makeTable(), 'CODES'))));
    expect(other?.equals(one ?? Buffer.alloc(0))).toBe(true);
  });

  it('refuses a text that no cell can hold', async () => {
    const rows = [[2022, 'x', 'a'.repeat(32_768), null, null, null, null, null, null]];
    await expect(read(rows)).rejects.toMatchObject({ code: 'EXPORT_TOO_LARGE' });
  });

  it('holds any text but control characters, which XML cannot', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), async (text) => {
        const [data] = await read([[2022, text, 'x', 0, '0', 0, 'A', true, null]]);
        fc.pre(!/\p{Cc}/u.test(text));
        expect(data?.data[1]?.[1]).toBe(text);
      }),
      { numRuns: 30 },
    );
  });
});

describe('Parquet', () => {
  it('is read back as it was, with whole numbers as int64', async () => {
    const file = new Uint8Array(await bytesOf(writeParquet(makeTable()))).buffer;
    const objects = await parquetReadObjects({ file });
    const expected = asFloats(ROWS).map((row) =>
      Object.fromEntries(
        row.map((cell, at) => [
          COLUMNS[at]?.name,
          COLUMNS[at]?.type === 'INTEGER' && cell !== null ? BigInt(cell) : cell,
        ]),
      ),
    );
    expect(objects).toEqual(expected);
  });

  it('says what it is in its metadata', async () => {
    const file = new Uint8Array(await bytesOf(writeParquet(makeTable()))).buffer;
    const told = new Map(parquetMetadata(file).key_value_metadata?.map(({ key, value }) => [key, value]));
    expect([told.get('simulated'), told.get('citation')]).toEqual(['true', 'Test, revision 7.']);
    expect(JSON.parse(told.get('columns') ?? '')[0]).toEqual({
      name: 'year',
      title: 'Year',
      role: 'DIMENSION',
      type: 'INTEGER',
    });
  });

  it('writes groups of rows one after the other', async () => {
    const rows = Array.from(
      { length: 21_000 },
      (_, at): Row => [at, `e${at % 7}`, null, at / 3, String(at), at, 'A', at % 2 === 0, null],
    );
    const file = new Uint8Array(await bytesOf(writeParquet(makeTable({ rows })))).buffer;
    expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([20_000, 1_000]);
    const objects = await parquetReadObjects({ file, columns: ['year', 'value'], rowStart: 20_990 });
    expect(objects.at(-1)).toEqual({ year: 20_999n, value: 20_999 / 3 });
  });

  it('may have no rows', async () => {
    const file = new Uint8Array(await bytesOf(writeParquet(makeTable({ rows: [] })))).buffer;
    expect(await parquetReadObjects({ file })).toEqual([]);
  });
});

describe('JSON-stat', () => {
  it('tells the unit of a code whose rows have one', async () => {
    const columns = COLUMNS.map((each) => (each.name === 'obs_status' ? { ...each, unitBy: 'entity' } : each));
    const row = (year: number, entity: string, unit: string | null): Row => [
      year,
      entity,
      ...[null, 1, null, null, unit, true, null],
    ];
    const rows = [row(2021, 'A', 'share'), row(2022, 'A', 'share'), row(2021, 'B', 'share'), row(2022, 'B', 'percent')];
    const more = [row(2023, 'B', 'percent'), row(2021, 'C', null), row(2022, 'C', 'count')];
    const text = (await bytesOf(writeJsonStat(makeTable({ columns, rows: [...rows, ...more] })))).toString();
    const { dimension } = JSON.parse(text);
    expect(dimension.entity.category.unit).toEqual({ A: { label: 'share' } });
    expect(dimension.year.category).not.toHaveProperty('unit');
  });

  it('is a cube that answers by key', async () => {
    const text = (await bytesOf(writeJsonStat(makeTable()))).toString();
    const cube = JSONstat(JSON.parse(text));
    expect([cube.class, cube.label, cube.id, cube.size]).toEqual([
      'dataset',
      'Test',
      ['year', 'entity', 'figure'],
      [2, 3, 3],
    ]);
    expect(cube.role).toMatchObject({ time: ['year'], geo: ['entity'], metric: ['figure'] });
    for (const row of ROWS) {
      for (const figure of ['value', 'count', 'rank']) {
        const cell = cube.Data({ year: String(row[0]), entity: String(row[1]), figure });
        const expected = row[COLUMNS.findIndex(({ name }) => name === figure)] ?? null;
        expect(cell.value ?? null).toBe(expected === null ? null : Number(expected));
        if (figure === 'value') expect(cell.status ?? 'A').toBe(row[6]);
      }
    }
    // Row 4 has a year of its own, in which the other entities have nothing.
    expect(cube.Data({ year: '2021', entity: 'GSO-2004:02', figure: 'value' }).value).toBeNull();
    expect(cube.Dimension('entity').Category('GSO-2004:01').label).toBe(ROWS[0]?.[2]);
    expect(text).toContain(':12345678901234567890.123456');
  });

  it('says what it is', async () => {
    const { source, note, extension } = JSON.parse((await bytesOf(writeJsonStat(makeTable()))).toString());
    expect([source, note, extension.simulated]).toEqual(['Test, revision 7.', ['SIMULATED DATA'], true]);
  });

  it('refuses two values for one key, and tables without dimensions', async () => {
    await expect(bytesOf(writeJsonStat(makeTable({ rows: [...ROWS, ...ROWS] })))).rejects.toMatchObject(REFUSED);
    await expect(bytesOf(writeJsonStat(makeTable({ columns: NO_ROLES })))).rejects.toMatchObject(REFUSED);
  });
});

describe('SDMX-CSV', () => {
  it('has a structure, an action, and dimensions before measures before attributes', async () => {
    const text = (await bytesOf(writeSdmxCsv(makeTable()))).toString();
    const [header, ...rows]: string[][] = parse(text);
    expect(header).toEqual([
      ...['STRUCTURE', 'STRUCTURE_ID', 'ACTION', 'TIME_PERIOD', 'REF_AREA', 'OBS_VALUE', 'COUNT', 'RANK'],
      ...['OBS_STATUS', 'SIMULATED', 'AT'],
    ]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual(ROWS.map(() => ['dataflow', 'DTI:TEST(1.0.0)', 'I']));
    const cells = ROWS.map((row) => [row[0], String(row[1]).replace(':', '_'), ...row.slice(3)]);
    expect(rows.map((row) => row.slice(3))).toEqual(
      cells.map((row) => row.map((cell) => (cell === null ? '' : String(cell)))),
    );
  });

  it('has no value of a status that stands for one', async () => {
    const rows = [...'AEPOM'].map((status): Row => [2022, status, 'X', null, null, null, status, true, null]);
    const lines: string[][] = parse(await bytesOf(writeSdmxCsv(makeTable({ rows }))), { from: 2 });
    expect(lines.map((line) => line[8])).toEqual(['O', 'O', 'O', 'O', 'M']);
  });

  it('refuses tables without dimensions', async () => {
    await expect(bytesOf(writeSdmxCsv(makeTable({ columns: NO_ROLES })))).rejects.toMatchObject(REFUSED);
  });
});
