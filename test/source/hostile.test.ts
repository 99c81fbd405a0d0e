import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, type Handler, startFakeSource } from './fakeSource.js';
import { makeConnector, makeManifest, makeRows, read, sendJson } from './manifest/manifestFixture.js';

type Data = Readonly<Record<string, unknown>>;

/** Bounds of a cautious operator; every hostile source must be done with them within seconds. */
const BOUNDS = {
  maxPages: 20,
  maxRows: 10_000,
  maxBodyBytes: 1_000_000,
  requestTimeoutMs: 10_000,
  runTimeoutMs: 60_000,
};
const PAGED = {
  request: { path: '/rows', query: { page: '{{ page }}' } },
  pagination: { type: 'page', stop: { rule: 'hasMore', path: 'more' } },
};
const NEXT = { pagination: { type: 'nextUrl', next: 'next' } };
const GZIP = { format: { type: 'json', records: 'items', compression: 'gzip', maxDecodedBytes: 1_000_000 } };
const ZIP = { format: { type: 'json', records: 'items', compression: 'zip', maxDecodedBytes: 1_000_000 } };
const XML = { format: { type: 'xml', records: 'list.row', lists: ['row'] } };
const SHORT = { bounds: { ...BOUNDS, requestTimeoutMs: 300 } };
const ZEROS = Buffer.alloc(20_000_000, '0');

/** A ZIP archive of one entry that says of itself what it likes. */
function makeZip(content: Buffer, saidBytes: number, entries = 1): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(8, 4);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(saidBytes, 18);
  header.writeUInt16LE(6, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, Buffer.from('a.json'), packed]);
  const tail = Buffer.alloc(14);
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), header, tail, Buffer.from('a.json')]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries, 4);
  end.writeUInt16LE(entries, 6);
  end.writeUInt32LE(central.length * entries, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, ...Array<Buffer>(entries).fill(central), Buffer.from('PK\x05\x06'), end]);
}

const BOMB = gzipSync(ZEROS);
const NESTED_BOMB = gzipSync(BOMB);
const ZIP_BOMBS = [ZEROS.length, 10].map((said) => makeZip(ZEROS, said));

const nested = (open: string, close: string, levels = 200_000) => open.repeat(levels) + close.repeat(levels);

