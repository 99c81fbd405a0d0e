import { describe, expect, it } from 'vitest';
import { failureOf, startFakeSource } from '../fakeSource.js';
import { makeConnector, makeManifest, makeRows, queryOf, read, sendJson } from './manifestFixture.js';

const COUNT = 7;
const ALL = [1, 2, 3, 4, 5, 6, 7];
const SIZE = 3;

/** The rows of a page, from 1. */
function pageOf(page: number): ReturnType<typeof makeRows> {
  return makeRows((page - 1) * SIZE + 1, Math.min(page * SIZE, COUNT));
}

const BY_PAGE = { path: '/rows', query: { page: '{{ page }}', size: '{{ pageSize }}' } };

describe('numbered pages', () => {
  it.each([
    ['lastPage', { rule: 'lastPage', path: 'pages' }, 'page 3 of 3', 3],
    ['hasMore', { rule: 'hasMore', path: 'more' }, 'more is false', 3],
    ['totalReached', { rule: 'totalReached' }, 'total of 7 rows reached', 3],
    ['emptyPage', { rule: 'emptyPage' }, '1 empty page(s)', 4],
    ['shortPage', { rule: 'shortPage' }, 'page of 1 rows, fewer than 3', 3],
    ['expression', { rule: 'expression', when: 'page * pageSize >= body.total' }, 'the stop rule holds', 3],
  ])('end by the rule %s, and say so', async (_name, stop, reason, requests) => {
    const source = await startFakeSource(({ url }, response) => {
      const page = Number(queryOf(url).get('page'));
      sendJson(response, { items: pageOf(page), pages: 3, total: COUNT, more: page < 3 });
    });
    const stream = { request: BY_PAGE, pagination: { type: 'page', size: SIZE, stop, total: 'total' } };
    const result = await read(makeConnector(makeManifest(stream)), source.baseUrl);
    expect(result.codes).toEqual(ALL);
    expect(result.stop).toBe(reason);
    expect(source.received).toHaveLength(requests);
    expect(source.received[0]?.url).toBe('/rows?page=1&size=3');
  });

  it('go on over an empty and a short page in the middle', async () => {
    const pages = [makeRows(1, 3), [], makeRows(4, 4), makeRows(5, 7)];
    const source = await startFakeSource(({ url }, response) => {
      sendJson(response, { items: pages[Number(queryOf(url).get('page')) - 1], pages: 4 });
    });
    const stream = {
      request: BY_PAGE,
      pagination: { type: 'page', size: SIZE, stop: { rule: 'lastPage', path: 'pages' } },
    };
    const result = await read(makeConnector(makeManifest(stream)), source.baseUrl);
    expect(result.codes).toEqual(ALL);
    expect(result.pages).toHaveLength(4);
  });

  it('fail when the source ignores the position and gives the same page again', async () => {
    const source = await startFakeSource((_request, response) => sendJson(response, { items: pageOf(1), pages: 9 }));
    const stream = {
      request: BY_PAGE,
      pagination: { type: 'page', size: SIZE, stop: { rule: 'lastPage', path: 'pages' } },
    };
    const failure = await failureOf(read(makeConnector(makeManifest(stream)), source.baseUrl));
    expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL', message: expect.stringContaining('came twice') });
    expect(source.received).toHaveLength(2);
  });

  it('fail when the total is not what was read', async () => {
    const source = await startFakeSource(({ url }, response) => {
      sendJson(response, { items: pageOf(Number(queryOf(url).get('page'))), pages: 3, total: 8 });
    });
    const stream = {
      request: BY_PAGE,
      pagination: { type: 'page', size: SIZE, stop: { rule: 'lastPage', path: 'pages' }, total: 'total' },
    };
    const failure = await failureOf(read(makeConnector(makeManifest(stream)), source.baseUrl));
    expect(failure).toMatchObject({
      code: 'SYNC_PROTOCOL',
      message: expect.stringContaining('declares 8 rows, 7 were read'),
    });
  });

  it('end in a bounded failure when they never end', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const page = Number(queryOf(url).get('page'));
      sendJson(response, { items: makeRows(page, page), more: true });
    });
    const stream = {
      request: BY_PAGE,
      pagination: { type: 'page', size: SIZE, stop: { rule: 'hasMore', path: 'more' } },
    };
    const manifest = makeManifest(stream, { bounds: { maxPages: 5 } });
    expect(await failureOf(read(makeConnector(manifest), source.baseUrl))).toMatchObject({ code: 'SYNC_BOUND' });
    const rows = makeManifest(stream, { bounds: { maxRows: 4 } });
    expect(await failureOf(read(makeConnector(rows), source.baseUrl))).toMatchObject({
      code: 'SYNC_BOUND',
      message: expect.stringContaining('maxRows'),
    });
  });

  it('fail when the answer does not say what the rule needs', async () => {
    const source = await startFakeSource((_request, response) => sendJson(response, { items: pageOf(1) }));
    for (const stop of [
      { rule: 'lastPage', path: 'pages' },
      { rule: 'hasMore', path: 'more' },
    ]) {
      const stream = { request: BY_PAGE, pagination: { type: 'page', size: SIZE, stop } };
      const failure = await failureOf(read(makeConnector(makeManifest(stream)), source.baseUrl));
      expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL' });
    }
  });

  it('carry values from page to page in a POST body, and verify what comes back', async () => {
    const source = await startFakeSource(({ body }, response) => {
      const asked = JSON.parse(body);
      const set = asked.page === 1 ? 'A' : asked.set;
      sendJson(response, { items: pageOf(asked.page), page: asked.page, pages: 3, set });
    });
    const stream = {
      request: {
        method: 'POST',
        path: '/rows',
        body: { json: { page: '{{ page }}', set: '{{ carry.set }}', kind: 'all' } },
      },
      pagination: { type: 'page', size: SIZE, stop: { rule: 'lastPage', path: 'pages' }, carry: { set: 'set' } },
      verify: ['body.page == page', 'carry.set == null || body.set == carry.set'],
    };
    const result = await read(makeConnector(makeManifest(stream)), source.baseUrl);
    expect(result.codes).toEqual(ALL);
    expect(source.received.map(({ body }) => JSON.parse(body))).toEqual([
      { page: 1, kind: 'all' },
      { page: 2, set: 'A', kind: 'all' },
      { page: 3, set: 'A', kind: 'all' },
    ]);
    const wrong = { ...stream, verify: ['body.page == 1'] };
    expect(await failureOf(read(makeConnector(makeManifest(wrong)), source.baseUrl))).toMatchObject({
      code: 'SYNC_PROTOCOL',
    });
  });
});

