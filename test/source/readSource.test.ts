import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Connector, ConnectorStream, Cursor, MappedRecord, SourcePage } from '../../src/domain/connector.js';
import { checkSource, discoverStreams } from '../../src/source/check.js';
import { sha256 } from '../../src/source/hash.js';
import { PREVIEW_BODY_CHARS, previewSource } from '../../src/source/preview.js';
import type { ReadPage, ReadProgress } from '../../src/source/readPage.js';
import { type ReadSourceOptions, readSource } from '../../src/source/readSource.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { BOUNDS, failureOf, startFakeSource } from './fakeSource.js';

type Row = SourcePage['rows'][number];

function makeRecord(code: string, numerator: string, change: Partial<MappedRecord> = {}): MappedRecord {
  return {
    kind: 'record',
    codeSystem: 'GSO-2004',
    entityCode: code,
    frameworkCode: 'F',
    indicatorCode: 'I.1',
    period: '2022',
    value: null,
    numerator,
    denominator: '100',
    obsStatus: 'A',
    publishedAt: null,
    deleted: false,
    ...change,
  };
}

function makeRow(code: string, numerator: string): Row {
  return { raw: { code, numerator }, records: [makeRecord(code, numerator)] };
}

function makePage(number: number, rows: readonly Row[], change: Partial<SourcePage> = {}): SourcePage {
  return {
    request: `GET /rows?page=${number}`,
    response: { status: 200, headers: {}, body: `page ${number}` },
    rows,
    declaredTotal: null,
    stopReason: null,
    cursor: null,
    ...change,
  };
}

const LAST = { stopReason: 'no next cursor', cursor: { after: 9 } };

/** A connector whose streams give these pages, and write down the cursors that they got. */
function makeConnector(streams: readonly (readonly SourcePage[])[], change: Partial<ConnectorStream> = {}) {
  const cursors: (Cursor | null)[] = [];
  const connector: Connector = {
    spec: {
      key: 'fake',
      version: 1,
      name: { vi: 'Giả', en: 'Fake' },
      owner: 'Test',
      kind: 'NATIONAL_DATABASE',
      citation: '',
      licence: '',
      simulated: true,
      freshnessLimitSeconds: null,
      secrets: ['key'],
      bounds: BOUNDS,
    },
    check: async () => ({ ok: true, message: 'fine, key hidden-key' }),
    streams: streams.map((pages, index) => ({
      name: `stream${index}`,
      feeds: [],
      incremental: true,
      async *read(_context, cursor) {
        cursors.push(cursor);
        yield* pages;
      },
      ...change,
    })),
  };
  return { connector, cursors };
}

function makeOptions(change: Partial<ReadSourceOptions> = {}): ReadSourceOptions {
  return {
    settings: { baseUrl: 'http://127.0.0.1:1', secrets: { key: 'hidden-key' } },
    mode: 'INCREMENTAL',
    cursors: {},
    lookup: { entityId: (_system, code) => (code === '99' ? null : Number(code)), indicatorId: () => 1 },
    signal: new AbortController().signal,
    addressGuard: LOOPBACK,
    now: () => new Date('2026-03-18T02:15:00Z'),
    ...change,
  };
}

async function readAll(connector: Connector, change: Partial<ReadSourceOptions> = {}): Promise<ReadPage[]> {
  const pages: ReadPage[] = [];
  for await (const page of readSource(connector, makeOptions(change))) pages.push(page);
  return pages;
}

