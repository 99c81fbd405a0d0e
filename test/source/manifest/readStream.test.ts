import { describe, expect, it } from 'vitest';
import { checkSource } from '../../../src/source/check.js';
import { previewSource } from '../../../src/source/preview.js';
import { LOOPBACK } from '../../helpers/loopback.js';
import { failureOf, startFakeSource } from '../fakeSource.js';
import { MAPPING, makeConnector, makeManifest, makeRows, queryOf, read, sendJson } from './manifestFixture.js';

const NOW = () => new Date('2026-03-18T20:00:00Z');

describe('partitions', () => {
  it('are read one by one, as a product, and a value of a partition can be mapped', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const query = queryOf(url);
      // The same body for every year: the rows do not say which one they are about.
      sendJson(response, { items: [{ code: query.get('province'), value: 5 }], total: 1 });
    });
    const stream = {
      request: { path: '/rows', query: { province: '{{ partition.province }}', year: '{{ partition.year }}' } },
      partitions: {
        province: { type: 'entities', codeSystem: 'GSO-2025' },
        year: { type: 'range', unit: 'year', from: '2024' },
      },
      pagination: { type: 'none', total: 'total' },
      mapping: { ...MAPPING, period: { of: 'partition', field: 'year', format: 'year' } },
    };
    const result = await read(makeConnector(makeManifest(stream), ['01', '04']), source.baseUrl, { now: NOW });
    expect(result.records.map(({ entityId, period }) => `${entityId} ${period}`)).toEqual([
      ...['1 2024', '1 2025', '1 2026', '4 2024', '4 2025', '4 2026'],
    ]);
    expect(result.stop).toBe('one answer has everything (6)');
    expect(result.pages.filter(({ stopReason }) => stopReason !== null)).toHaveLength(1);
  });

  it.each([
    ['number', 1, 7, 3, ['1', '4', '7']],
    ['quarter', '2025-Q3', null, 1, ['2025-Q3', '2025-Q4', '2026-Q1']],
    ['month', '2025-11', '2026-02', 1, ['2025-11', '2025-12', '2026-01', '2026-02']],
    // 20:00 in UTC is the next day in Hà Nội.
    ['day', '2026-03-17', null, 1, ['2026-03-17', '2026-03-18', '2026-03-19']],
  ])('count by %s', async (unit, from, to, step, expected) => {
    const source = await startFakeSource((_request, response, number) =>
      sendJson(response, { items: makeRows(number, number) }),
    );
    const stream = {
      request: { path: '/rows/{{ partition.p }}' },
      partitions: { p: { type: 'range', unit, from, to, step } },
    };
    await read(makeConnector(makeManifest(stream)), source.baseUrl, { now: NOW });
    expect(source.received.map(({ url }) => url.split('/').at(-1))).toEqual(expected);
  });

  it('come from another request, and are escaped in the path', async () => {
    const source = await startFakeSource(({ url }, response, number) => {
      if (url === '/list') sendJson(response, { areas: [{ id: 'a/b' }, { id: 'c d' }, { id: 'a/b' }] });
      else sendJson(response, { items: makeRows(number, number) });
    });
    const stream = {
      request: { path: '/areas/{{ partition.area }}' },
      partitions: { area: { type: 'parent', request: { path: '/list' }, values: 'areas[*].id' } },
    };
    await read(makeConnector(makeManifest(stream)), source.baseUrl);
    expect(source.received.map(({ url }) => url)).toEqual(['/list', '/areas/a%2Fb', '/areas/c%20d']);
  });

  it('are halved until the source takes them, and a single value fails', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const [from, to] = [Number(queryOf(url).get('from')), Number(queryOf(url).get('to'))];
      if (to - from >= 2 || from === 13) sendJson(response, { message: 'too many cells' }, 403);
      else sendJson(response, { items: makeRows(from, to) });
    });
    const stream = {
      request: { path: '/rows', query: { from: '{{ partition.p.from }}', to: '{{ partition.p.to }}' } },
      partitions: { p: { type: 'range', from: 1, to: 7, group: 7 } },
      errors: [{ status: [403], action: 'split', message: 'message' }],
    };
    const result = await read(makeConnector(makeManifest(stream)), source.baseUrl);
    expect(result.codes).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const single = { ...stream, partitions: { p: { type: 'range', from: 13, to: 13 } } };
    expect(await failureOf(read(makeConnector(makeManifest(single)), source.baseUrl))).toMatchObject({
      code: 'SYNC_PROTOCOL',
      message: expect.stringContaining('too many cells'),
    });
  });

  it('fail when there are none, and when the total of one is not what was read', async () => {
    const source = await startFakeSource(({ url }, response) =>
      sendJson(response, { items: [], total: url.endsWith('2') ? 3 : 0 }),
    );
    const stream = {
      request: { path: '/rows/{{ partition.p }}' },
      partitions: { p: { type: 'entities', codeSystem: 'NONE' } },
      pagination: { type: 'none', total: 'total' },
    };
    expect(await failureOf(read(makeConnector(makeManifest(stream)), source.baseUrl))).toMatchObject({
      code: 'SYNC_CONFIG',
    });
    const two = { ...stream, partitions: { p: { type: 'list', values: [1, 2] } } };
    expect(await failureOf(read(makeConnector(makeManifest(two)), source.baseUrl))).toMatchObject({
      code: 'SYNC_PROTOCOL',
      message: expect.stringContaining('declares 3 rows for p=2, 0 were read'),
    });
  });
});

