import {
  type Checkpoint,
  type Connector,
  type ConnectorContext,
  type Cursor,
  defineConnector,
  type SourcePage,
  type SourceResponse,
} from '../../src/domain/connector.js';
import { DEFAULT_BOUNDS } from '../../src/source/bounds.js';
import { requireSecret } from '../../src/source/context.js';
import { syncFailure } from '../../src/source/failure.js';
import { canonicalJson } from '../../src/source/hash.js';
import { freshRequestId, signLines } from '../../src/source/sign.js';
import {
  judgeStatistics,
  LINKED_RATIOS,
  MINISTRY,
  PROVINCE,
  parseLinkageReport,
  parseStatistics,
  readLinkages,
  readResultCode,
  type StatisticsPage,
} from './parse.js';

const PATH = '/gateway';
const STATISTICS = 'POPULATION_STATISTICS';
const LINKAGE = 'LINKAGE_REPORT';
const RESULT_SET_EXPIRED = '12';

/** Flat, as the signature needs it. */
type MessageBody = Readonly<Record<string, string | number>>;

/** Writes a signed message. The bus accepts an id once, so that every attempt needs a new one. */
function writeMessage({ settings, now }: ConnectorContext, serviceCode: string, body: MessageBody): string {
  const requestId = freshRequestId();
  const consumerCode = requireSecret(settings, 'consumerCode');
  const timestamp = now().toISOString();
  const lines = [requestId, serviceCode, consumerCode, timestamp, canonicalJson(body)];
  const signature = signLines(requireSecret(settings, 'secretKey'), lines);
  return JSON.stringify({ requestId, serviceCode, consumerCode, timestamp, signature, body });
}

async function ask(context: ConnectorContext, service: string, body: MessageBody): Promise<SourceResponse> {
  const response = await context.http.send(
    () => ({
      method: 'POST',
      path: PATH,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: writeMessage(context, service, body),
    }),
    judgeStatistics,
  );
  if (readResultCode(response.body) !== RESULT_SET_EXPIRED) return response;
  throw syncFailure(
    'SYNC_TRANSIENT',
    'The database was rebuilt while it was read (result code 12). Start the run again.',
  );
}

/** One service of the bus and how its pages are read. */
interface Service {
  readonly code: string;
  parse(body: string): StatisticsPage;
}

async function* read(
  service: Service,
  context: ConnectorContext,
  cursor: Cursor | null,
  checkpoint: Checkpoint | null,
  size: number,
): AsyncIterable<SourcePage> {
  const updatedAfter = Number(cursor?.updatedAfter ?? 0);
  let resultSet = typeof checkpoint?.resultSet === 'string' ? checkpoint.resultSet : null;
  for (let number = Number(checkpoint?.next ?? 1); ; number += 1) {
    const body: MessageBody = { page: number, size, updatedAfter, ...(resultSet === null ? {} : { resultSet }) };
    const response = await ask(context, service.code, body);
    const page = service.parse(response.body);
    if (page.page !== number || (resultSet ?? page.resultSet) !== page.resultSet) {
      const received = `page ${page.page} of result set ${page.resultSet}`;
      throw syncFailure('SYNC_PROTOCOL', `Asked for page ${number} of result set ${resultSet}, received ${received}.`);
    }
    resultSet = page.resultSet;
    const isLast = number >= page.pages;
    yield {
      request: `POST ${PATH} ${service.code} updatedAfter=${updatedAfter} page=${number} size=${size}`,
      response,
      rows: page.rows,
      declaredTotal: page.total,
      stopReason: isLast ? `page ${number} of ${page.pages}` : null,
      cursor: isLast ? { updatedAfter: page.highestSequence } : null,
      checkpoint: isLast ? null : { next: number + 1, resultSet },
    };
    if (isLast) return;
  }
}

/**
 * Makes the connector of the population database's statistics.
 * @param pageSize rows of a page, 1 to 500
 */
export function createPopulation(pageSize = 500): Connector {
  return defineConnector({
    spec: {
      key: 'population',
      version: 2,
      name: { vi: 'Cơ sở dữ liệu quốc gia về dân cư', en: 'National Population Database' },
      owner: { vi: 'Bộ Công an', en: 'Ministry of Public Security' },
      kind: 'NATIONAL_DATABASE',
      citation: {
        vi: 'Thống kê mô phỏng của Cơ sở dữ liệu quốc gia về dân cư, phục vụ trình diễn DTI, theo mẫu thông điệp yêu cầu và trả lời của NDXP',
        en: 'Simulated population database statistics of the DTI demonstration, modelled on NDXP request and response messages',
      },
      licence: 'Apache-2.0',
      simulated: true,
      freshnessLimitSeconds: 86_400,
      secrets: ['consumerCode', 'secretKey'],
      bounds: DEFAULT_BOUNDS,
    },
    async check(context) {
      const { body } = await ask(context, STATISTICS, { page: 1, size: 1, updatedAfter: 0 });
      return { ok: true, message: `The bus answers, and ${STATISTICS} offers ${parseStatistics(body).total} rows.` };
    },
    streams: [
      {
        name: 'statistics',
        feeds: [PROVINCE, MINISTRY].map(({ frameworkCode, ratios }) => ({
          frameworkCode,
          indicatorCodes: ratios.map(({ indicatorCode }) => indicatorCode),
        })),
        incremental: true,
        read: (context, cursor, checkpoint = null) =>
          read({ code: STATISTICS, parse: parseStatistics }, context, cursor, checkpoint, pageSize),
      },
      {
        name: 'linkage',
        feeds: [{ frameworkCode: PROVINCE.frameworkCode, indicatorCodes: Object.values(LINKED_RATIOS) }],
        incremental: true,
        statesLinkages: readLinkages,
        read: (context, cursor, checkpoint = null) =>
          read({ code: LINKAGE, parse: parseLinkageReport }, context, cursor, checkpoint, pageSize),
      },
    ],
  });
}

/** The statistics of the National Population Database. */
export const population = createPopulation();