describe('readSource', () => {
  it('reads all streams in order and numbers the pages over the run', async () => {
    const { connector } = makeConnector([
      [makePage(1, [makeRow('1', '1')]), makePage(2, [makeRow('2', '1')], LAST)],
      [makePage(3, [makeRow('3', '1')], LAST)],
    ]);
    const progress: ReadProgress[] = [];
    const pages = await readAll(connector, { onProgress: (each) => progress.push(each) });
    expect(pages.map(({ stream, sequence, cursor }) => [stream, sequence, cursor])).toEqual([
      ['stream0', 0, null],
      ['stream0', 1, { after: 9 }],
      ['stream1', 2, { after: 9 }],
    ]);
    expect(progress.at(-1)).toEqual({ stream: 'stream1', pages: 3, rows: 3, records: 3, rejected: 0, share: null });
  });

  it('hashes bodies, and rows by their content alone', async () => {
    const rows: Row[] = [
      { raw: { a: 1, b: 2 }, records: [makeRecord('1', '1'), makeRecord('2', '1')] },
      { raw: { b: 2, a: 1 }, records: [makeRecord('3', '1')] },
    ];
    const [page] = await readAll(makeConnector([[makePage(1, rows, LAST)]]).connector);
    expect(page?.bodySha256).toBe(sha256('page 1'));
    expect(page?.records.map(({ row }) => row)).toEqual([0, 0, 1]);
    expect(new Set(page?.records.map(({ rowHash }) => rowHash))).toEqual(new Set([sha256('{"a":1,"b":2}')]));
  });

  it('gives a stream its cursor, unless all is to be read or it cannot read changes', async () => {
    const cursors = { stream0: { after: 5 } };
    const run = async (change: Partial<ReadSourceOptions>, stream: Partial<ConnectorStream> = {}) => {
      const made = makeConnector([[makePage(1, [], LAST)], [makePage(1, [], LAST)]], stream);
      await readAll(made.connector, { cursors, ...change });
      return made.cursors;
    };
    expect(await run({})).toEqual([{ after: 5 }, null]);
    expect(await run({ mode: 'FULL_REFRESH' })).toEqual([null, null]);
    expect(await run({}, { incremental: false })).toEqual([null, null]);
  });

  it('accounts for every record: resolved, rejected or skipped', async () => {
    const rows: Row[] = [
      makeRow('1', '5'),
      makeRow('99', '5'),
      { raw: 'total', records: [{ kind: 'skipped', rule: 'total_line' }] },
      {
        raw: 'bad',
        records: [{ kind: 'rejected', rule: 'required', message: 'x is missing' }, makeRecord('2', 'n/a')],
      },
      makeRow('1', '5.0'),
      makeRow('1', '6'),
      { raw: 'nothing', records: [] },
    ];
    const [page] = await readAll(makeConnector([[makePage(1, rows, LAST)]]).connector);
    expect(page?.records.map(({ row, numerator }) => [row, numerator])).toEqual([[0, '5']]);
    expect(page?.rejected.map(({ row, rule }) => [row, rule])).toEqual([
      [1, 'entity'],
      [3, 'required'],
      [3, 'number'],
      [5, 'unique'],
    ]);
    expect(page?.skipped).toEqual([
      { row: 2, rule: 'total_line' },
      { row: 4, rule: 'duplicate_identical' },
      { row: 6, rule: 'no_records' },
    ]);
    expect(page?.rejected[0]).toMatchObject({
      raw: { code: '99', numerator: '5' },
      message: expect.stringContaining('99'),
    });
  });

  it('makes what it quarantines storable: no NUL, no half characters, no endless message', async () => {
    const code = `\0\ud800${'x'.repeat(1000)}`;
    const row: Row = { raw: { [code]: [code] }, records: [makeRecord('99', '1'), makeRecord('1', code)] };
    const [page] = await readAll(makeConnector([[makePage(1, [row], LAST)]]).connector);
    const clean = `\uFFFD\uFFFD${'x'.repeat(1000)}`;
    expect(page?.rejected.map(({ raw }) => raw)).toEqual([{ [clean]: [clean] }, { [clean]: [clean] }]);
    const message = page?.rejected[1]?.message ?? '';
    expect(message.isWellFormed() && !message.includes('\0')).toBe(true);
    expect(message.length).toBeLessThan(310);
  });

  it('finds duplicates across pages and streams', async () => {
    const { connector } = makeConnector([
      [makePage(1, [makeRow('1', '5')], LAST)],
      [makePage(2, [makeRow('1', '5'), makeRow('1', '6')], LAST)],
    ]);
    const pages = await readAll(connector);
    expect(pages[1]?.skipped).toEqual([{ row: 0, rule: 'duplicate_identical' }]);
    expect(pages[1]?.rejected).toMatchObject([{ row: 1, rule: 'unique' }]);
  });

  it('hides secrets that a source echoes in bodies, rows and messages', async () => {
    const row: Row = { raw: { code: 'hidden-key' }, records: [makeRecord('1', 'hidden-key')] };
    const change = {
      ...LAST,
      request: 'GET /?key=hidden-key',
      response: { status: 200, headers: {}, body: 'hidden-key' },
    };
    const pages = await readAll(makeConnector([[makePage(1, [row], change)]]).connector);
    expect(JSON.stringify(pages)).not.toContain('hidden-key');
    expect(pages[0]?.bodySha256).toBe(sha256('[secret]'));
    expect(pages[0]?.rejected[0]?.raw).toEqual({ code: '[secret]' });
  });
});