describe('rules about answers', () => {
  it('tell an empty answer from a missing one', async () => {
    const source = await startFakeSource(({ url }, response) => {
      if (url === '/rows/1') sendJson(response, { items: makeRows(1, 1) });
      else sendJson(response, { message: 'no data for 2' }, 404);
    });
    const stream = {
      request: { path: '/rows/{{ partition.p }}' },
      partitions: { p: { type: 'list', values: [1, 2] } },
    };
    expect(await failureOf(read(makeConnector(makeManifest(stream)), source.baseUrl))).toMatchObject({
      code: 'SYNC_CONFIG',
    });
    const empty = { ...stream, errors: [{ status: [404], action: 'empty', message: 'message' }] };
    const result = await read(makeConnector(makeManifest(empty)), source.baseUrl);
    expect(result.codes).toEqual([1]);
    expect(result.stop).toContain('status 404: no data for 2 (1)');
  });

  it('find an error inside a 200, by body and by header', async () => {
    const source = await startFakeSource(({ url }, response, number) => {
      if (url === '/rows')
        return sendJson(response, number === 1 ? { code: 99, text: 'busy' } : { code: 0, items: makeRows(1, 1) });
      response.setHeader('x-road-error', 'Server.ServerProxy.NetworkError');
      sendJson(response, { message: 'not there' }, 500);
    });
    const errors = [{ body: 'body.code == 99', action: 'retry', message: 'text' }];
    const result = await read(makeConnector(makeManifest({ errors })), source.baseUrl);
    expect(result.codes).toEqual([1]);
    expect(result.attempts[0]).toMatchObject({ verdict: 'retry', reason: 'status 200: busy' });
    const road = makeManifest({ request: { path: '/road' } }, { preset: 'xroad' });
    expect(await failureOf(read(makeConnector(road), source.baseUrl))).toMatchObject({
      code: 'SYNC_TRANSIENT',
      message: expect.stringContaining('not there'),
    });
  });

  it('leave a 401 to new credentials and to SYNC_AUTH, unless they name it', async () => {
    const source = await startFakeSource((_request, response) => sendJson(response, { code: 'NO_TOKEN' }, 401));
    const rule = { body: 'has(body.code) && body.code != "OK"', action: 'fail' };
    const unnamed = await failureOf(read(makeConnector(makeManifest({ errors: [rule] })), source.baseUrl));
    expect(unnamed).toMatchObject({ code: 'SYNC_AUTH' });
    expect(source.received).toHaveLength(2);
    const named = makeManifest({ errors: [{ ...rule, status: [401] }] });
    expect(await failureOf(read(makeConnector(named), source.baseUrl))).toMatchObject({ code: 'SYNC_PROTOCOL' });
    expect(source.received).toHaveLength(3);
  });

  it('hold Retry-After between floor and ceiling', async () => {
    const waits = ['86400', '0'];
    const source = await startFakeSource((_request, response, number) => {
      const wait = waits[number - 1];
      if (wait === undefined) return sendJson(response, { items: makeRows(1, 1) });
      response.setHeader('retry-after', wait);
      sendJson(response, {}, 429);
    });
    const http = { retryAfter: { floorSeconds: 0.5, ceilingSeconds: 2 } };
    const result = await read(makeConnector(makeManifest({}, { http })), source.baseUrl);
    expect(result.attempts.map(({ waitMs }) => waitMs)).toEqual([2000, 500, null]);
  });

  it.each([
    ['<html><body>Login</body></html>', 'SYNC_TRANSIENT', 5],
    ['{"items":[{"code":', 'SYNC_TRANSIENT', 5],
    ['', 'SYNC_TRANSIENT', 5],
    // What is whole but has another shape will have it the next time too.
    ['{"rows":[]}', 'SYNC_PROTOCOL', 1],
    ['{"items":7}', 'SYNC_PROTOCOL', 1],
  ])('never take %j for "0 rows", but for %s after %i attempts', async (body, code, attempts) => {
    const source = await startFakeSource((_request, response) => response.end(body));
    expect(await failureOf(read(makeConnector(makeManifest({})), source.baseUrl))).toMatchObject({ code });
    expect(source.received).toHaveLength(attempts);
  });
});