const CASES: readonly [string, { code: string; reason: RegExp; stream?: Data; source?: Data; handle: Handler }][] = [
  [
    'never answers',
    { code: 'SYNC_TRANSIENT', reason: /no whole answer within 300 ms/, source: SHORT, handle: () => undefined },
  ],
  [
    'stops in the middle of a body',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /no more of the body within 60 ms/ },
      source: { http: { timeouts: { idleMs: 60 } } },
      handle: (_request, response) => void response.write('{"items":['),
    },
  ],
  [
    'sends a byte now and then, forever',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /no whole answer within 900 ms/ },
      source: { bounds: { ...BOUNDS, requestTimeoutMs: 900 }, http: { timeouts: { idleMs: 600 } } },
      handle: (_request, response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
    },
  ],
  [
    'floods',
    {
      ...{ code: 'SYNC_BOUND', reason: /longer than 1000000 bytes/ },
      handle: (_request, response) => {
        const flood = (): void => {
          while (!response.destroyed && response.write(ZEROS.subarray(0, 65_536)));
        };
        response.on('drain', flood);
        flood();
      },
    },
  ],
  [
    'packs 20 MB of zeros into its content-encoding',
    {
      ...{ code: 'SYNC_BOUND', reason: /longer than 1000000 bytes/ },
      handle: (_request, response) => response.setHeader('content-encoding', 'gzip').end(BOMB),
    },
  ],
  [
    'packs them twice',
    {
      ...{ code: 'SYNC_BOUND', reason: /longer than 1000000 bytes/ },
      handle: (_request, response) => response.setHeader('content-encoding', 'gzip, gzip').end(NESTED_BOMB),
    },
  ],
  [
    'names twenty layers of packing',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /content-encoding/ },
      handle: (_request, response) =>
        response.setHeader('content-encoding', Array(20).fill('gzip').join(', ')).end(gzipSync('{}')),
    },
  ],
  [
    'gives a file that is a gzip bomb',
    {
      ...{ code: 'SYNC_BOUND', reason: /decoded body is larger/, stream: GZIP },
      handle: (_request, response) => response.end(BOMB),
    },
  ],
  [
    'gives one of many members',
    {
      ...{ code: 'SYNC_BOUND', reason: /decoded body is larger/, stream: GZIP },
      handle: (_request, response) =>
        response.end(Buffer.concat(Array<Buffer>(30).fill(gzipSync(ZEROS.subarray(0, 100_000))))),
    },
  ],
  [
    'gives one inside another',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /text|utf-8/i, stream: GZIP },
      handle: (_request, response) => response.end(NESTED_BOMB),
    },
  ],
  [
    'gives a ZIP archive that says how large it is',
    {
      ...{ code: 'SYNC_BOUND', reason: /decoded body is larger/, stream: ZIP },
      handle: (_request, response) => response.end(ZIP_BOMBS[0]),
    },
  ],
  [
    'gives a ZIP archive that says it is small',
    {
      ...{ code: 'SYNC_BOUND', reason: /decoded body is larger/, stream: ZIP },
      handle: (_request, response) => response.end(ZIP_BOMBS[1]),
    },
  ],
  [
    'gives a ZIP archive of very many entries',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /12000 entries/, stream: ZIP },
      handle: (_request, response) => response.end(makeZip(Buffer.from('{}'), 2, 12_000)),
    },
  ],
  [
    'sends headers of a megabyte',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /fetch failed/ },
      handle: (_request, response) => response.setHeader('x-long', 'x'.repeat(1_000_000)).end('{}'),
    },
  ],
  [
    'nests JSON without end',
    {
      ...{ code: 'SYNC_BOUND', reason: /nests deeper/ },
      handle: (_request, response) => response.end(nested('[', ']')),
    },
  ],
  [
    'nests XML without end',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /XML/, stream: XML },
      handle: (_request, response) => response.end(nested('<a>', '</a>', 100_000)),
    },
  ],
  [
    'laughs a billion times',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /without a document type/, stream: XML },
      handle: (_request, response) =>
        response.end(
          `<!DOCTYPE list [<!ENTITY a0 "ha">${Array.from({ length: 30 }, (_, n) => `<!ENTITY a${n + 1} "&a${n};&a${n};">`).join('')}]><list><row>&a30;</row></list>`,
        ),
    },
  ],
  [
    'asks for a file of ours',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /without a document type/, stream: XML },
      handle: (_request, response) =>
        response.end('<!DOCTYPE list [<!ENTITY file SYSTEM "file:///etc/passwd">]><list><row>&file;</row></list>'),
    },
  ],
  [
    'gives a page of HTML as success',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /HTML/ },
      handle: (_request, response) =>
        response.setHeader('content-type', 'text/html').end('<html><p>Bảo trì</p></html>'),
    },
  ],
  [
    'gives more rows in one body than all may have',
    {
      ...{ code: 'SYNC_BOUND', reason: /rows/ },
      handle: (_request, response) => response.end(`{"items":[${'{},'.repeat(20_000)}{}]}`),
    },
  ],
  [
    'always has one more page',
    {
      ...{ code: 'SYNC_BOUND', reason: /more than 20 pages/, stream: PAGED },
      handle: (_request, response, number) => sendJson(response, { items: makeRows(number, number), more: true }),
    },
  ],
  [
    'always has one more empty page',
    {
      ...{ code: 'SYNC_BOUND', reason: /more than 20 pages/, stream: PAGED },
      handle: (_request, response) => sendJson(response, { items: [], more: true }),
    },
  ],
  [
    'leads from each page to itself',
    {
      ...{ code: 'SYNC_PROTOCOL', reason: /leads back/, stream: NEXT },
      handle: (_request, response) => sendJson(response, { items: makeRows(1, 2), next: '/rows' }),
    },
  ],
  [
    'leads to a scheme that is not HTTP',
    {
      ...{ code: 'SYNC_CONFIG', reason: /allowedHosts/, stream: NEXT },
      handle: (_request, response) => sendJson(response, { items: makeRows(1, 2), next: 'file:///etc/passwd' }),
    },
  ],
  [
    'lies about its total',
    {
      ...{ code: 'SYNC_PROTOCOL', reason: /declares 9 rows, 2 were read/ },
      stream: { pagination: { type: 'none', total: 'total' } },
      handle: (_request, response) => sendJson(response, { items: makeRows(1, 2), total: 9 }),
    },
  ],
  [
    'redirects in a circle',
    {
      ...{ code: 'SYNC_PROTOCOL', reason: /redirects to/ },
      handle: ({ url }, response) => response.writeHead(302, { location: url === '/rows' ? '/other' : '/rows' }).end(),
    },
  ],
  [
    'redirects to the metadata of the machine',
    {
      ...{ code: 'SYNC_ADDRESS', reason: /169\.254\.169\.254/ },
      source: { http: { allowedHosts: ['169.254.169.254'] } },
      handle: (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
    },
  ],
  [
    'asks to be left alone for a year, each time',
    {
      ...{ code: 'SYNC_TRANSIENT', reason: /429/ },
      handle: (_request, response) => response.writeHead(429, { 'retry-after': '31536000' }).end(),
    },
  ],
  [
    'always asks for smaller parts',
    {
      ...{ code: 'SYNC_PROTOCOL', reason: /cannot be split/ },
      stream: {
        ...{ request: { path: '/rows/{{ partition.p }}' }, errors: [{ status: [403], action: 'split' }] },
        partitions: { p: { type: 'list', values: Array.from({ length: 64 }, (_, n) => n), group: 64 } },
      },
      handle: (_request, response) => response.writeHead(403).end(),
    },
  ],
];

