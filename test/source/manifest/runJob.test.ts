import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { failureOf, startFakeSource } from '../fakeSource.js';
import { makeConnector, makeManifest, makeRows, read, sendJson } from './manifestFixture.js';

describe('an export', () => {
  const job = {
    submit: { method: 'POST', path: '/exports', body: { form: { kind: 'all' } } },
    id: 'job',
    poll: { path: '/exports/{{ job.id }}' },
    done: 'body.state == "done"',
    failed: 'body.state == "failed"',
    result: 'file',
    intervalSeconds: 1,
    maxPolls: 3,
  };

  it('is ordered, waited for and fetched as gzip from the address of the answer', async () => {
    const csv = `code;year;value\n${makeRows(1, 2)
      .map(({ code, year, value }) => `${code};${year};${value}`)
      .join('\n')}\n`;
    const source = await startFakeSource(({ method, url }, response, number) => {
      if (method === 'POST') return sendJson(response, { job: 'j 1' }, 202);
      if (url === '/exports/j%201')
        return sendJson(response, { state: number < 4 ? 'running' : 'done', file: '/files/1.csv.gz?sig=a%2Bb' });
      response.setHeader('content-type', 'application/gzip').end(gzipSync(csv));
    });
    const stream = { job, resultUrl: true, format: { type: 'csv', delimiter: ';' } };
    const waits: number[] = [];
    const result = await read(makeConnector(makeManifest(stream)), source.baseUrl, {
      sleep: async (ms) => {
        waits.push(ms);
      },
    });
    expect(result.codes).toEqual([1, 2]);
    expect(waits).toEqual([1000, 1000, 1000]);
    expect(source.received.at(-1)?.url).toBe('/files/1.csv.gz?sig=a%2Bb');
    expect(source.received[0]?.body).toBe('kind=all');
    // Bytes that are not text are kept as a data URL.
    expect(result.pages[0]?.body).toMatch(/^data:application\/gzip;base64,H4sI/);
  });

  it('is asked for again when half of an answer came, which would else be waited for in vain', async () => {
    const halves = new Set<string>();
    const source = await startFakeSource(({ method, url }, response) => {
      if (url === '/rows') return sendJson(response, { items: makeRows(1, 2) });
      const whole = JSON.stringify(method === 'POST' ? { job: 1 } : { state: 'done', file: '/rows' });
      const isHalf = !halves.has(url);
      halves.add(url);
      response.setHeader('content-type', 'application/json').end(isHalf ? whole.slice(0, whole.length / 2) : whole);
    });
    const result = await read(makeConnector(makeManifest({ job, resultUrl: true })), source.baseUrl);
    expect(result.codes).toEqual([1, 2]);
    expect(result.attempts.map(({ verdict }) => verdict)).toEqual(['retry', 'ok', 'retry', 'ok', 'ok']);
  });

  it('that fails or is never ready fails the run', async () => {
    for (const [state, code] of [
      ['failed', 'SYNC_TRANSIENT'],
      ['running', 'SYNC_BOUND'],
    ]) {
      const source = await startFakeSource((_request, response) => sendJson(response, { job: 1, state }));
      const failure = await failureOf(read(makeConnector(makeManifest({ job, resultUrl: true })), source.baseUrl));
      expect(failure).toMatchObject({ code });
    }
  });
});