describe('only what changed', () => {
  const QUERY = { path: '/rows', query: { since: '{{ cursor }}' } };

  it.each([
    ['number', [5, 9, 7], { type: 'number' }, '9'],
    [
      'number beyond 2^53',
      ['9007199254740993', '9007199254740995'],
      { type: 'number', lookback: 2 },
      '9007199254740993',
    ],
    ['number, exclusive', [5, 9], { type: 'number', inclusive: false }, '8'],
    [
      'time',
      ['2026-01-02T00:00:00+07:00', '2026-01-01T20:00:00Z'],
      { type: 'time', lookback: 3600 },
      '2026-01-01T19:00:00.000Z',
    ],
    ['time without a zone', ['2026-01-02 10:00:00'], { type: 'time', lookback: 60 }, '2026-01-02 09:59:00'],
    ['day', ['2026-01-02', '2025-12-31'], { type: 'time', lookback: 86_400 }, '2026-01-01'],
    ['text', ['b', 'c', 'a'], { type: 'text' }, 'c'],
  ])('goes on from the greatest value of the rows: %s', async (_name, values, spec, expected) => {
    const source = await startFakeSource((_request, response) => {
      sendJson(response, { items: values.map((at, index) => ({ ...makeRows(index + 1, index + 1)[0], at })) });
    });
    const connector = makeConnector(
      makeManifest({ request: QUERY, incremental: { from: 'row', path: 'at', ...spec } }),
    );
    const first = await read(connector, source.baseUrl);
    await read(connector, source.baseUrl, { cursors: first.cursors });
    expect(source.received.map(({ url }) => queryOf(url).get('since'))).toEqual([null, expected]);
    await read(connector, source.baseUrl, { cursors: first.cursors, mode: 'FULL_REFRESH' });
    expect(source.received.at(-1)?.url).toBe('/rows');
  });

  it('keeps its cursor when nothing came, one for each partition', async () => {
    let isQuiet = false;
    const source = await startFakeSource(({ url }, response) => {
      const id = Number(queryOf(url).get('p'));
      sendJson(response, { items: isQuiet ? [] : [{ ...makeRows(id, id)[0], at: id * 10 }] });
    });
    const connector = makeConnector(
      makeManifest({
        request: { path: '/rows', query: { p: '{{ partition.p }}', since: '{{ cursor }}' } },
        partitions: { p: { type: 'list', values: [1, 2] } },
        incremental: { from: 'row', path: 'at', initial: 0 },
      }),
    );
    const first = await read(connector, source.baseUrl);
    expect(first.cursors).toEqual({ rows: { 'cursor p=1': 10, 'cursor p=2': 20 } });
    isQuiet = true;
    const second = await read(connector, source.baseUrl, { cursors: first.cursors });
    expect(second.cursors).toEqual(first.cursors);
    expect(source.received.map(({ url }) => queryOf(url).get('since'))).toEqual(['0', '0', '10', '20']);
  });

  it('fails when no answer says the cursor of the document', async () => {
    const source = await startFakeSource((_request, response) => sendJson(response, { items: makeRows(1, 1) }));
    const manifest = makeManifest({ request: QUERY, incremental: { from: 'document', path: 'high' } });
    expect(await failureOf(read(makeConnector(manifest), source.baseUrl))).toMatchObject({ code: 'SYNC_PROTOCOL' });
  });

  it('goes on from when the last run began', async () => {
    const source = await startFakeSource((_request, response) => sendJson(response, { items: makeRows(1, 1) }));
    const connector = makeConnector(makeManifest({ request: QUERY, incremental: { from: 'runStart', lookback: 60 } }));
    const { cursors } = await read(connector, source.baseUrl, { now: NOW });
    await read(connector, source.baseUrl, { cursors });
    expect(queryOf(source.received[1]?.url ?? '').get('since')).toBe('2026-03-18T19:59:00.000Z');
  });

  it('knows that 304 is unchanged, not empty', async () => {
    const source = await startFakeSource(({ headers }, response) => {
      if (headers['if-none-match'] === '"v1"') return void response.writeHead(304).end();
      response.setHeader('etag', '"v1"');
      sendJson(response, { items: makeRows(1, 2) });
    });
    const connector = makeConnector(makeManifest({ conditional: true }));
    const first = await read(connector, source.baseUrl);
    expect(first.codes).toEqual([1, 2]);
    const second = await read(connector, source.baseUrl, { cursors: first.cursors });
    expect(second).toMatchObject({ codes: [], stop: 'not modified since the last run', cursors: first.cursors });
    expect((await read(connector, source.baseUrl, { cursors: first.cursors, mode: 'FULL_REFRESH' })).codes).toEqual([
      1, 2,
    ]);
  });
});