describe('offsets', () => {
  it('advance by the rows that came when the source caps the page', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const offset = Number(queryOf(url).get('offset'));
      sendJson(response, { items: makeRows(offset + 1, Math.min(offset + 2, COUNT)), total: COUNT });
    });
    const stream = {
      request: { path: '/rows', query: { offset: '{{ offset }}', limit: '{{ pageSize }}' } },
      pagination: { type: 'offset', size: 100, advanceBy: 'rows', stop: { rule: 'totalReached' }, total: 'total' },
    };
    const result = await read(makeConnector(makeManifest(stream)), source.baseUrl);
    expect(result.codes).toEqual(ALL);
    expect(source.received.map(({ url }) => queryOf(url).get('offset'))).toEqual(['0', '2', '4', '6']);
  });

  it('by size, over an empty page in the middle', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const offset = Number(queryOf(url).get('offset'));
      sendJson(response, { items: offset === 3 ? [] : makeRows(offset + 1, offset + 1), total: 3 });
    });
    const stream = {
      request: { path: '/rows', query: { offset: '{{ offset }}' } },
      pagination: { type: 'offset', size: 3, stop: { rule: 'totalReached' }, total: 'total' },
    };
    expect((await read(makeConnector(makeManifest(stream)), source.baseUrl)).codes).toEqual([1, 7, 10]);
  });

  it('by rows fail at an empty page, which would come for ever', async () => {
    const source = await startFakeSource((_request, response) => sendJson(response, { items: [], total: 3 }));
    const stream = {
      request: { path: '/rows', query: { offset: '{{ offset }}' } },
      pagination: { type: 'offset', size: 3, advanceBy: 'rows', stop: { rule: 'totalReached' }, total: 'total' },
    };
    expect(await failureOf(read(makeConnector(makeManifest(stream)), source.baseUrl))).toMatchObject({
      code: 'SYNC_PROTOCOL',
    });
  });
});

describe('tokens', () => {
  const stream = {
    request: { path: '/rows', query: { after: '{{ next }}', since: '{{# first }}2020{{/ first }}' } },
    pagination: { type: 'cursor', next: 'meta.next' },
  };

  it('lead to the end, and the first request has none', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const page = Number(queryOf(url).get('after') ?? 1);
      sendJson(response, { items: page === 2 ? [] : pageOf(page), meta: { next: page < 3 ? page + 1 : null } });
    });
    const result = await read(makeConnector(makeManifest(stream)), source.baseUrl);
    expect(result.codes).toEqual([1, 2, 3, 7]);
    expect(result.stop).toBe('no next token in meta.next');
    expect(source.received.map(({ url }) => url)).toEqual(['/rows?since=2020', '/rows?after=2', '/rows?after=3']);
  });

  it('fail when one comes again', async () => {
    const source = await startFakeSource((_request, response, number) => {
      sendJson(response, { items: makeRows(number, number), meta: { next: 'same & same' } });
    });
    const failure = await failureOf(read(makeConnector(makeManifest(stream)), source.baseUrl));
    expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL', message: expect.stringContaining('leads back') });
    expect(source.received[1]?.url).toBe('/rows?after=same+%26+same');
  });

  it('fail when there is none although the source says that there is more', async () => {
    const source = await startFakeSource((_request, response) => sendJson(response, { items: pageOf(1), more: true }));
    const more = { ...stream, pagination: { ...stream.pagination, stop: { rule: 'hasMore', path: 'more' } } };
    expect(await failureOf(read(makeConnector(makeManifest(more)), source.baseUrl))).toMatchObject({
      code: 'SYNC_PROTOCOL',
    });
  });
});

