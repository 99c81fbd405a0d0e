import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from './body.js';
import { writeWorkbook } from './workbook.js';

const FORMATS = [
  { type: 'json', records: 'data[*]', explode: 'v' },
  { type: 'ndjson', columns: 'first' },
  { type: 'csv', preambleLines: 1, footer: { rows: 1, patterns: '*' } },
  { type: 'csv', header: false, columns: ['a', 'b'], quotes: 'literal', charset: 'windows-1258' },
  { type: 'csv', unpivot: { columns: '?', name: 'n', value: 'v' } },
  { type: 'xml', records: 'a.b', lists: ['b'] },
  { type: 'xml', namespaces: { p: 'urn:p' } },
  { type: 'xlsx' },
  { type: 'json-stat' },
  { type: 'sdmx-csv', charset: 'utf-16le' },
];
const SAMPLES = [
  '{"data":[{"v":[1,{"a":2}]}]}',
  '["a","b"]\n[1,2]\n',
  't\na,b\n1,"2\n3"\n4,5\n',
  '<a xmlns="urn:p"><b x="1">2</b><b/></a>',
  '{"class":"dataset","id":["a"],"size":[2],"dimension":{"a":{"category":{"index":["x","y"]}}},"value":[1,2]}',
  'DATAFLOW,FREQ: f,OBS_VALUE\nx,A: b,1\n',
].map((text) => Buffer.from(text));
const BODIES = [
  ...SAMPLES,
  ...SAMPLES.map((sample) => gzipSync(sample)),
  zipSync({ a: SAMPLES[0] ?? Buffer.alloc(0) }, { level: 0 }),
  writeWorkbook({
    s: [
      ['a', 'b'],
      [1, 'x'],
    ],
  }),
];

/** A body with some of its bytes replaced, left out or repeated. */
const damagedBody = fc
  .tuple(
    fc.constantFrom(...BODIES),
    fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.uint8Array({ maxLength: 6 })), { maxLength: 4 }),
  )
  .map(([body, changes]) =>
    changes.reduce((bytes, [position, dropped, added]) => {
      const at = position % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + dropped)]);
    }, Buffer.from(body)),
  );

describe('a decoder', () => {
  it.each(FORMATS)('gives rows or fails with a code of its own, for any bytes: %j', async (format) => {
    const outcomes = /^SYNC_(PROTOCOL|BOUND|CONFIG)$/;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), damagedBody), async (body) => {
        const outcome = await outcomeOf(format, body);
        if (typeof outcome === 'string') expect(outcome).toMatch(outcomes);
        else expect(outcome.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it.each(FORMATS)('never takes an empty body, spaces or a page of HTML for no rows: %j', async (format) => {
    const page = '<!DOCTYPE html>\n<html><head><title>Đăng nhập</title></head>\n<body>…</body></html>\n';
    for (const body of ['', '  \n\n', page]) {
      const bytes =
        format.charset === 'utf-16le' ? Buffer.from(body, 'utf16le') : Buffer.from(body.replaceAll(/[^\0-\x7f]/g, 'e'));
      expect(await outcomeOf(format, bytes)).toBe('SYNC_PROTOCOL');
    }
  });
});
