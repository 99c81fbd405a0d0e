import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decode, failure, outcomeOf, rowsOf } from './body.js';
import { packWorkbook, workbookParts, writeWorkbook } from './workbook.js';

const XLSX = { type: 'xlsx' };

describe('xlsx', () => {
  const book = writeWorkbook({
    Bìa: [['Trang bìa']],
    'Số liệu 2024': [
      ['BÁO CÁO'],
      [],
      ['Mã tỉnh', 'Tên ', 2023, 'Ngày', 'Đạt', null],
      ['(1)', '(2)', '(3)', '(4)', '(5)'],
      ['01', ' Hà Nội\nVN', 12.30000000000001, { serial: 45_382 }, true],
      ['79', 'TP. "HCM" & <x>', 9007199254740992, { serial: 45_382.5 }, null, 'lưu ý'],
      [],
      [46, null, -7, null, { error: '#N/A' }],
      ['Nguồn: TCTK'],
    ],
  });
  const format = {
    ...XLSX,
    sheet: 'Số liệu 2024',
    headerRow: 3,
    skipRows: [{ from: 4, to: 4 }],
    footer: { patterns: 'Nguồn*' },
  };

  it('reads texts, numbers, dates and truth values of a sheet by its name', async () => {
    const rows = [
      { 'Mã tỉnh': '01', Tên: ' Hà Nội\nVN', '2023': '12.30000000000001', Ngày: 45_382, Đạt: true, column_6: null },
      {
        'Mã tỉnh': '79',
        Tên: 'TP. "HCM" & <x>',
        '2023': '9007199254740992',
        Ngày: '45382.5',
        Đạt: null,
        column_6: 'lưu ý',
      },
      { 'Mã tỉnh': 46, Tên: null, '2023': -7, Ngày: null, Đạt: '#N/A', column_6: null },
    ];
    expect(await rowsOf(format, book)).toEqual(rows);
    expect(await rowsOf({ ...format, sheet: 2 }, book)).toEqual(rows);
    expect(await rowsOf({ ...format, nullTokens: ['#N/A'] }, book)).toMatchObject([{}, {}, { Đạt: null }]);
  });

  it('reads dates as ISO and all cells as text when asked', async () => {
    expect(await rowsOf({ ...format, dates: 'iso', cells: 'text' }, book)).toMatchObject([
      { Ngày: '2024-03-31', Đạt: 'true' },
      { Ngày: '2024-03-31T12:00:00', '2023': '9007199254740992' },
      { 'Mã tỉnh': '46', '2023': '-7' },
    ]);
  });

  it('gives the same serial for workbooks that count from 1904', async () => {
    const [row] = await rowsOf(
      XLSX,
      writeWorkbook(
        {
          s: [
            ['a', 'b'],
            ['x', { serial: 45_382 - 1462 }],
          ],
        },
        true,
      ),
    );
    expect(row).toEqual({ a: 'x', b: 45_382 });
  });

  it('never takes a formula that nobody has computed for an empty cell', async () => {
    const parts = workbookParts({
      s: [
        ['a', 'b', 'c'],
        [1, 2, 3],
      ],
    });
    const sheet = (parts['xl/worksheets/sheet1.xml'] ?? '')
      .replace('<c r="B2"><v>2</v></c>', '<c r="B2" t="n" s="0"><f>SUM(A1:A2)</f></c>')
      .replace('<c r="C2"><v>3</v></c>', '<c r="C2"><f>1+2</f><v>3</v></c>');
    expect(await rowsOf(XLSX, packWorkbook({ ...parts, 'xl/worksheets/sheet1.xml': sheet }))).toEqual([
      { a: 1, b: '#UNCOMPUTED!', c: 3 },
    ]);
  });

  it('names columns as the manifest says; a cell beyond them makes its row malformed', async () => {
    const sheet = writeWorkbook({ s: [['01', 5], ['79', 6, 'x'], ['46']] });
    expect(await rowsOf({ ...XLSX, headerRow: null, columns: ['code', 'v'] }, sheet)).toEqual([
      { code: '01', v: 5 },
      { _malformed: '["79",6,"x"]', _problem: 'Expected 2 columns, received 3.' },
      { code: '46', v: null },
    ]);
  });

  it('turns a wide sheet into a long one', async () => {
    const sheet = writeWorkbook({
      s: [
        ['code', 2023, 2024],
        ['01', 5, null],
      ],
    });
    expect(await rowsOf({ ...XLSX, unpivot: { columns: '####', name: 'year', value: 'v' } }, sheet)).toEqual([
      { code: '01', year: '2023', v: 5 },
      { code: '01', year: '2024', v: null },
    ]);
  });

  it('reads a workbook within gzip and within ZIP', async () => {
    const sheet = writeWorkbook({
      s: [
        ['a', 'b'],
        [1, 2],
      ],
    });
    expect(await rowsOf(XLSX, gzipSync(sheet))).toEqual([{ a: 1, b: 2 }]);
    expect(await rowsOf({ ...XLSX, compression: 'zip' }, zipSync({ 'x.xlsx': sheet }))).toEqual([{ a: 1, b: 2 }]);
  });

  it.each([
    ['HTML', Buffer.from('<html></html>'), 'bytes 3c 68'],
    ['another ZIP', zipSync({ 'a.txt': Uint8Array.of(1) }), 'workbook.xml'],
    ['the old .xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'bytes d0 cf'],
    ['a sheet without the header', writeWorkbook({ s: [] }), 'header in row 1'],
    ['a sheet that ends before the header', writeWorkbook({ s: [['a', 'b']] }), 'header in row 4', { headerRow: 4 }],
    ['a sheet that is not there', writeWorkbook({ s: [['a']] }), 'not found: t', { sheet: 't' }],
    ['a sheet without required columns', writeWorkbook({ s: [['a']] }), '"b"', { requiredColumns: ['b'] }],
  ])('refuses %s', async (_name, body, message, changes: object = {}) => {
    await expect(decode({ ...XLSX, ...changes }, body)).rejects.toEqual(failure('SYNC_PROTOCOL', message));
  });

  it('refuses a workbook that is cut off at any byte, or whose sheet is', async () => {
    const parts = workbookParts({
      s: [
        ['a', 'b'],
        ['x', 2],
        ['y', 3],
      ],
    });
    const body = packWorkbook(parts);
    for (let end = 0; end < body.length; end += 1) {
      expect(await outcomeOf({ ...XLSX, compression: 'none' }, body.subarray(0, end))).toBe('SYNC_PROTOCOL');
    }
    const sheet = parts['xl/worksheets/sheet1.xml'] ?? '';
    for (let end = 0; end < sheet.length; end += 1) {
      const cut = packWorkbook({ ...parts, 'xl/worksheets/sheet1.xml': sheet.slice(0, end) });
      expect(await outcomeOf(XLSX, cut), sheet.slice(0, end)).toBe('SYNC_PROTOCOL');
    }
  });

  it.each([
    ['r="1048576"', 'r="XFD1048576"', 'SYNC_BOUND'],
    ['r="999999999"', 'r="A999999999"', 'SYNC_PROTOCOL'],
    ['r="1e9"', 'r="A2"', 'SYNC_PROTOCOL'],
    ["r='9999999'", "r = 'A9999999'", 'SYNC_BOUND'],
    ['r="&#49;e9"', 'r="A2"', 'SYNC_PROTOCOL'],
    ['x:r="9999999"', 'r="A2"', 'SYNC_BOUND'],
  ])('refuses a sheet with a cell far away (%s, %s) before it is read', async (row, cell, code) => {
    const parts = workbookParts({
      s: [
        ['a', 'b'],
        [1, 2],
      ],
    });
    const sheet = (parts['xl/worksheets/sheet1.xml'] ?? '')
      .replace('<row r="2">', `<row ${row}>`)
      .replace('<c r="A2">', `<c ${cell}>`);
    await expect(decode(XLSX, packWorkbook({ ...parts, 'xl/worksheets/sheet1.xml': sheet }))).rejects.toEqual(
      failure(code),
    );
  });

  it('bounds what is unpacked', async () => {
    const parts = { ...workbookParts({ s: [['a', 'b']] }), 'xl/big.xml': 'x'.repeat(2_000_000) };
    await expect(decode({ ...XLSX, maxDecodedBytes: 1_000_000 }, packWorkbook(parts))).rejects.toEqual(
      failure('SYNC_BOUND'),
    );
  });

  it('keeps every digit and letter of a sheet that is parsed in pieces', async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => [`Xã số ${n}`, 1_000_000_007 * n]);
    const read = await rowsOf(XLSX, writeWorkbook({ s: [['name', 'n'], ...rows] }));
    expect(read.map((row) => [row.name, row.n])).toEqual(rows);
  });

  it('reads back any table', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', minLength: 1 }).filter((text) => !/_x/.test(text) && text.trim() !== ''),
      fc.maxSafeInteger(),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell)), async (rows) => {
        const read = await rowsOf(XLSX, writeWorkbook({ s: [['a', 'b'], ...rows] }));
        expect(read.map((row) => [row.a, row.b])).toEqual(rows);
      }),
    );
  });
});
