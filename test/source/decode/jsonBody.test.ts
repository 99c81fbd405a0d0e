import { describe, expect, it } from 'vitest';
import { createParser } from '../../../src/source/decode/decode.js';
import { formatSchema } from '../../../src/source/decode/format.js';
import { decode, failure, outcomeOf, rowsOf } from './body.js';

describe('json', () => {
  it('gives the document and the records in it, with all digits', async () => {
    const body = '{"total":2,"data":{"items":[{"v":9007199254740993},{"v":0.10}]}}';
    const { document, rows } = await decode({ type: 'json', records: 'data.items' }, body);
    expect(rows).toEqual([{ v: '9007199254740993' }, { v: '0.10' }]);
    expect(document).toEqual({ total: 2, data: { items: rows } });
  });

  it.each([
    ['$', '[{"a":1}]', [{ a: 1 }]],
    ['$', '{"a":1}', [{ a: 1 }]],
    ['d', '{"d":{"a":1}}', [{ a: 1 }]],
    ['d', '{"d":[]}', []],
    ['d[*]', '{"d":[]}', []],
    ['d[*].r', '{"d":[{"r":[{"a":1}]},{"r":[]},{"r":[{"a":2}]}]}', [{ a: 1 }, { a: 2 }]],
    ['d[*]', '{"d":[{"a":1},{"a":2}]}', [{ a: 1 }, { a: 2 }]],
  ])('reads records at %s of %s', async (records, body, rows) => {
    expect(await rowsOf({ type: 'json', records }, body)).toEqual(rows);
  });

  it.each([
    ['d', '{}', 'd (no such member)'],
    ['d', '{"d":null}', 'received null'],
    ['d', '{"d":"error"}', 'received a string'],
    ['$', '"error"', 'received a string'],
    ['d.r', '{"d":null}', 'd.r (not an object but null)'],
    ['d[*].r', '{"d":[{"r":[{"a":1}]},{}]}', 'd[*].r (no such member)'],
    ['d[0]', '{"d":[]}', 'd[0] (an array of 0)'],
  ])('fails when there are no records at %s of %s', async (records, body, message) => {
    await expect(decode({ type: 'json', records }, body)).rejects.toEqual(failure('SYNC_PROTOCOL', message));
  });

  it('makes a malformed row of a record that is not an object, and reads the others', async () => {
    expect(await rowsOf({ type: 'json' }, '[{"a":1},null,7,["x"]]')).toEqual([
      { a: 1 },
      { _malformed: 'null', _problem: 'Expected an object, received null.' },
      { _malformed: '7', _problem: 'Expected an object, received a number.' },
      { _malformed: '["x"]', _problem: 'Expected an object, received an array.' },
    ]);
  });

  it('names the columns of records that are arrays', async () => {
    const rows = [
      { code: '01', n: 5 },
      { _malformed: '["79"]', _problem: 'Expected 2 columns, received 1.' },
    ];
    expect(await rowsOf({ type: 'json', columns: ['code', 'n'] }, '[["01",5],["79"]]')).toEqual(rows);
    expect(await rowsOf({ type: 'json', columns: 'first' }, '[["code","n"],["01",5],["79"]]')).toEqual(rows);
    await expect(decode({ type: 'json', columns: 'first' }, '[["a","a"]]')).rejects.toEqual(failure('SYNC_PROTOCOL'));
  });

  it.each([
    ['HTML', ' <!DOCTYPE html><html><body>Login</body></html>', 'a page of HTML'],
    ['HTML after a declaration', '<?xml version="1.0"?>\n<html xmlns="x"></html>', 'a page of HTML'],
    ['spaces', ' \n ', 'an empty body'],
    ['nothing', '', 'an empty body'],
    ['words', 'Service Unavailable', 'Service Unavailable'],
  ])('refuses %s', async (_name, body, message) => {
    await expect(decode({ type: 'json' }, body)).rejects.toEqual(failure('SYNC_PROTOCOL', message));
  });

  it('bounds nesting before it parses, and does not take brackets in strings for it', async () => {
    const nest = (depth: number) => `${'['.repeat(depth)}{}${']'.repeat(depth)}`;
    await expect(decode({ type: 'json' }, nest(1_000_000))).rejects.toEqual(failure('SYNC_BOUND', '32 levels'));
    await expect(decode({ type: 'json', maxDepth: 3 }, nest(3))).rejects.toEqual(failure('SYNC_BOUND'));
    expect(await rowsOf({ type: 'json', maxDepth: 3 }, '[{"a":"[[[[\\"[[[[\\\\"}]')).toEqual([{ a: '[[[["[[[[\\' }]);
  });

  it('bounds the number of rows', async () => {
    const body = JSON.stringify(Array.from({ length: 11 }, (_, n) => ({ n })));
    expect(await rowsOf({ type: 'json', maxRows: 11 }, body)).toHaveLength(11);
    await expect(decode({ type: 'json', maxRows: 10 }, body)).rejects.toEqual(failure('SYNC_BOUND', '10 rows'));
  });

  it('keeps a member named __proto__ a member', async () => {
    const [row] = await rowsOf({ type: 'json', explode: 'v' }, '[{"__proto__":{"x":1},"v":[{"y":2}]}]');
    expect(Object.keys(Object(row?.parent))).toEqual(['__proto__']);
    expect(Object(row?.parent).x).toBeUndefined();
  });

  it('shows the document of an error that has no records, before it looks for them', async () => {
    const parse = createParser(formatSchema.parse({ type: 'json', records: 'data' }));
    const parsed = await parse(Buffer.from('{"code":"E01"}'), {});
    expect(parsed.document).toEqual({ code: 'E01' });
    expect(() => parsed.readRows()).toThrow(expect.objectContaining({ code: 'SYNC_PROTOCOL' }));
  });

  it('compares the body with its declared length, unless it was packed on the way', async () => {
    await expect(decode({ type: 'json' }, '[]', { 'content-length': '3' })).rejects.toEqual(
      failure('SYNC_PROTOCOL', 'cut off'),
    );
    expect((await decode({ type: 'json' }, '[]', { 'content-length': '9', 'content-encoding': 'gzip' })).rows).toEqual(
      [],
    );
    expect((await decode({ type: 'json' }, '[]', { 'content-length': '2' })).rows).toEqual([]);
  });
});

