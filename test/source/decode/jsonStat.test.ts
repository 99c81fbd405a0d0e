import { describe, expect, it } from 'vitest';
import { decode, failure, rowsOf } from './body.js';

const STAT = { type: 'json-stat' };
const DATASET = {
  version: '2.0',
  class: 'dataset',
  label: 'Tỷ lệ dùng Internet',
  id: ['geo', 'time', 'metric'],
  size: [2, 2, 1],
  dimension: {
    geo: {
      label: 'Tỉnh',
      category: { index: { '79': 1, '01': 0 }, label: { '01': 'Hà Nội', '79': 'TP. Hồ Chí Minh' } },
    },
    time: { category: { index: ['2023', '2024'] } },
    metric: { category: { label: { share: 'Tỷ lệ' } } },
  },
  value: [71.5, 74, null, 80],
  status: { '2': 'M', '3': 'E' },
};
const cell = (geo: string, time: string, value: unknown, status: string | null) => ({
  geo,
  geo_label: geo === '01' ? 'Hà Nội' : 'TP. Hồ Chí Minh',
  time,
  time_label: null,
  metric: 'share',
  metric_label: 'Tỷ lệ',
  value,
  status,
});
const ROWS = [
  cell('01', '2023', '71.5', null),
  cell('01', '2024', 74, null),
  cell('79', '2023', null, 'M'),
  cell('79', '2024', 80, 'E'),
];
const with_ = (changes: object) => JSON.stringify({ ...DATASET, ...changes });

describe('json-stat', () => {
  it('puts the cells of the dimension that pivot names into one row', async () => {
    const both = {
      id: ['geo', 'metric'],
      size: [2, 2],
      dimension: {
        geo: { category: { index: ['01', '79'] } },
        metric: { category: { index: ['part', 'whole'], label: { part: 'Kinh tế số', whole: 'GRDP' } } },
      },
      value: { '0': 15, '1': 100, '3': 400 },
      status: { '0': 'p' },
    };
    const row = (geo: string, part: number | null, whole: number, partStatus: string | null) => ({
      ...{ geo, geo_label: null, part, part_status: partStatus, whole, whole_status: null },
    });
    expect(await rowsOf({ ...STAT, pivot: 'metric' }, with_(both))).toEqual([
      row('01', 15, 100, 'p'),
      row('79', null, 400, null),
    ]);
    await expect(rowsOf({ ...STAT, pivot: 'unit' }, with_(both))).rejects.toEqual(failure('SYNC_PROTOCOL', 'unit'));
  });

  it('gives a row per cell, the last dimension fastest, with codes, labels, value and status', async () => {
    const { document, rows } = await decode(STAT, with_({}));
    expect(rows).toEqual(ROWS);
    expect(document).toMatchObject({ label: 'Tỷ lệ dùng Internet' });
  });

  it('gives only the cells that a sparse dataset has', async () => {
    expect(await rowsOf(STAT, with_({ value: { '3': 80, '0': 71.5 }, status: { '2': 'M' } }))).toEqual([
      ROWS[0],
      ROWS[2],
      { ...ROWS[3], status: null },
    ]);
    expect(await rowsOf(STAT, with_({ value: {}, status: undefined }))).toEqual([]);
  });

  it.each([
    ['one for all', 'E', ['E', 'E', 'E', 'E']],
    ['an array', ['A', null, 'M', 'E'], ['A', null, 'M', 'E']],
    ['none', undefined, [null, null, null, null]],
  ])('reads a status that is %s', async (_name, status, read) => {
    expect((await rowsOf(STAT, with_({ status }))).map((row) => row.status)).toEqual(read);
  });

  it('reads a dataset within a document, as PxWeb writes it for version 1', async () => {
    const { id, size, dimension, ...rest } = DATASET;
    const old = { dataset: { ...rest, class: undefined, dimension: { ...dimension, id, size } } };
    expect(await rowsOf(STAT, JSON.stringify(old))).toEqual(ROWS);
    expect(await rowsOf({ ...STAT, records: 'data[0]' }, `{"data":[${with_({})}]}`)).toEqual(ROWS);
  });

  it.each([
    ['a collection', with_({ class: 'collection' }), 'collection'],
    ['fewer values than cells', with_({ value: [1, 2, 3] }), '3 elements of value for 4 cells'],
    ['more statuses than cells', with_({ status: ['A', 'A', 'A', 'A', 'A'] }), '5 elements of status'],
    ['a position beyond the cells', with_({ value: { '4': 1 } }), '"4"'],
    ['a position that is no number', with_({ value: { '1.0': 1 } }), '"1.0"'],
    ['no values', with_({ value: undefined }), 'without value'],
    ['no id', with_({ id: undefined }), 'without id and size'],
    ['a size that is not that of its categories', with_({ size: [3, 2, 1] }), '2 categories of geo'],
    [
      'positions that have gaps',
      with_({ size: [2, 1, 1], dimension: { ...DATASET.dimension, geo: { category: { index: { a: 0, b: 2 } } } } }),
      'of geo',
    ],
    ['dimensions that are named like other keys', with_({ id: ['value', 'time', 'metric'] }), 'not different'],
    ['a dimension that is not there', with_({ id: ['toString', 'time', 'metric'] }), '0 categories of toString'],
    ['words', '"x"', 'a string'],
    ['HTML', '<html></html>', 'HTML'],
  ])('refuses %s', async (_name, body, message) => {
    await expect(decode(STAT, body)).rejects.toEqual(failure('SYNC_PROTOCOL', message));
  });

  it('bounds rows, and reads a few cells of a cube that would be huge', async () => {
    await expect(decode({ ...STAT, maxRows: 3 }, with_({}))).rejects.toEqual(failure('SYNC_BOUND'));
    const codes = Array.from({ length: 1000 }, (_, at) => `c${at}`);
    const dimension = Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, { category: { index: codes } }]));
    const cube = {
      class: 'dataset',
      id: ['a', 'b', 'c', 'd'],
      size: [1000, 1000, 1000, 1000],
      dimension,
      value: { '999999999999': 7 },
    };
    expect(await rowsOf(STAT, JSON.stringify(cube))).toMatchObject([{ a: 'c999', d: 'c999', value: 7 }]);
    const id = Array.from({ length: 20 }, (_, at) => `d${at}`);
    const wide = {
      ...cube,
      id,
      size: id.map(() => 1000),
      dimension: Object.fromEntries(id.map((name) => [name, { category: { index: codes } }])),
    };
    await expect(decode(STAT, JSON.stringify(wide))).rejects.toEqual(failure('SYNC_PROTOCOL', 'more cells'));
  });
});