describe('readSource fails', () => {
  const row = [makeRow('1', '1')];
  it.each<[string, readonly SourcePage[]]>([
    ['when a page comes twice', [makePage(1, row), makePage(2, row, { response: makePage(1, []).response, ...LAST })]],
    ['when an empty page comes twice for one request', [makePage(1, []), makePage(1, [])]],
    ['when a cursor comes twice', [1, 2].map((number) => makePage(number, [], { cursor: { after: 1 } }))],
    ['when fewer rows come than declared', [makePage(1, row, { ...LAST, declaredTotal: 2 })]],
    ['when more rows come than declared', [makePage(1, row, { declaredTotal: 1 }), makePage(2, row, LAST)]],
    ['when a stream does not say why it ends', [makePage(1, row)]],
    ['when a stream gives nothing at all', []],
    ['when a page follows the last one', [makePage(1, row, LAST), makePage(2, [], LAST)]],
  ])('%s', async (_name, pages) => {
    expect(await failureOf(readAll(makeConnector([pages]).connector))).toMatchObject({
      code: 'SYNC_PROTOCOL',
      failureType: 'system_error',
    });
  });

  it('does not mind an empty page in the middle, or a last page at the cursor of the one before', async () => {
    const cursor = { after: 9 };
    const pages = [makePage(1, row, { cursor }), makePage(2, []), makePage(3, [], { ...LAST, declaredTotal: 1 })];
    expect(await readAll(makeConnector([pages]).connector)).toHaveLength(3);
  });

  it('at the bound of pages, which an endless source reaches', async () => {
    const { connector } = makeConnector([[]], {
      async *read() {
        for (let number = 1; ; number += 1) yield makePage(number, []);
      },
    });
    expect(await failureOf(readAll(connector))).toMatchObject({ code: 'SYNC_BOUND', failureType: 'config_error' });
  });

  it('at the bound of time, in the middle of a request', async () => {
    const source = await startFakeSource(() => {});
    const made = makeConnector([[]], {
      async *read({ http }) {
        await http.send(() => ({ method: 'GET', path: '/' }));
        yield makePage(1, [], LAST);
      },
    });
    const bounds = { ...BOUNDS, runTimeoutMs: 100 };
    const connector = { ...made.connector, spec: { ...made.connector.spec, bounds } };
    const settings = { baseUrl: source.baseUrl, secrets: { key: 'k' } };
    expect(await failureOf(readAll(connector, { settings }))).toMatchObject({ code: 'SYNC_BOUND' });
  });

  it('when it is cancelled between two pages', async () => {
    const cancel = new AbortController();
    const { connector } = makeConnector([[makePage(1, []), makePage(2, [], LAST)]]);
    const read = readAll(connector, { signal: cancel.signal, onProgress: () => cancel.abort() });
    expect(await failureOf(read)).toMatchObject({ code: 'SYNC_CANCELLED' });
  });

  it('when a secret is not set', async () => {
    const settings = { baseUrl: 'http://127.0.0.1:1', secrets: {} };
    const failure = await failureOf(readAll(makeConnector([[]]).connector, { settings }));
    expect(failure).toMatchObject({ code: 'SYNC_CONFIG', failureType: 'config_error' });
    expect(failure.message).toContain('key');
  });

  it('as a bug of the connector when something else is thrown, without its secrets', async () => {
    const { connector } = makeConnector([[]], {
      // biome-ignore lint/correctness/useYield: it fails before its first page
      async *read() {
        throw new TypeError('cannot read hidden-key of undefined');
      },
    });
    const failure = await failureOf(readAll(connector));
    expect(failure).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', failureType: 'system_error' });
    expect(failure.message + failure.stack).not.toContain('hidden-key');
  });
});

