// Over 400 lines: every test asks one server on one graph with its results, which takes seconds to make.
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import JSONstat from 'jsonstat-toolkit';
import readXlsxFile from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Authenticator } from '../../src/access/authenticator.js';
import { NOT_SIGNED_IN } from '../../src/access/signedIn.js';
import { FORMATS } from '../../src/exchange/format.js';
import { describeExport, readResults } from '../../src/server/exportAbout.js';
import { OPTION_NAMES } from '../../src/server/exportArguments.js';
import { watchPace } from '../../src/server/exportPace.js';
import type { RowOperation } from '../../src/server/exportReader.js';
import { type GraphServer, startServer } from '../../src/server/http.js';
import { TrustedDocuments } from '../../src/server/trusted.js';
import { type Answer, type GraphFixture, openGraph } from '../graph/graphFixture.js';
import { rowsOf } from '../store/batch.js';
import { readMetrics } from './readMetrics.js';
import { startTestServer } from './testServer.js';

let graph: GraphFixture;
let shared: GraphServer;
beforeAll(async () => {
  graph = await openGraph();
  const readiness = () => ({ ready: true, parts: {} });
  shared = await startServer({
    ...{
      host: '127.0.0.1',
      port: 0,
      introspection: true,
      platform: () => graph.platform,
      readiness,
      log: () => undefined,
    },
  });
});
afterAll(async () => {
  await shared.close();
  await graph.close();
});

type Cells = Readonly<Record<string, unknown>>;

const fetchFile = (path: string, init: RequestInit = {}) => fetch(`${shared.url}/export/${path}`, init);

/** A server with settings of its own. */
async function start(options: Parameters<typeof startTestServer>[0]) {
  const server = await startTestServer({ platform: () => graph.platform, ...options });
  return {
    ...server,
    fetchOther: (path: string, init: RequestInit = {}) => fetch(`${server.url}/export/${path}`, init),
  };
}

/** The first error of an answer, as `code status`. */
async function failureOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
  return `${errors[0]?.extensions.code} ${response.status}`;
}

const readCsv = async (response: Response): Promise<Cells[]> => parse(await response.text(), { columns: true });
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

const SCORE = `rank peerCount value points maxPoints coverage automaticShare published change { value rank } round { code year status illustrative }
  snapshot { status } measure { code name(lang: VI) kind certainty } peerGroup { code name(lang: VI) }
  entity { id code name(lang: VI) region { code name(lang: VI) } }`;

/** What a row of a ranking or of scores must be, from an answer to a query that was written here. */
function scoreCells(score: Answer): Cells {
  const status =
    score.value !== null ? (score.snapshot.status === 'PUBLISHED' ? 'A' : 'P') : score.coverage === null ? 'M' : 'O';
  return {
    ...{ round: score.round.code, year: score.round.year },
    ...{ measure: score.measure.code, measure_name: score.measure.name, measure_kind: score.measure.kind },
    ...{ peer_group: score.peerGroup.code, peer_group_name: score.peerGroup.name },
    ...{
      entity: score.entity.id.slice('Entity:'.length),
      entity_code: score.entity.code,
      entity_name: score.entity.name,
    },
    ...{ region: score.entity.region?.code ?? null, region_name: score.entity.region?.name ?? null },
    ...{ rank: score.rank, peer_count: score.peerCount, value: score.value, points: score.points },
    ...{ max_points: score.maxPoints, coverage: score.coverage, automatic_share: score.automaticShare },
    ...{ change_of_value: score.change?.value ?? null, change_of_rank: score.change?.rank ?? null },
    ...{ published: score.published, obs_status: status, measure_certainty: score.measure.certainty, simulated: true },
    ...{ round_status: score.round.status, illustrative: score.round.illustrative },
  };
}

async function readPages(document: string, variables: Cells = {}): Promise<Answer[]> {
  const found: Answer[] = [];
  for (let after: string | null = null, pages = 0; pages < 30; pages += 1) {
    const { list } = await graph.read(document, { ...variables, after });
    found.push(...list.edges.map(({ node }: Answer) => node));
    after = list.pageInfo.endCursor;
    if (!list.pageInfo.hasNextPage) return found;
  }
  throw new Error('there is no end of pages');
}

const readScores = async (variables: Cells): Promise<Cells[]> =>
  (
    await readPages(
      `query ($kind: MeasureKind, $filter: ScoreFilter, $orderBy: [ScoreOrder!], $after: String) {
        list: scores(round: "PROVINCE-2022", kind: $kind, filter: $filter, orderBy: $orderBy, first: 700, after: $after) {
          pageInfo { hasNextPage endCursor } edges { node { ${SCORE} } }
        } }`,
      variables,
    )
  ).map(scoreCells);

const asText = (rows: readonly Cells[]) =>
  rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, text(cell)])));

