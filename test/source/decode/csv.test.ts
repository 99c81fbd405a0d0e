import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, failure, outcomeOf, rowsOf } from './body.js';

const CSV = { type: 'csv' };

describe('csv', () => {
  it('keeps cells as text, empty ones as null, and quoted newlines, quotes and delimiters', async () => {
    const body = 'code;name;value\r\n01;"Hà Nội\n""thủ đô""; VN";1.234,5\r\n\r\n79;;\r\n';
    expect(await rowsOf({ ...CSV, delimiter: ';' }, body)).toEqual([
      { code: '01', name: 'Hà Nội\n"thủ đô"; VN', value: '1.234,5' },
      { code: '79', name: null, value: null },
    ]);
  });

  it.each(['\n', '\r\n', '\r'])('reads lines that end with %j, and a mark before the first', async (end) => {
    const rows = [
      { a: '1', b: '2' },
      { a: ' 3', b: '4 ' },
    ];
    expect(await rowsOf(CSV, `\uFEFFa,b${end}1,2${end} 3,4 ${end}`)).toEqual(rows);
    expect(await rowsOf(CSV, `a,b${end}1,2${end} 3,4 `)).toEqual(rows);
  });

  it('takes the table out of what stands above and under it', async () => {
    const body = [
      'BÁO CÁO "tháng 3',
      'Đơn vị: người',
      'Tỉnh,Số',
      'Hà Nội,5',
      'Tổng hợp Hà,7',
      'Tổng số,12',
      'Ghi chú: số sơ bộ',
      'Nguồn: Cục Thống kê, 2024',
      '',
    ].join('\n');
    const format = { ...CSV, preambleLines: 2, footer: { patterns: ['Tổng số', 'Ghi chú:*', 'Nguồn:*'] } };
    const rows = [
      { Tỉnh: 'Hà Nội', Số: '5' },
      { Tỉnh: 'Tổng hợp Hà', Số: '7' },
    ];
    expect(await rowsOf(format, body)).toEqual(rows);
    expect(await rowsOf({ ...format, footer: { rows: 3 } }, body)).toEqual(rows);
    expect(await rowsOf({ ...format, footer: { rows: 1, patterns: ['Tổng*', 'Ghi*'] } }, body)).toEqual([rows[0]]);
    expect(await rowsOf({ ...format, footer: { rows: 1 } }, body)).toHaveLength(4);
    await expect(decode({ ...format, footer: { rows: 7 } }, body)).rejects.toEqual(
      failure('SYNC_PROTOCOL', 'footer of 7'),
    );
  });

  it('never takes a row in the middle for a footer', async () => {
    expect(await rowsOf({ ...CSV, footer: { patterns: 'T*' } }, 'a,b\nT1,1\nx,2\nT2,3\n')).toHaveLength(2);
  });

  it('reads null tokens, also with spaces around them', async () => {
    expect(await rowsOf({ ...CSV, nullTokens: ['-', 'n/a'] }, 'a,b\n -, \nn/a,-1\n')).toEqual([
      { a: null, b: ' ' },
      { a: null, b: '-1' },
    ]);
  });

  it('names columns as the manifest says, with and without a header', async () => {
    const rows = [{ x: '1', y: '2' }];
    expect(await rowsOf({ ...CSV, columns: ['x', 'y'] }, 'a,a\n1,2\n')).toEqual(rows);
    expect(await rowsOf({ ...CSV, header: false, columns: ['x', 'y'] }, '1,2\n')).toEqual(rows);
    await expect(decode({ ...CSV, columns: ['x', 'y'] }, 'a,b,c\n1,2,3\n')).rejects.toEqual(
      failure('SYNC_PROTOCOL', '2 columns'),
    );
  });

  it('gives names to columns that have none, or the same', async () => {
    const [row] = await rowsOf(CSV, ' Mã  tỉnh ,"Dân\nsố",Dân số,,__proto__\n1,2,3,4,5\n');
    expect(Object.keys(row ?? {})).toEqual(['Mã tỉnh', 'Dân số', 'Dân số_2', 'column_4', '__proto__']);
  });

  it('makes a malformed row of each that has too many or too few columns or a stray quote', async () => {
    expect(await rowsOf(CSV, 'a,b\n1,2\n3\n4,5,6\n7,x"y, z\n8,9\n')).toEqual([
      { a: '1', b: '2' },
      { _malformed: '["3"]', _problem: 'Expected 2 columns, received 1.' },
      { _malformed: '["4","5","6"]', _problem: 'Expected 2 columns, received 3.' },
      { _malformed: '7,x"y, z', _problem: 'There is a quote within a cell.' },
      { a: '8', b: '9' },
    ]);
  });

  it('cuts what it keeps of a malformed row', async () => {
    const [row] = await rowsOf(CSV, `a,b\n${'x'.repeat(2000)}\n1,2\n`);
    expect(String(row?._malformed)).toHaveLength(500);
  });

  it('takes quotes for themselves when the manifest says so', async () => {
    const rows = [{ a: 'x"y"', b: '2' }];
    expect(await rowsOf({ ...CSV, quotes: 'literal' }, 'a,b\nx"y",2\n')).toEqual(rows);
    expect(await rowsOf({ ...CSV, quote: null }, 'a,b\nx"y",2\n')).toEqual(rows);
  });

  it.each([
    ['a quote that stays open', 'a,b\n1,"2\n3,4\n'],
    ['a quote that closes before the end of its cell, which would swallow lines', 'a,b\n1,"x"y\n3,4\n5,"z"\n'],
    ['HTML', '<!doctype html><p>a,b</p>'],
    ['markup', '<div>a,b</div>\n'],
    ['JSON', '{"error":"busy","code":1}\n'],
    ['JSON in an array', ' [{"a":1}]'],
    ['words', 'Internal Server Error'],
    ['another delimiter', 'a;b\n1;2\n'],
    ['nothing but a preamble', '\n\n'],
  ])('refuses %s', async (_name, body) => {
    await expect(decode(CSV, body)).rejects.toEqual(failure('SYNC_PROTOCOL'));
  });

  it('requires columns also of a table without rows', async () => {
    const format = { ...CSV, requiredColumns: ['a', 'value'] };
    expect(await rowsOf(format, 'a,value\n')).toEqual([]);
    await expect(decode(format, 'a,val\n')).rejects.toEqual(failure('SYNC_PROTOCOL', '"value"'));
  });

  it('turns a wide table into a long one, empty cells too', async () => {
    const format = {
      ...CSV,
      unpivot: { columns: ['####', '#### (sơ bộ)'], name: 'year', value: 'v' },
      nullTokens: ['..'],
    };
    expect(await rowsOf(format, 'code,2023,2024 (sơ bộ)\n01,5,..\n79\n')).toEqual([
      { code: '01', year: '2023', v: '5' },
      { code: '01', year: '2024 (sơ bộ)', v: null },
      { _malformed: '["79"]', _problem: 'Expected 3 columns, received 1.' },
    ]);
    await expect(decode(format, 'code,Y23\n01,5\n')).rejects.toEqual(failure('SYNC_PROTOCOL', 'unpivot'));
    await expect(decode(format, 'v,2023\n01,5\n')).rejects.toEqual(failure('SYNC_CONFIG', '"v"'));
  });

  it('bounds rows, also those that unpivoting makes', async () => {
    await expect(decode({ ...CSV, maxRows: 2 }, 'a,b\n1,2\n3,4\n5,6\n')).rejects.toEqual(failure('SYNC_BOUND'));
    const wide = { ...CSV, maxRows: 3, unpivot: { columns: '#', name: 'y', value: 'v' } };
    await expect(decode(wide, 'a,1,2\nx,1,2\ny,3,4\n')).rejects.toEqual(failure('SYNC_BOUND'));
  });

  it('reads back any table that is written by the rules', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'ộ', ';', '🐘') });
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width })));
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const names = (rows[0] ?? ['', '']).map((_, at) => `c${at}`);
        const line = (cells: readonly string[]) =>
          `${cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')}\r\n`;
        const read = await rowsOf({ ...CSV, nullTokens: [] }, [names, ...rows].map(line).join(''));
        const filled = rows.filter((cells) => cells.some((text) => text.trim() !== ''));
        expect(read.map((row) => Object.values(row))).toEqual(filled);
      }),
    );
  });

  it('reads rows across the pieces in which text is parsed', async () => {
    const lines = Array.from({ length: 40_000 }, (_, n) => `${n},"Thừa Thiên ""Huế"" ${n}"`);
    const rows = await rowsOf(CSV, `n,name\n${lines.join('\n')}\n`);
    expect(rows).toHaveLength(lines.length);
    expect(rows.every((row, n) => row.n === String(n) && row.name === `Thừa Thiên "Huế" ${n}`)).toBe(true);
  });
});