describe('the order that a cursor of rows claims', () => {
  const stream = (ordered: boolean) => ({
    request: { path: '/rows', query: { page: '{{ page }}', since: '{{ cursor }}' } },
    pagination: { type: 'page', stop: { rule: 'lastPage', path: 'pages' } },
    incremental: { from: 'row', path: 'value', ordered },
  });
  const source = (second: number) =>
    startFakeSource(({ url }, response) => {
      const page = queryOf(url).get('page') === '1' ? makeRows(3, 5) : makeRows(second, second);
      sendJson(response, { items: page, pages: 2 });
    });

  it.each([
    [true, 6],
    [true, 5],
    [false, 2],
  ])('is checked over all pages: claimed %s, then %i', async (ordered, second) => {
    const { baseUrl } = await source(second);
    const { cursors } = await read(makeConnector(makeManifest(stream(ordered))), baseUrl);
    expect(cursors.rows).toEqual({ cursor: Math.max(5, second) });
  });

  it('fails the run where it is broken', async () => {
    const { baseUrl } = await source(2);
    const failure = await failureOf(read(makeConnector(makeManifest(stream(true))), baseUrl));
    expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL', message: expect.stringContaining('2 follows 5') });
  });
});

describe('limits of time', () => {
  it.each([
    ['headersMs', 'no answer within 60 ms', false],
    ['idleMs', 'no more of the body within 60 ms', true],
  ])('%s ends an attempt', async (name, reason, begins) => {
    const source = await startFakeSource((_request, response, number) => {
      if (number > 1) sendJson(response, { items: makeRows(1, 1) });
      else if (begins) response.write('{"items"');
    });
    const result = await read(makeConnector(makeManifest({}, { http: { timeouts: { [name]: 60 } } })), source.baseUrl);
    expect(result.codes).toEqual([1]);
    expect(result.attempts[0]).toMatchObject({ verdict: 'retry', reason });
  });
});