describe('explode', () => {
  it('makes a row of each element, with its record under parent', async () => {
    const body = '[{"code":"01","values":[{"y":2023,"v":1},{"y":2024,"v":2}]},{"code":"79","values":[]}]';
    expect(await rowsOf({ type: 'json', explode: 'values' }, body)).toEqual([
      { y: 2023, v: 1, parent: { code: '01' } },
      { y: 2024, v: 2, parent: { code: '01' } },
    ]);
  });

  it('goes into nested members and takes several paths in turn', async () => {
    const body = '[{"r":"N","in":{"note":"x","d":[{"c":"01","v":[5,6]}]}}]';
    expect(await rowsOf({ type: 'json', explode: ['in.d', 'v'], parentKey: 'of' }, body)).toEqual([
      { value: 5, of: { c: '01', of: { r: 'N', in: { note: 'x' } } } },
      { value: 6, of: { c: '01', of: { r: 'N', in: { note: 'x' } } } },
    ]);
  });

  it('makes malformed rows, and no silence, where there is no array or a name is taken', async () => {
    expect(await rowsOf({ type: 'json', explode: 'v' }, '[{"a":1},{"v":null},{"v":[{"parent":2}]}]')).toEqual([
      { _malformed: '{"a":1}', _problem: 'Expected an array at v, received nothing.' },
      { _malformed: '{"v":null}', _problem: 'Expected an array at v, received null.' },
      { _malformed: '{"parent":2}', _problem: expect.stringContaining('Set parentKey') },
    ]);
  });

  it('bounds what a large record becomes when it is repeated', async () => {
    const body = JSON.stringify([{ text: 'x'.repeat(50_000), v: Array.from({ length: 5000 }, () => 1) }]);
    await expect(decode({ type: 'json', explode: 'v', maxDecodedBytes: 1_000_000 }, body)).rejects.toEqual(
      failure('SYNC_BOUND', 'repeated'),
    );
  });
});

describe('ndjson', () => {
  it('reads a record per line, and makes a malformed row of a line that is not JSON', async () => {
    expect(await rowsOf({ type: 'ndjson' }, '{"a":1}\r\n\n{"a":\n{"a":9007199254740993}')).toEqual([
      { a: 1 },
      { _malformed: '{"a":', _problem: 'Line 3 is not JSON.' },
      { a: '9007199254740993' },
    ]);
  });

  it.each([
    ['a body cut within a line', '{"a":1}\n{"a":'],
    ['words', 'upstream connect error\nreset\n'],
    ['HTML', '<html>\n<body>\n</html>\n'],
  ])('refuses %s', async (_name, body) => {
    await expect(decode({ type: 'ndjson' }, body)).rejects.toEqual(failure('SYNC_PROTOCOL'));
  });
});

describe('a JSON body that is cut off', () => {
  it('fails at every byte', async () => {
    const body = Buffer.from('{"data":[{"tên":"Hà Nội","v":1.5},{"tên":"Huế","v":[2]}]}');
    for (let end = 0; end < body.length; end += 1) {
      expect(await outcomeOf({ type: 'json', records: 'data' }, body.subarray(0, end))).toBe('SYNC_PROTOCOL');
    }
  });

  it('gives whole lines or fails, as NDJSON', async () => {
    const body = Buffer.from('{"tên":"Hà Nội"}\n{"tên":"Huế","v":[2]}\n');
    const rows = [{ tên: 'Hà Nội' }, { tên: 'Huế', v: [2] }];
    for (let end = 0; end < body.length; end += 1) {
      const outcome = await outcomeOf({ type: 'ndjson' }, body.subarray(0, end));
      if (typeof outcome !== 'string') expect(rows.slice(0, outcome.length)).toEqual(outcome);
      else expect(outcome).toBe('SYNC_PROTOCOL');
    }
  });
});