describe('what is exported is what the query answers, as an independent reader reads it', () => {
  const MAIN = 'round=PROVINCE-2022&kind=MAIN_INDEX&lang=vi';
  let expected: Cells[];
  beforeAll(async () => {
    expected = await readScores({ kind: 'MAIN_INDEX' });
  });

  it('a ranking as CSV', async () => {
    const { round } = await graph.read('{ round(code: "MINISTRY-2022") { peerGroups { code } } }');
    const peerGroup = round.peerGroups[1].code;
    const province = await graph.read(
      `{ ranking(round: "PROVINCE-2022", first: 1000) { edges { node { score { ${SCORE} } } } } }`,
    );
    const rows = await readCsv(await fetchFile('ranking.csv?round=PROVINCE-2022&lang=vi'));
    expect(rows).toEqual(asText(province.ranking.edges.map(({ node }: Answer) => scoreCells(node.score))));
    expect(rows).toHaveLength(63);
    const ministries = await graph.read(
      `query ($peerGroup: String) { ranking(round: "MINISTRY-2022", peerGroup: $peerGroup, first: 1000) { edges { node { score { ${SCORE} } } } } }`,
      { peerGroup },
    );
    const others = await readCsv(await fetchFile(`ranking.csv?round=MINISTRY-2022&peerGroup=${peerGroup}&lang=vi`));
    expect(others).toEqual(asText(ministries.ranking.edges.map(({ node }: Answer) => scoreCells(node.score))));
    expect(new Set(others.map((row) => row.peer_group))).toEqual(new Set([peerGroup]));
  });

  it('all scores of a round as CSV, over all pages', async () => {
    const rows = await readCsv(await fetchFile('scores.csv?round=PROVINCE-2022&lang=vi'));
    expect(rows).toEqual(asText(await readScores({})));
    expect(rows.length).toBeGreaterThan(6000);
  });

  it('scores as XLSX', async () => {
    const [data, about] = await readXlsxFile(await bytesOf(await fetchFile(`scores.xlsx?${MAIN}`)), { trim: false });
    const [header = [], ...rows] = data?.data ?? [];
    expect(rows.map((row) => Object.fromEntries(row.map((cell, at) => [String(header[at]), cell])))).toEqual(expected);
    expect(about?.data).toContainEqual(['Mô phỏng', 'true']);
    expect(about?.data.map(String)).toContainEqual(
      expect.stringContaining('Báo cáo tự đánh giá kèm tài liệu kiểm chứng'),
    );
  });

  it('scores as Parquet', async () => {
    const file = new Uint8Array(await bytesOf(await fetchFile(`scores.parquet?${MAIN}`))).buffer;
    const rows = (await parquetReadObjects({ file })).map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [name, typeof cell === 'bigint' ? Number(cell) : cell]),
      ),
    );
    expect(rows).toEqual(expected);
    const told = parquetMetadata(file).key_value_metadata?.map(({ key }) => key);
    expect(told).toEqual(
      expect.arrayContaining(['simulated', 'citation', 'engine_version', 'result_hash', 'revision', 'source']),
    );
  });

  it('scores as JSON-stat', async () => {
    const cube = JSONstat(await (await fetchFile(`scores.json?${MAIN}`)).json());
    expect(cube.n).toBe(expected.length * 9);
    for (const row of expected) {
      const key = { year: '2022', measure: text(row.measure), entity: text(row.entity) };
      for (const figure of ['value', 'rank', 'points', 'change_of_rank']) {
        expect({ ...key, value: cube.Data({ ...key, figure }).value }).toEqual({ ...key, value: row[figure] });
      }
    }
  });

  it('scores as SDMX-CSV', async () => {
    const rows = await readCsv(await fetchFile(`scores.sdmx.csv?${MAIN}`));
    const wanted = asText(expected).map((row) => [
      row.entity?.replace(':', '_'),
      row.measure,
      row.year,
      row.value,
      row.obs_status,
    ]);
    expect(rows.map((row) => [row.REF_AREA, row.INDICATOR, row.TIME_PERIOD, row.OBS_VALUE, row.OBS_STATUS])).toEqual(
      wanted,
    );
    expect(new Set(rows.map((row) => `${row.STRUCTURE} ${row.STRUCTURE_ID} ${row.ACTION}`))).toEqual(
      new Set(['dataflow DTI:SCORES(1.0.0) I']),
    );
  });

  it('observations, with every digit of their decimals', async () => {
    const found = await readPages(
      `query ($after: String) { list: observations(filter: { period: { eq: "2022" }, indicator: { contains: "ACTIVITY" } }, first: 999, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges { node { id value numerator denominator period obsStatus revision retrievedAt entity { id } indicator { code unitOfMeasure rule { kind } } source { key simulated } } }
      } }`,
    );
    const figures = found.map((each) => [
      ...[
        each.id.slice('Observation:'.length),
        each.entity.id.slice('Entity:'.length),
        each.indicator.code,
        each.source.key,
      ],
      ...[
        each.period,
        each.value,
        each.numerator,
        each.denominator,
        each.obsStatus,
        each.revision,
        each.retrievedAt,
        each.source.simulated,
      ],
    ]);
    const search = 'filter.period.eq=2022&filter.indicator.contains=ACTIVITY';
    const names = ['observation', 'entity', 'indicator', 'source', 'period', 'value', 'numerator', 'denominator'];
    const columns = [...names, 'obs_status', 'revision', 'retrieved_at', 'simulated'];
    const rows = await readCsv(await fetchFile(`observations.csv?${search}`));
    const asked = rows.map((row) => columns.map((name) => (name === 'value' && row.numerator ? '' : row[name])));
    expect(asked).toEqual(figures.map((row) => row.map(text)));
    expect(rows.length).toBeGreaterThan(2000);
    const units = found.map(({ value, indicator: { unitOfMeasure, rule } }) =>
      unitOfMeasure === 'percent' && value === null && rule.kind.startsWith('RATIO') ? 'share' : unitOfMeasure,
    );
    expect(rows.map(({ unit }) => unit)).toEqual(units);
    expect(new Set(rows.filter(({ numerator }) => numerator).map(({ unit }) => unit))).toEqual(new Set(['share']));
    expect(new Set(units)).toContain('count');
    const amounts = figures.map(([, , , , , value, numerator, denominator]) =>
      value === null ? (numerator === null ? null : Number(numerator) / Number(denominator)) : Number(value),
    );
    expect(amounts.filter((amount) => amount !== null && !Number.isInteger(amount * 1e9)).length).toBeGreaterThan(100);
    const expectAmounts = (cells: readonly unknown[]) => {
      const read = cells.map((cell) => (cell === null || cell === '' ? null : Number(cell)));
      expect(read.map((each) => each === null)).toEqual(amounts.map((each) => each === null));
      // To 15 digits, which float64 division has but for its last bit.
      const isOff = (each: number | null, at: number) => Math.abs((each ?? 0) / (amounts[at] || 1) - 1) > 6e-15;
      expect(read.filter((each, at) => each && isOff(each, at))).toEqual([]);
      const digits = cells.map((cell) => text(cell).replace(/^0\.0*|\D/g, ''));
      expect(digits.filter((each, at) => rows[at]?.numerator && each.length > 15)).toEqual([]);
    };
    expectAmounts(rows.map(({ value }) => value));
    const sdmx = await readCsv(await fetchFile(`observations.sdmx.csv?${search}`));
    expectAmounts(sdmx.map((row) => row.OBS_VALUE));
    expect(sdmx.map((row) => row.UNIT_MEASURE)).toEqual(units);
    expect(sdmx.map((row) => [row.NUMERATOR, row.DENOMINATOR])).toEqual(
      figures.map((row) => row.slice(6, 8).map(text)),
    );
    expect(
      new Set(sdmx.map((row) => (row.OBS_VALUE === '') === (row.OBS_STATUS === 'O' || row.OBS_STATUS === 'M'))),
    ).toEqual(new Set([true]));
    const parquet = new Uint8Array(await bytesOf(await fetchFile(`observations.parquet?${search}`))).buffer;
    expectAmounts((await parquetReadObjects({ file: parquet, columns: ['value'] })).map(({ value }) => value));
    expect(parquetMetadata(parquet).key_value_metadata?.find(({ key }) => key === 'note')?.value).toContain(
      '15 significant',
    );
    const [sheet] = await readXlsxFile(await bytesOf(await fetchFile(`observations.xlsx?${search}`)));
    const valueAt = sheet?.data[0]?.indexOf('value') ?? -1;
    expectAmounts(sheet?.data.slice(1).map((row) => row[valueAt]) ?? []);
    const file = JSON.parse(await (await fetchFile(`observations.json?${search}&filter.entity.eq=GSO-2004:74`)).text());
    const unitsOfOne = found.flatMap(({ entity, indicator }, at) =>
      entity.id === 'Entity:GSO-2004:74' ? [[indicator.code, { label: units[at] }]] : [],
    );
    expect(file.dimension.indicator.category.unit).toEqual(Object.fromEntries(unitsOfOne));
    const cube = JSONstat(file);
    for (const [at, [, entity, indicator, source, period, , numerator]] of figures.entries()) {
      if (entity !== 'GSO-2004:74') continue;
      const framework = 'PDTI-922';
      const key = { framework, indicator, entity, period, source };
      expect(cube.Data({ ...key, figure: 'numerator' }).value).toBe(numerator === null ? null : Number(numerator));
      expect(cube.Data({ ...key, figure: 'value' }).value).toBe(rows[at]?.value ? Number(rows[at].value) : null);
    }
  });
});

