import { describe, expect, it } from 'vitest';
import { decode, failure, rowsOf } from './body.js';

const SDMX = { type: 'sdmx-csv' };

describe('sdmx-csv', () => {
  it('keeps columns as keys and attributes as they are (2.0)', async () => {
    const body =
      'STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MULT,DECIMALS\r\n' +
      'dataflow,GSO:DF_POP(1.0),R,A,VN-HN,2024,8587.1,E,3,1\r\ndataflow,GSO:DF_POP(1.0),D,A,VN-SG,2024,,,,\r\n';
    expect(await rowsOf(SDMX, body)).toEqual([
      {
        STRUCTURE: 'dataflow',
        STRUCTURE_ID: 'GSO:DF_POP(1.0)',
        ACTION: 'R',
        FREQ: 'A',
        REF_AREA: 'VN-HN',
        TIME_PERIOD: '2024',
        OBS_VALUE: '8587.1',
        OBS_STATUS: 'E',
        UNIT_MULT: '3',
        DECIMALS: '1',
      },
      expect.objectContaining({ ACTION: 'D', REF_AREA: 'VN-SG', OBS_VALUE: null, OBS_STATUS: null, UNIT_MULT: null }),
    ]);
  });

  it('divides codes from labels (1.0 with labels), and other delimiters', async () => {
    const body =
      'DATAFLOW;FREQ: Frequency;TIME_PERIOD: Time;OBS_VALUE\nA:B(1.0);A: Annual: all;2024;5\nA:B(1.0);Q;;6\n';
    expect(await rowsOf({ ...SDMX, delimiter: ';' }, body)).toEqual([
      {
        DATAFLOW: 'A:B(1.0)',
        FREQ: 'A',
        FREQ_label: 'Annual: all',
        TIME_PERIOD: '2024',
        TIME_PERIOD_label: null,
        OBS_VALUE: '5',
      },
      { DATAFLOW: 'A:B(1.0)', FREQ: 'Q', FREQ_label: null, TIME_PERIOD: null, TIME_PERIOD_label: null, OBS_VALUE: '6' },
    ]);
  });

  it('reads what the header says about several values as no part of the name', async () => {
    const rows = await rowsOf(SDMX, 'STRUCTURE[;],COMMENT[],OBS_VALUE\ndataflow,a;b,1\n');
    expect(rows).toEqual([{ STRUCTURE: 'dataflow', COMMENT: 'a;b', OBS_VALUE: '1' }]);
  });

  it('reads a header without rows as no rows, and a row of another width as malformed', async () => {
    expect(await rowsOf(SDMX, 'DATAFLOW,OBS_VALUE\n')).toEqual([]);
    expect(await rowsOf(SDMX, 'DATAFLOW,OBS_VALUE\nx\ny,1\n')).toEqual([
      { _malformed: '["x"]', _problem: 'Expected 2 columns, received 1.' },
      { DATAFLOW: 'y', OBS_VALUE: '1' },
    ]);
  });

  it.each([
    ['another CSV', 'code,value\n01,5\n'],
    ['HTML', '<!DOCTYPE html><html></html>'],
    ['XML', '<mes:Error xmlns:mes="x">No data</mes:Error>'],
    ['words', 'No results found.'],
    ['a body that is cut off', 'DATAFLOW,A,OBS_VALUE\nx,1,2\nx,1'],
    ['columns of one name', 'DATAFLOW,FREQ: a,FREQ_label\nx,A: b,c\n'],
  ])('refuses %s', async (_name, body) => {
    await expect(decode(SDMX, body)).rejects.toEqual(failure('SYNC_PROTOCOL'));
  });
});
