import {
  type Connector,
  type ConnectorContext,
  defineConnector,
  type MappedRecord,
  type ResponseVerdict,
  type SourcePage,
  type SourceResponse,
  type SourceRow,
  type StreamRules,
} from '../../../src/domain/connector.js';
import { DEFAULT_BOUNDS } from '../../../src/source/bounds.js';
import { syncFailure } from '../../../src/source/failure.js';
import { isJsonObject, type JsonObject, memberText, parseJson } from '../../../src/source/json.js';
import { normaliseName } from '../../../src/source/map/entityName.js';
import { judgeParsed } from '../../../src/source/verdict.js';

/** What an answer of the example source says. */
export interface ExampleAnswer {
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  readonly next: number | null;
  readonly items: readonly unknown[];
}

/** The steps of the connector, each of which a mutant does wrong. */
export interface ExampleParts {
  readonly rules: StreamRules;
  readonly bounds: typeof DEFAULT_BOUNDS;
  judge(response: SourceResponse): ResponseVerdict;
  parse(response: SourceResponse): ExampleAnswer;
  rowsOf(items: readonly unknown[], mapRow: (item: unknown) => SourceRow): readonly SourceRow[];
  entityOf(item: JsonObject): string;
  periodOf(item: JsonObject): string;
  numberOf(item: JsonObject, field: string): string | null;
  nextOf(answer: ExampleAnswer, page: number): number | null;
  totalOf(answer: ExampleAnswer, rowsSoFar: number): number | null;
  checkpointOf(next: number): number;
  /** The last word about a page before the runtime gets it. */
  finish(page: SourcePage, context: ConnectorContext): SourcePage;
  /** Hides the token of the session. */
  hide(context: ConnectorContext, token: string): void;
}

const CODES: Readonly<Record<string, string>> = { 'hà nội': '01', 'đà nẵng': '48', 'quảng ninh': '22', 'cà mau': '96' };
const STATUSES: Readonly<Record<string, 'A' | 'P'>> = { FINAL: 'A', PROVISIONAL: 'P' };
const HOURS_OF_VIETNAM = 7;

/** The connector as it should be. */
export const CORRECT: ExampleParts = {
  rules: {},
  bounds: { ...DEFAULT_BOUNDS, maxPages: 100 },
  judge: judgeParsed(parseJson),
  parse: (response) => readAnswer(parseJson(response.body)),
  rowsOf: (items, mapRow) => items.map(mapRow),
  entityOf: (item) => CODES[normaliseName(memberText(item, 'province') ?? '')] ?? 'unknown',
  periodOf: (item) => {
    const time = Date.parse(memberText(item, 'reportedAt') ?? '');
    return Number.isNaN(time) ? 'unknown' : new Date(time + HOURS_OF_VIETNAM * 3_600_000).toISOString().slice(0, 7);
  },
  numberOf: memberText,
  nextOf: ({ next }) => next,
  totalOf: ({ total }) => total,
  checkpointOf: (next) => next,
  finish: (page) => page,
  hide: (context, token) => context.http.hide(token),
};

/** Makes a connector of the example source from its parts. */
export function createExample(parts: ExampleParts, pageSize = 100): Connector {
  return defineConnector({
    spec: {
      ...{ key: 'example', version: 1, name: { vi: 'Ví dụ', en: 'Example' }, owner: 'Test', kind: 'NATIONAL_DATABASE' },
      ...{ citation: 'None', licence: 'None', simulated: true, freshnessLimitSeconds: null, secrets: ['apiKey'] },
      bounds: parts.bounds,
    },
    check: async () => ({ ok: true, message: 'not asked' }),
    streams: [
      {
        name: 'figures',
        feeds: [],
        incremental: false,
        rules: parts.rules,
        read: (context, _cursor, checkpoint) => read(parts, context, pageSize, Number(checkpoint?.next ?? 1)),
      },
    ],
  });
}

async function* read(
  parts: ExampleParts,
  context: ConnectorContext,
  size: number,
  first: number,
): AsyncGenerator<SourcePage, void> {
  const { http, settings } = context;
  let token: string | null = null;
  http.onRefreshAuth(() => {
    token = null;
  });
  const session = async (): Promise<string> => {
    if (token !== null) return token;
    const request = {
      method: 'POST' as const,
      path: '/v1/token',
      headers: { 'x-api-key': settings.secrets.apiKey ?? '' },
    };
    token = memberText(parseJson((await http.send(() => request)).body), 'access_token') ?? '';
    parts.hide(context, token);
    return token;
  };
  let rowsSoFar = 0;
  for (let page = first; ; ) {
    const query = { page: String(page), size: String(size) };
    const response = await http.send(
      async () => ({ method: 'GET', path: '/v1/figures', query, headers: { 'x-session': await session() } }),
      parts.judge,
    );
    const answer = parts.parse(response);
    const rows = parts.rowsOf(answer.items, (item) => mapRow(parts, item));
    rowsSoFar += rows.length;
    const next = parts.nextOf(answer, page);
    const request = `GET /v1/figures?page=${page}&size=${size}`;
    yield parts.finish(
      {
        ...{ request, response, rows, cursor: null },
        declaredTotal: first === 1 ? parts.totalOf(answer, rowsSoFar) : null,
        stopReason: next === null ? `page ${page} of ${answer.pages}` : null,
        checkpoint: next === null ? null : { next: parts.checkpointOf(next) },
      },
      context,
    );
    if (next === null) return;
    page = next;
  }
}

function mapRow(parts: ExampleParts, item: unknown): SourceRow {
  if (!isJsonObject(item))
    return { raw: item, records: [{ kind: 'rejected', rule: 'malformed', message: 'not an object' }] };
  const obsStatus = STATUSES[memberText(item, 'status') ?? ''];
  if (obsStatus === undefined) {
    const rejected = { kind: 'rejected' as const, rule: 'allowed', message: 'the status is unknown' };
    return { raw: item, records: [rejected, rejected] };
  }
  const common = {
    ...{
      kind: 'record' as const,
      codeSystem: 'GSO-2004',
      frameworkCode: 'PDTI-922',
      publishedAt: null,
      deleted: false,
    },
    ...{ entityCode: parts.entityOf(item), period: parts.periodOf(item), obsStatus },
  };
  const number = (field: string): string | null => parts.numberOf(item, field);
  const records: MappedRecord[] = [
    {
      ...common,
      indicatorCode: 'GOV_ACTIVITY.01',
      value: null,
      numerator: number('online'),
      denominator: number('services'),
    },
    {
      ...common,

      indicatorCode: 'GOV_ACTIVITY.02',
      value: number('satisfaction'),
      numerator: null,
      denominator: null,
    },
  ];
  return { raw: item, records };
}

/** Reads an answer as its source means it. */
export function readAnswer(data: unknown): ExampleAnswer {
  if (!isJsonObject(data) || !Array.isArray(data.items)) throw syncFailure('SYNC_PROTOCOL', 'The answer has no items.');
  const { page, pages, total, next, items } = data;
  return {
    page: Number(page),
    pages: Number(pages),
    total: Number(total),
    next: next === null ? null : Number(next),
    items,
  };
}