describe('bodies', () => {
  it('in a charset that only the manifest names are read, and kept without their secrets', async () => {
    // "Đà" in windows-1258 is not UTF-8, and the content type does not say so.
    const body = Buffer.concat([
      Buffer.from('code,year,value,name\n01,2024,5,'),
      Buffer.from([0xd0, 0xe0]),
      Buffer.from(' hidden-key\n'),
    ]);
    const source = await startFakeSource((_request, response) =>
      response.setHeader('content-type', 'text/csv').end(body),
    );
    const manifest = makeManifest(
      { format: { type: 'csv', charset: 'windows-1258' } },
      { secrets: ['key'], authentication: { type: 'bearer', token: 'key' } },
    );
    const result = await read(makeConnector(manifest), source.baseUrl, { secrets: { key: 'hidden-key' } });
    expect(result.codes).toEqual([1]);
    const kept = result.pages[0]?.body ?? '';
    expect(kept).toMatch(/^data:text\/csv;base64,.*\[secret\]/);
    expect(
      Buffer.from(kept.replace('data:text/csv;base64,', '').replace('[secret]', ''), 'base64').toString(),
    ).not.toContain('hidden-key');
  });
});

describe('check and preview', () => {
  it('say what answered, and show pages without secrets', async () => {
    const source = await startFakeSource((_request, response) =>
      sendJson(response, { items: makeRows(1, 2), total: 2, echo: 'hidden-key' }),
    );
    const connector = makeConnector(
      makeManifest(
        { pagination: { type: 'none', total: 'total' } },
        { secrets: ['key'], authentication: { type: 'apiKey', in: 'query', name: 'k', key: 'key' } },
      ),
    );
    const options = {
      settings: { baseUrl: source.baseUrl, secrets: { key: 'hidden-key' } },
      signal: new AbortController().signal,
      addressGuard: LOOPBACK,
      now: NOW,
    };
    expect(await checkSource(connector, options)).toEqual({
      ok: true,
      message: 'Fake: the source answers and offers 2 rows of rows.',
    });
    const preview = await previewSource(connector, {
      ...options,
      mode: 'FULL_REFRESH',
      cursors: {},
      lookup: { entityId: () => 1, indicatorId: () => 1 },
      maxPages: 1,
    });
    expect(preview).toMatchObject({ failure: null, pages: [{ request: 'GET /rows?k=[secret]' }] });
    expect(JSON.stringify(preview)).not.toContain('hidden-key');
  });

  it('a preview refuses no figure that a sync may take for its revision', async () => {
    const items = ['1', '2'].map((revision) => ({ code: '01', year: 2024, value: Number(revision), revision }));
    const { baseUrl } = await startFakeSource((_, response) => sendJson(response, { items }));
    const countOf = async (unique: string) => {
      const stream = { rules: { unique }, mapping: { ...MAPPING, revision: { field: 'revision' } } };
      const { pages } = await previewSource(makeConnector(makeManifest(stream)), {
        ...{
          settings: { baseUrl, secrets: {} },
          signal: new AbortController().signal,
          now: NOW,
          addressGuard: LOOPBACK,
        },
        ...{ mode: 'FULL_REFRESH', cursors: {}, lookup: { entityId: () => 1, indicatorId: () => 1 }, maxPages: 1 },
      });
      return [pages[0]?.records.length, pages[0]?.rejected.length];
    };
    expect(await countOf('highest_revision')).toEqual([2, 0]);
    expect(await countOf('identical')).toEqual([1, 1]);
  });
});