describe('an address', () => {
  it('takes the arguments of the query: as JSON, by dots, with commas', async () => {
    const filter = encodeURIComponent('{"region":{"in":["SE","RRD"]},"rank":{"lte":30}}');
    const order = encodeURIComponent('[{"by":"NAME"}]');
    const asJson = await (
      await fetchFile(`scores.csv?round=PROVINCE-2022&kind=INDEX&orderBy=${order}&filter=${filter}`)
    ).text();
    const byDots = await (
      await fetchFile(
        `scores.csv?round=PROVINCE-2022&kind=INDEX&orderBy=${order}&filter.region.in=SE,RRD&filter.rank.lte=30`,
      )
    ).text();
    expect(byDots).toBe(asJson);
    const wanted = await readScores({
      kind: 'INDEX',
      filter: { region: { in: ['SE', 'RRD'] }, rank: { lte: 30 } },
      orderBy: [{ by: 'NAME' }],
    });
    const rows: Cells[] = parse(asJson, { columns: true });
    expect(rows.map(({ entity }) => entity)).toEqual(wanted.map(({ entity }) => entity));
    expect(rows.length).toBeGreaterThan(3);
  });

  it.each([
    ['ranking.csv', 'Give round=…, for example round=PROVINCE-2022.'],
    [
      'ranking.csv?round=PROVINCE-2022&orderBy=NAME',
      '"orderBy" must be JSON such as [{"by":"NAME"}]; received "NAME".',
    ],
    [
      '../export?format=csv&query={rounds{totalCount}}',
      'Give path=…, the list of the answer whose items are the rows, for example path=rounds.edges.',
    ],
    [
      'observations.csv?filter.period.eq=20222',
      '"20222" is no period; write a year, quarter or month: 2024, 2024-Q3 or 2024-03.',
    ],
    [
      'ranking.csv?round=PROVINCE-2022&at.asOf.time=2020-01-01',
      expect.stringContaining('such as "2020-01-01T00:00:00Z"'),
    ],
  ])('says what is missing or expected, with an example: %s', async (path, message) => {
    expect(await (await fetchFile(path)).json()).toMatchObject({ errors: [{ message }] });
  });

  it('takes the first rows only, across pages', async () => {
    expect(await readCsv(await fetchFile('scores.csv?round=PROVINCE-2022&first=1500'))).toHaveLength(1500);
    expect(await readCsv(await fetchFile('ranking.csv?round=PROVINCE-2022&first=0'))).toEqual([]);
  });

  it.each([
    ['nothing.csv', 'NOT_FOUND 404'],
    ['ranking.doc?round=PROVINCE-2022', 'NOT_FOUND 404'],
    ['ranking', 'NOT_FOUND 404'],
    ['__proto__.csv', 'NOT_FOUND 404'],
    ['ranking.toString?round=PROVINCE-2022', 'NOT_FOUND 404'],
    ['ranking.csv', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=NONE', 'NOT_FOUND 404'],
    ['ranking.csv?round=PROVINCE-2022&measure=NONE', 'NOT_FOUND 404'],
    ['ranking.csv?round=PROVINCE-2022&at.asOf.revision=1', 'AS_OF_UNAVAILABLE 404'],
    ['ranking.csv?round=PROVINCE-2022&at.asOf.revision=x', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&at.asOf.revision=8999999999999999', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&filter=x', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&filter.none.eq=1', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&filter.__proto__.eq=1', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&filter.rank.lte=x', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&filter.rank.lte.x=1', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&filter.and.rank.lte=1', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&filter={}&filter.rank.lte=1', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&round=PROVINCE-2021', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&first=-1', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&after=x', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&isFirst=false', 'BAD_USER_INPUT 400'],
    ['ranking.csv?round=PROVINCE-2022&lang=fr', 'BAD_USER_INPUT 400'],
    ['ranking.xlsx?round=PROVINCE-2022&bom=1', 'BAD_USER_INPUT 400'],
    ['scores.csv?round=PROVINCE-2022&kind=NONE', 'BAD_USER_INPUT 400'],
    [
      'observations.json?history=true&filter.entity.eq=GSO-2025:48&filter.indicator.eq=NONE&lang=en&filter.value=1',
      'BAD_USER_INPUT 400',
    ],
  ])('is refused as the query is: %s', async (path, failure) => {
    const response = await fetchFile(path);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await failureOf(response)).toBe(failure);
  });

  it('shows what the viewer may see: provisional results only where they are public', async () => {
    const { fetchOther } = await start({ platform: () => ({ ...graph.platform, publicProvisional: false }) });
    expect(await failureOf(await fetchOther('ranking.csv?round=PROVINCE-2026'))).toBe('AS_OF_UNAVAILABLE 404');
    const [row] = await readCsv(await fetchFile('ranking.csv?round=PROVINCE-2026'));
    expect(row).toMatchObject({ obs_status: 'P', round_status: 'OPEN', illustrative: 'true' });
  });
});

