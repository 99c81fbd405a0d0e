import { describe, expect, it } from 'vitest';
import { startFakeSource } from '../fakeSource.js';
import { makeConnector, makeManifest, makeRows, queryOf, read, sendJson } from './manifestFixture.js';

describe('presets', () => {
  it('ckan reads a datastore in a stable order, whatever the cap is', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const offset = Number(queryOf(url).get('offset'));
      const records = makeRows(offset + 1, Math.min(offset + 2, 5));
      sendJson(response, { success: true, result: { total: 5, records } });
    });
    const stream = {
      request: { query: { resource_id: 'abc' } },
      pagination: { size: 32_000 },
      format: { type: 'json', records: 'result.records' },
    };
    const manifest = makeManifest(stream, { preset: 'ckan' });
    const result = await read(makeConnector(manifest), source.baseUrl);
    expect(result.codes).toEqual([1, 2, 3, 4, 5]);
    expect(source.received[1]?.url).toBe(
      '/api/3/action/datastore_search?resource_id=abc&limit=32000&offset=2&sort=_id',
    );
  });

  it('ckan fails with what an error says, and tries again what passes', async () => {
    const answers = [503, 409];
    const source = await startFakeSource((_request, response) => {
      sendJson(response, { success: false, error: { message: 'No such column' } }, answers.shift());
    });
    const stream = { request: { query: { resource_id: 'abc' } } };
    const manifest = makeManifest(
      { ...stream, format: { type: 'json', records: 'result.records' } },
      { preset: 'ckan' },
    );
    await expect(read(makeConnector(manifest), source.baseUrl)).rejects.toMatchObject({
      code: 'SYNC_PROTOCOL',
      message: expect.stringContaining('status 409: No such column'),
    });
    expect(source.received).toHaveLength(2);
  });

  it('sdmx-csv takes 404 for "no results"', async () => {
    const source = await startFakeSource(({ url }, response) => {
      if (url === '/2') return void response.writeHead(404).end('no results');
      response
        .setHeader('content-type', 'application/vnd.sdmx.data+csv')
        .end('DATAFLOW,code,year,value\nA:B(1.0),01,2024,7\n');
    });
    const manifest = makeManifest(
      {
        request: { path: '/{{ partition.p }}' },
        partitions: { p: { type: 'list', values: [1, 2] } },
        format: { type: 'sdmx-csv' },
      },
      { preset: 'sdmx-csv' },
    );
    expect((await read(makeConnector(manifest), source.baseUrl)).codes).toEqual([1]);
  });
});