describe('a CSV body that is cut off', () => {
  const body = Buffer.from('mã,tên,số\n01,"Hà\nNội",123\n46,Huế,45\n');
  const rows = [
    { mã: '01', tên: 'Hà\nNội', số: '123' },
    { mã: '46', tên: 'Huế', số: '45' },
  ];

  it('gives whole rows or fails when a line end is required', async () => {
    const format = { ...CSV, finalNewline: 'required', requiredColumns: ['số'] };
    for (let end = 0; end < body.length; end += 1) {
      const outcome = await outcomeOf(format, body.subarray(0, end));
      if (typeof outcome === 'string') expect(outcome).toBe('SYNC_PROTOCOL');
      else expect(rows.slice(0, outcome.length)).toEqual(outcome);
    }
  });

  it('fails at every byte when its length is declared', async () => {
    for (let end = 0; end < body.length; end += 1) {
      const read = decode(CSV, body.subarray(0, end), { 'content-length': String(body.length) });
      await expect(read).rejects.toEqual(failure('SYNC_PROTOCOL'));
    }
  });

  it('fails within a row that has not all of its columns', async () => {
    for (const end of ['01', '01,"x', '01,"Hà\nNội"', '46,H']) {
      await expect(decode(CSV, `mã,tên,số\n1,2,3\n${end}`)).rejects.toEqual(failure('SYNC_PROTOCOL'));
    }
  });
});