describe('links', () => {
  it('of the Link header lead to the end', async () => {
    const source = await startFakeSource(({ url }, response) => {
      const page = Number(queryOf(url).get('p') ?? 1);
      const links = ['<https://elsewhere.example/a,b>; rel="first"'];
      if (page < 3) links.push(`</rows?p=${page + 1}&x=a%20b>; title="next, or not"; rel="last next"`);
      response.setHeader('link', links.join(', '));
      sendJson(response, { items: pageOf(page) });
    });
    const result = await read(makeConnector(makeManifest({ pagination: { type: 'linkHeader' } })), source.baseUrl);
    expect(result.codes).toEqual(ALL);
    expect(result.stop).toBe('no link with relation next');
    expect(source.received.map(({ url }) => url)).toEqual(['/rows', '/rows?p=2&x=a%20b', '/rows?p=3&x=a%20b']);
  });

  it.each(['relative', 'absolute'])('in the body lead to the end: %s', async (kind) => {
    const source = await startFakeSource(({ url, headers }, response) => {
      const page = Number(queryOf(url).get('p') ?? 1);
      const next = kind === 'relative' ? `rows?p=${page + 1}` : `http://${headers.host}/api/rows?p=${page + 1}`;
      sendJson(response, {
        value: pageOf(page),
        ...(page < 3 ? { '@odata.nextLink': next } : {}),
        '@odata.count': COUNT,
      });
    });
    const manifest = makeManifest({ format: { type: 'json' } }, { preset: 'odata' });
    const result = await read(makeConnector(manifest), `${source.baseUrl}/api`);
    expect(result.codes).toEqual(ALL);
    expect(source.received.map(({ url }) => url)).toEqual([
      '/api/rows?%24count=true',
      '/api/rows?p=2',
      '/api/rows?p=3',
    ]);
    expect(source.received[2]?.headers['odata-version']).toBe('4.0');
  });

  it('that lead to themselves fail', async () => {
    const source = await startFakeSource((_request, response, number) => {
      sendJson(response, { items: makeRows(number, number), next: '/rows?p=2' });
    });
    const manifest = makeManifest({ pagination: { type: 'nextUrl', next: 'next' } });
    const failure = await failureOf(read(makeConnector(manifest), source.baseUrl));
    expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL', message: expect.stringContaining('leads back') });
    expect(source.received).toHaveLength(2);
  });

  it('to another host are refused, unless it is allowed, and never carry credentials there', async () => {
    const other = await startFakeSource((_request, response) => sendJson(response, { items: makeRows(4, 7) }));
    const source = await startFakeSource((_request, response) => {
      sendJson(response, { items: makeRows(1, 3), next: `${other.baseUrl}/rows?p=2` });
    });
    const { host } = new URL(other.baseUrl);
    const parts = {
      secrets: ['key'],
      authentication: { type: 'apiKey', name: 'X-Api-Key', key: 'key' },
      http: { headers: { 'x-more': '{{ secret.key }}', accept: 'application/json' } },
    };
    const stream = { pagination: { type: 'nextUrl', next: 'next' } };
    const secrets = { key: 'hidden-key' };
    const refused = await failureOf(read(makeConnector(makeManifest(stream, parts)), source.baseUrl, { secrets }));
    expect(refused).toMatchObject({ code: 'SYNC_CONFIG', message: expect.stringContaining('allowedHosts') });
    expect(other.received).toHaveLength(0);
    const allowed = { ...parts, http: { ...parts.http, allowedHosts: [host] } };
    expect((await read(makeConnector(makeManifest(stream, allowed)), source.baseUrl, { secrets })).codes).toEqual(ALL);
    expect(JSON.stringify(other.received)).not.toContain('hidden-key');
    expect(other.received[0]?.headers.accept).toBe('application/json');
  });
});

describe('redirects', () => {
  it('are followed within the allowed hosts, without credentials to another one', async () => {
    const other = await startFakeSource((_request, response) => sendJson(response, { items: makeRows(1, 2) }));
    const source = await startFakeSource(({ url }, response) => {
      const location = url === '/rows' ? '/moved' : `${other.baseUrl}/there`;
      response.writeHead(302, { location }).end();
    });
    const { host } = new URL(other.baseUrl);
    const parts = { secrets: ['token'], authentication: { type: 'bearer', token: 'token' } };
    const secrets = { token: 'hidden-token' };
    const failure = await failureOf(read(makeConnector(makeManifest({}, parts)), source.baseUrl, { secrets }));
    expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL', message: expect.stringContaining('redirects') });
    const allowed = makeManifest({}, { ...parts, http: { allowedHosts: [host] } });
    expect((await read(makeConnector(allowed), source.baseUrl, { secrets })).codes).toEqual([1, 2]);
    expect(source.received.at(-1)?.headers.authorization).toBe('Bearer hidden-token');
    expect(JSON.stringify(other.received)).not.toContain('hidden-token');
  });
});