describe('the other steps', () => {
  it('preview stops at its limit, cuts bodies, and shows the pages before a failure', async () => {
    const body = 'x'.repeat(PREVIEW_BODY_CHARS + 1);
    const first = makePage(1, [makeRow('1', '1')], { declaredTotal: 7, response: { status: 200, headers: {}, body } });
    const { connector } = makeConnector([[first, makePage(2, [], LAST)]]);
    const short = await previewSource(connector, { ...makeOptions(), maxPages: 1 });
    expect(short.failure).toBeNull();
    expect(short.pages).toMatchObject([{ bodyCut: true, records: [{ entityId: 1 }], bodySha256: sha256(body) }]);
    expect(short.pages[0]?.body).toHaveLength(PREVIEW_BODY_CHARS);
    const whole = await previewSource(connector, { ...makeOptions(), maxPages: 2 });
    expect(whole.pages).toHaveLength(1);
    expect(whole.failure).toMatchObject({ code: 'SYNC_PROTOCOL' });
  });

  it('check answers in words, also when the settings are unusable', async () => {
    const { connector } = makeConnector([[]]);
    expect(await checkSource(connector, makeOptions())).toEqual({ ok: true, message: 'fine, key [secret]' });
    const missing = await checkSource(connector, makeOptions({ settings: { baseUrl: 'http://x', secrets: {} } }));
    expect(missing).toMatchObject({ ok: false, message: expect.stringContaining('SYNC_CONFIG') });
    const failing: Connector = { ...connector, check: () => Promise.reject(new Error('hidden-key')) };
    expect((await checkSource(failing, makeOptions())).message).not.toContain('hidden-key');
  });

  it('check and preview end with the patience of who waits, and say how far the source came', async () => {
    const source = await startFakeSource((request, response) => {
      if (request.url === '/busy') response.writeHead(503, { 'retry-after': '30' }).end();
    });
    const { connector } = makeConnector([[]], {
      async *read({ http }) {
        await http.send(() => ({ method: 'GET', path: '/busy' }));
        yield makePage(1, [], LAST);
      },
    });
    const settings = { baseUrl: source.baseUrl, secrets: { key: 'k' } };
    // Patience ends while the second attempt is waited for, however busy the machine is.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const patienceMs = 2000;
    const onAttempt = (): void => void vi.advanceTimersByTime(patienceMs);
    const { failure } = await previewSource(connector, {
      ...makeOptions({ settings, patienceMs, onAttempt }),
      maxPages: 1,
    });
    vi.useRealTimers();
    expect(failure).toMatchObject({ code: 'SYNC_BOUND', message: expect.stringContaining('longer than 2 s') });
    expect(failure?.message).toMatch(/Attempt 1 of GET \/busy failed: status 503\.$/);
    const hanging: Connector = {
      ...connector,
      async check({ http }) {
        await http.send(() => ({ method: 'GET', path: '/hang' }));
        return { ok: true, message: '' };
      },
    };
    const { ok, message } = await checkSource(hanging, makeOptions({ settings, patienceMs: 100 }));
    expect([ok, message]).toEqual([false, expect.stringMatching(/^SYNC_BOUND: .* has not answered at all\.$/)]);
  });

  it('discover lists the streams', () => {
    const { connector } = makeConnector([[]]);
    expect(discoverStreams(connector)).toEqual([{ name: 'stream0', feeds: [], incremental: true }]);
  });
});