describe('a file', () => {
  it('has a name, a language, a length, and the address of its state, from which it comes again byte for byte', async () => {
    const { url } = shared;
    const path = 'ranking.xlsx?round=PROVINCE-2026&filter.region.ne=SE';
    const first = await fetchFile(path);
    const before = await bytesOf(first);
    const { headers } = first;
    const revision = graph.platform.feed.head;
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="dti-PROVINCE-2026-INDEX-ranking-filtered-r${revision}.xlsx"`,
    );
    expect([headers.get('content-language'), headers.get('content-length')]).toEqual(['en', String(before.length)]);
    await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', 3, 100);
    await graph.compute('PROVINCE-2026');
    const now = await fetchFile(path);
    expect((await bytesOf(now)).equals(before)).toBe(false);
    const again = await fetch(`${url}${headers.get('content-location')}`);
    expect((await bytesOf(again)).equals(before)).toBe(true);
    expect(again.headers.get('etag')).toBe(headers.get('etag'));
    expect(now.headers.get('etag')).not.toBe(headers.get('etag'));
  });

  it('is not sent to who has it, nor with HEAD', async () => {
    const path = 'ranking.csv?round=PROVINCE-2022';
    const whole = await fetchFile(path);
    const etag = whole.headers.get('etag') ?? '';
    const known = await fetchFile(path, { headers: { 'if-none-match': etag } });
    expect([known.status, await known.text(), known.headers.get('etag')]).toEqual([304, '', etag]);
    const head = await fetchFile(path, { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.get('etag')]).toEqual([200, '', etag]);
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(await whole.text())));
  });

  it('names the host by which people know the platform, and that of the request only where nobody said it', async () => {
    const urlOf = async ({ fetchOther }: Awaited<ReturnType<typeof start>>) => {
      const response = await fetchOther('ranking.csv-metadata.json?round=PROVINCE-2022', {
        headers: { 'x-forwarded-host': 'dti.example.vn', 'x-forwarded-proto': 'https' },
      });
      const { url, notes } = (await response.json()) as Answer;
      const told = notes.find(({ name }: Answer) => name === 'url');
      return [new URL(url).origin, new URL(told.value).origin];
    };
    const plain = await start({});
    expect(await urlOf(plain)).toEqual([plain.url, plain.url]);
    expect(await urlOf(await start({ trustProxy: 1 }))).toEqual(['https://dti.example.vn', 'https://dti.example.vn']);
    const named = await start({ publicUrl: 'https://named.example.vn' });
    expect(await urlOf(named)).toEqual(['https://named.example.vn', 'https://named.example.vn']);
  });

  it('says of its rows whether they are illustrative: all, some or none', async () => {
    const certainties = async (search: string) => {
      const rows = await readCsv(await fetchFile(`scores.csv?round=PROVINCE-2022&${search}`));
      return new Set(rows.map(({ measure_certainty }) => measure_certainty === 'ILLUSTRATIVE'));
    };
    for (const search of ['kind=INDEX', 'kind=INDICATOR', 'kind=INDICATOR&first=5', 'filter.region.eq=SE']) {
      const found = await certainties(search);
      const { extension, updated } = (await (
        await fetchFile(`scores.json?round=PROVINCE-2022&${search}`)
      ).json()) as Answer;
      expect([search, extension.illustrative]).toEqual([search, found.size === 2 ? 'partly' : found.has(true)]);
      expect(updated).toMatch(/^\d{4}-.*Z$/);
    }
    expect(await certainties('kind=INDICATOR')).toEqual(new Set([true]));
  });

  it('leads to its description, which leads back', async () => {
    const { url } = shared;
    const file = await fetchFile('ranking.csv?round=PROVINCE-2022');
    const link = /<([^>]+)>; rel="describedby"/.exec(file.headers.get('link') ?? '')?.[1];
    const description = await fetch(`${url}${link}`);
    expect(description.headers.get('content-type')).toContain('application/csvm+json');
    const described = (await description.json()) as Answer;
    const body = await file.text();
    expect(described.tableSchema.columns.map(({ name }: Answer) => name)).toEqual(parse(body)[0]);
    expect(new URL(described.url).origin).toBe(url);
    expect(await (await fetch(described.url)).text()).toBe(body);
    const facts = new Map(described.notes.map(({ name, value }: Answer) => [name, value]));
    const { round } = await graph.read(
      '{ round(code: "PROVINCE-2022") { published { resultHash inputHash engineVersion revision } framework { version } } }',
    );
    expect([facts.get('result_hash'), facts.get('input_hash'), facts.get('engine_version')]).toEqual([
      ...[round.published.resultHash, round.published.inputHash, round.published.engineVersion],
    ]);
    expect([facts.get('snapshot_revision'), facts.get('framework_version')]).toEqual([
      round.published.revision,
      round.framework.version,
    ]);
    expect([facts.get('simulated'), described['dc:bibliographicCitation']]).toEqual([
      'true',
      expect.stringContaining('Simulated data'),
    ]);
  });
});

describe('a query of one’s own', () => {
  const QUERY = `query Movers($after: String, $first: Int = 400) {
    scores(round: "PROVINCE-2022", kind: MAIN_INDEX, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      edges { node { rank change { value } ...Who measure { code } } }
    }
  }
  fragment Who on Score { entity { code name(lang: VI) region { code } } value }`;
  const post = (search: string, query: string, more: Cells = {}): [string, RequestInit] => [
    `../export?${search}`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, ...more }) },
  ];

  /** Who, what, by which method, when, and that it is no official figure. */
  const CITATION = /^DTI graph, .*\. Movers, Version of the method \d+, Revision \d+\. Simulated data, not official\.$/;

  it('is a table of the list at a path, over all its pages', async () => {
    const expected = await readPages(
      `query ($after: String) { list: scores(round: "PROVINCE-2022", kind: MAIN_INDEX, first: 1000, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges { node { rank value change { value } entity { code name(lang: VI) region { code } } measure { code } } }
      } }`,
    );
    const response = await fetchFile(...post('format=csv&path=scores.edges', QUERY));
    expect(response.headers.get('content-disposition')).toMatch(/filename="dti-Movers-simulated-r\d+\.csv"/);
    expect(await readCsv(response)).toEqual(
      expected.map(({ rank, value, change, entity, measure }) => ({
        ...{ rank: text(rank), change_value: text(change?.value), entity_code: entity.code, entity_name: entity.name },
        ...{ entity_region_code: entity.region.code, value: text(value), measure_code: measure.code },
        ...{ simulated: 'true', citation: expect.stringMatching(CITATION) },
      })),
    );
    expect(expected.length).toBeGreaterThan(400);
  });

  it('keeps types in Parquet and XLSX, and says what was asked', async () => {
    const one = { variables: { first: 3 } };
    const file = new Uint8Array(
      await bytesOf(
        await fetchFile(
          ...post('format=parquet&path=scores.edges', QUERY.replace('pageInfo { hasNextPage endCursor }', ''), one),
        ),
      ),
    ).buffer;
    const rows = await parquetReadObjects({ file });
    expect(rows.map((row) => [typeof row.rank, typeof row.value, typeof row.entity_code])).toEqual(
      Array(3).fill(['bigint', 'number', 'string']),
    );
    const told = new Map(parquetMetadata(file).key_value_metadata?.map(({ key, value }) => [key, value]));
    expect([told.get('variables'), told.get('path'), told.get('simulated')]).toEqual([
      '{"first":3}',
      'scores.edges',
      'true',
    ]);
    expect(told.get('result')).toContain('PROVINCE-2022 PUBLISHED, PDTI-922');
    expect(rows.map(({ simulated, citation }) => [simulated, citation])).toEqual(
      Array(3).fill([true, expect.stringMatching(CITATION)]),
    );
    const [data] = await readXlsxFile(await bytesOf(await fetchFile(...post('format=xlsx&path=scores.edges', QUERY))));
    expect(data?.data.length).toBe(1 + 63 * 9);
  });

  it('names the results of all rounds, over all their pages', async () => {
    const at = { asOf: { revision: String(graph.platform.feed.head) } };
    const read = async ({ source, variables }: RowOperation) => graph.read(source, variables);
    const [pages, whole] = await Promise.all([2, 1000].map((first) => readResults(read, { lang: 'EN', at }, first)));
    expect(pages).toEqual(whole);
    const described = { lang: 'en' as const, fileName: '', title: '', revision: null, rowCount: null, url: null };
    const results = describeExport(described, pages ?? {}).facts.filter(({ name }) => name === 'result');
    const computed = await rowsOf<{ count: number }>(
      graph.database,
      'select count(distinct round_id)::int as count from snapshot',
    );
    expect([results.length, results.length > 2]).toEqual([computed[0]?.count, true]);
  });

  it('repeats the outer list beside the inner one', async () => {
    const query = `{ entities(first: 5, filter: { codeSystem: { eq: "GSO-2004" } }) { totalCount edges { cursor node { code scores(round: "PROVINCE-2022", kind: PILLAR) { rank measure { code } } } } } }`;
    const { entities } = await graph.read(query);
    const path = encodeURIComponent('entities.edges.node.scores');
    const rows = await readCsv(await fetchFile(`../export?format=csv&path=${path}&query=${encodeURIComponent(query)}`));
    const expected = entities.edges.flatMap(({ cursor, node }: Answer) =>
      node.scores.map(({ rank, measure }: Answer) => ({
        cursor,
        code: node.code,
        scores_rank: text(rank),
        scores_measure_code: measure.code,
        ...{ simulated: 'true', citation: expect.stringContaining('Simulated data, not official') },
      })),
    );
    expect(rows).toEqual(expected);
    expect(rows).toHaveLength(15);
  });

  it.each([
    ['format=csv&path=none', '{ rounds { totalCount } }', 'BAD_USER_INPUT 400'],
    ['format=csv&path=rounds', '{ rounds { totalCount } }', 'BAD_USER_INPUT 400'],
    ['format=csv&path=rounds.totalCount', '{ rounds { totalCount } }', 'BAD_USER_INPUT 400'],
    ['format=csv', '{ rounds { totalCount } }', 'BAD_USER_INPUT 400'],
    ['format=doc&path=rounds.edges', '{ rounds { edges { cursor } } }', 'BAD_USER_INPUT 400'],
    ['format=json&path=rounds.edges', '{ rounds { edges { cursor } } }', 'BAD_USER_INPUT 400'],
    ['format=csv&path=rounds.edges&round=x', '{ rounds { edges { cursor } } }', 'BAD_USER_INPUT 400'],
    [
      'format=csv&path=rounds.edges',
      '{ rounds { edges { node { code peerGroups { code } } } } }',
      'BAD_USER_INPUT 400',
    ],
    ['format=csv&path=rounds.edges', '{ rounds { edges { cursor node { cursor: code } } } }', 'BAD_USER_INPUT 400'],
    [
      'format=csv&path=rounds.edges',
      'query ($after: String) { other: rounds(after: $after) { totalCount } rounds(first: 1) { pageInfo { hasNextPage endCursor } edges { cursor } } }',
      'BAD_USER_INPUT 400',
    ],
    ['format=csv&path=rounds.edges', '', 'BAD_REQUEST 400'],
    ['format=csv&path=rounds.edges', '{ rounds { nothing } }', 'GRAPHQL_VALIDATION_FAILED 400'],
    ['format=csv&path=rounds.edges', '{ rounds', 'GRAPHQL_PARSE_FAILED 400'],
    ['format=csv&path=apiKeys.edges', '{ apiKeys { edges { cursor } } }', 'AUTH_REQUIRED 401'],
    ['format=csv&path=x', 'mutation { pauseSource(key: "x") { source { key } } }', 'AUTH_REQUIRED 401'],
    ['format=csv&path=x', 'subscription { rankingUpdates(round: "R") { revision } }', 'BAD_REQUEST 400'],
    ['format=csv&path=ranking.edges', '{ ranking(round: "NONE") { edges { cursor } } }', 'NOT_FOUND 404'],
    [
      'format=csv&path=a.edges',
      '{ a: rounds { edges { cursor } } b: ranking(round: "NONE") { totalCount } }',
      'NOT_FOUND 404',
    ],
    [
      'format=csv&path=entities.edges',
      '{ entities(first: 1000) { edges { node { scores(round: "PROVINCE-2022") { entity { scores(round: "PROVINCE-2022") { rank } } } } } } }',
      'QUERY_TOO_COSTLY 400',
    ],
  ])('is judged as everywhere: %s %s', async (search, query, failure) => {
    expect(await failureOf(await fetchFile(...post(search, query)))).toBe(failure);
  });

  it('must be on the list where only trusted documents are answered', async () => {
    const trusted = new TrustedDocuments(new Map([['rounds', '{ rounds { edges { node { code } } } }']]), true);
    const { fetchOther } = await start({ trusted });
    expect(
      await failureOf(await fetchOther(...post('format=csv&path=rounds.edges', '{ rounds { edges { cursor } } }'))),
    ).toBe('DOCUMENT_NOT_TRUSTED 403');
    const rows = await readCsv(await fetchOther('../export?format=csv&path=rounds.edges&documentId=rounds'));
    expect(rows[0]).toMatchObject({ code: expect.any(String), simulated: 'true' });
    expect((await fetchOther('ranking.csv?round=PROVINCE-2022')).status).toBe(200);
  });
});

describe('limits', () => {
  it('refuses more exports of a client at a time than are allowed, and forgets those that ended', async () => {
    const { fetchOther, url } = await start({ maxExportsPerClient: 1 });
    // More than fits between two processes, so that it goes on for as long as nobody reads it.
    const slow = await fetchOther('observations.csv');
    expect(slow.status).toBe(200);
    expect(await failureOf(await fetchOther('ranking.csv?round=PROVINCE-2022'))).toBe('TOO_MANY_OPERATIONS 429');
    await slow.body?.cancel();
    await expect.poll(async () => (await readMetrics(url)).value('dti_exports_active')).toBe(0);
    expect((await fetchOther('ranking.csv?round=PROVINCE-2022')).status).toBe(200);
    const { value } = await readMetrics(url);
    expect(value('dti_exports_total', { table: 'ranking', format: 'csv', outcome: 'ok' })).toBe(1);
  });

  it('keeps no place for who goes before it is known who asks', async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const authenticate = async () => {
      asked.resolve();
      await gate.promise;
      return NOT_SIGNED_IN;
    };
    const authenticator = { authenticate, findRevoked: async () => [] } as unknown as Authenticator;
    const { fetchOther, url } = await start({ authenticator: () => authenticator, maxExportsPerClient: 1 });
    const going = new AbortController();
    const lost = fetchOther('ranking.csv?round=PROVINCE-2022', {
      headers: { authorization: 'Bearer a.b.c' },
      signal: going.signal,
    });
    await asked.promise;
    going.abort();
    await expect(lost).rejects.toThrow();
    // The server has heard of it when it has answered a later request.
    await readMetrics(url);
    gate.resolve();
    await readMetrics(url);
    expect((await fetchOther('ranking.csv?round=PROVINCE-2022')).status).toBe(200);
    await expect.poll(async () => (await readMetrics(url)).value('dti_exports_active')).toBe(0);
  });

  it('sends large files as they are made, whole, and the same again', async () => {
    const first = await fetchFile('observations.csv?first=12000');
    expect([first.headers.get('content-length'), first.headers.get('etag')]).toEqual([
      null,
      expect.stringMatching(/^W\/"/),
    ]);
    const body = await first.text();
    expect(parse(body)).toHaveLength(1 + 12_000);
    const again = await fetch(`${shared.url}${first.headers.get('content-location')}`);
    expect([await again.text(), again.headers.get('etag')]).toEqual([body, first.headers.get('etag')]);
    const known = await fetchFile('observations.csv?first=12000', {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect(known.status).toBe(304);
  });

  it('reads no further when the client goes', async () => {
    const { fetchOther, url } = await start({});
    const response = await fetchOther('observations.csv');
    await response.body?.cancel();
    const outcome = async () =>
      (await readMetrics(url)).value('dti_exports_total', { table: 'observations', format: 'csv', outcome: 'cut' });
    await expect.poll(outcome).toBe(1);
    const read = async () =>
      (await readMetrics(url)).value('dti_operations_total', { transport: 'export', kind: 'query', outcome: 'ok' });
    const count = await read();
    expect(count).toBeLessThan(21);
    expect(await read()).toBe(count);
    expect((await readMetrics(url)).value('dti_exports_active')).toBe(0);
  });

  it('ends what a client takes a trickle of, says so, and gives its place to others', async () => {
    const { url, log } = await start({ exportPace: { bytes: 10_000_000, overMs: 500 }, logLevel: 'info' });
    const { hostname, port } = new URL(url);
    const reader = connect({ host: hostname, port: Number(port) });
    onTestFinished(() => void reader.destroy());
    // The name is cited in each of 7,000 rows: twice that is more than the buffers between the two take.
    const source = `query ${'Long'.repeat(64)} { entities(first: 63, filter: { codeSystem: { eq: "GSO-2004" } }) { edges { node { code scores(round: "PROVINCE-2022") { rank } } } } }`;
    const search = new URLSearchParams({ format: 'csv', path: 'entities.edges.node.scores', query: source });
    reader.on('error', () => undefined);
    await once(reader, 'connect');
    reader.pause();
    const trickle = setInterval(() => void reader.read(100), 10);
    onTestFinished(() => clearInterval(trickle));
    reader.write(`GET /export?${search} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(3));
    const active = async () => (await readMetrics(url)).value('dti_exports_active');
    const cut = async () =>
      (await readMetrics(url)).value('dti_exports_total', { table: 'query', format: 'csv', outcome: 'cut' });
    await expect.poll(cut).toBeGreaterThan(0);
    await expect.poll(active).toBe(0);
    const said = log.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'an export was cut off');
    expect(said).toMatchObject({ path: '/export', reason: expect.stringContaining('took less than') });
  });

  it.each([
    ['a client that takes enough', { ready: 60, taken: 1000 }, 0],
    ['a client that takes less', { ready: 60, taken: 999 }, 1],
    ['what the server itself is slow with', { ready: 59, taken: 0 }, 0],
  ])('counts the time in which something is ready: %s', (_, { ready, taken }, cuts) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const outlet = { bytesWritten: 5000, writableLength: 500 };
    let [looks, cut] = [0, 0];
    const isReady = () => {
      looks += 1;
      return looks <= ready;
    };
    const end = watchPace({ bytes: 1000, overMs: 60_000 }, outlet, isReady, () => (cut += 1));
    outlet.bytesWritten += taken + 700;
    outlet.writableLength += 700;
    vi.advanceTimersByTime(119_000);
    expect(cut).toBe(cuts);
    end();
    vi.advanceTimersByTime(600_000);
    expect([looks, cut]).toEqual([119, cuts]);
  });

  it('counts what an export costs: refuses it at first, and waits for more afterwards', async () => {
    // So that nothing comes back meanwhile, however long the exports take.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { fetchOther } = await start({ costLimitPerMinute: 60_000 });
    const first = await fetchOther('scores.csv?round=PROVINCE-2022&kind=PILLAR');
    expect([first.status, (await readCsv(first)).length]).toEqual([200, 189]);
    const again = [];
    for (let time = 0; time < 5; time += 1) again.push(await fetchOther('scores.csv?round=PROVINCE-2022&kind=PILLAR'));
    const last = again.at(-1);
    expect(last && (await failureOf(last))).toBe('RATE_LIMITED 429');
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('docs/exporting.md', () => {
  const TEXT = readFileSync('docs/exporting.md', 'utf8');
  const hasCurl = spawnSync('curl', ['--version']).status === 0;

  it.skipIf(!hasCurl)('has lines that all give something', async () => {
    const blocks = [...TEXT.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
    expect(blocks.length).toBe(3);
    const folder = await mkdtemp(join(tmpdir(), 'dti-export-'));
    try {
      for (const block of blocks) {
        const script = block
          .replaceAll('http://localhost:4000', shared.url)
          .replaceAll('curl ', 'curl --fail --silent --show-error ');
        const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder });
        expect(stdout.split('\n').length).toBeGreaterThan(5);
      }
      expect((await readdir(folder)).toSorted()).toEqual([
        expect.stringMatching(/^dti-PROVINCE-2022-INDEX-ranking-r\d+\.xlsx$/),
        'figures.parquet',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('names every column, option and format', async () => {
    const [, scores = '', observations = ''] = TEXT.split(/\n\| column \| of /);
    const namesIn = (section: string) =>
      [...(section.split('\n\n')[0] ?? '').matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
        cell.replaceAll('`', '').split(', '),
      );
    const headerOf = async (path: string) => (parse(await (await fetchFile(path)).text())[0] as string[]).toSorted();
    expect(namesIn(scores).toSorted()).toEqual(await headerOf('ranking.csv?round=PROVINCE-2022&first=0'));
    expect(namesIn(observations).toSorted()).toEqual(await headerOf('observations.csv?first=0'));
    for (const name of [...OPTION_NAMES, ...Object.keys(FORMATS)]) expect(TEXT).toContain(`| \`${name}\` |`);
  });
});