describe('a source that', () => {
  it.each(CASES)('%s ends in a failure with a reason, soon', async (_name, {
    code,
    reason,
    stream,
    source,
    handle,
  }) => {
    const { baseUrl, received } = await startFakeSource(handle);
    const connector = makeConnector(makeManifest(stream ?? {}, { bounds: BOUNDS, ...source }));
    const startedAt = performance.now();
    const failure = await failureOf(read(connector, baseUrl));
    expect(failure).toMatchObject({ code, message: expect.stringMatching(reason) });
    expect(failure.message.length).toBeLessThan(600);
    expect(received.length).toBeLessThanOrEqual(25);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
  });

  it.each([
    ['a header', 'HTTP/1.1 200 OK\r\n', 'x'],
    ['an early hint', '', 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'],
  ])('sends a bit of %s now and then, forever, ends too', async (_name, first, more) => {
    const server = createServer((socket: Socket) => {
      socket.on('error', () => undefined).write(first);
      const timer = setInterval(() => socket.write(more), 20);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const http = { timeouts: { headersMs: 100 } };
    const failure = await failureOf(read(makeConnector(makeManifest({}, { bounds: BOUNDS, http })), baseUrl));
    expect(failure).toMatchObject({ code: 'SYNC_TRANSIENT', message: expect.stringContaining('within 100 ms') });
  });

  it('redirects to another host gets none of our credentials there', async () => {
    const other = await startFakeSource((_request, response) => sendJson(response, { items: makeRows(1, 1) }));
    const { baseUrl } = await startFakeSource((_request, response) =>
      response.writeHead(307, { location: `${other.baseUrl}/rows` }).end(),
    );
    const source = {
      ...{ secrets: ['key'], authentication: { type: 'apiKey', in: 'header', name: 'x-key', key: 'key' } },
      http: { headers: { 'x-mine': '{{ secret.key }}', accept: 'a/b' }, allowedHosts: [new URL(other.baseUrl).host] },
    };
    const secrets = { key: 'hidden-key' };
    expect((await read(makeConnector(makeManifest({}, source)), baseUrl, { secrets })).codes).toEqual([1]);
    expect(other.received[0]?.headers).toMatchObject({ accept: 'a/b' });
    expect(JSON.stringify(other.received)).not.toContain('hidden-key');
  });

  it('writes a number of a million digits loses that figure and nothing else', async () => {
    const { baseUrl } = await startFakeSource((_request, response) =>
      response.end(
        `{"items":[{"code":"01","year":2024,"value":${'9'.repeat(900_000)}},{"code":"02","year":2024,"value":2}]}`,
      ),
    );
    const startedAt = performance.now();
    const result = await read(makeConnector(makeManifest({}, { bounds: BOUNDS })), baseUrl);
    expect(result).toMatchObject({ codes: [2], rejected: 1 });
    expect(result.pages[0]?.rejected[0]?.message.length).toBeLessThan(400);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});
