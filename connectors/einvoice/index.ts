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
import { writeEnvelope, writeUsernameToken } from '../../src/source/soap.js';
import { FRAMEWORK, isResultSetExpired, judgeAdoption, parseAdoption, RATIOS } from './parse.js';

const NAMESPACE = 'urn:vn:gov:tax:einvoice:statistics:1';
const OPERATION = 'GetAdoptionStatistics';
const PATH = '/soap';

/** Which page to ask for. */
interface Position {
  readonly changedAfter: number;
  readonly pageNumber: number;
  /** null on the first page, which answers it. */
  readonly resultSet: string | null;
}

async function ask(context: ConnectorContext, position: Position, pageSize: number): Promise<SourceResponse> {
  const { http, settings, now } = context;
  const username = requireSecret(settings, 'username');
  const password = requireSecret(settings, 'password');
  const parameters = {
    ChangedAfter: String(position.changedAfter),
    PageNumber: String(position.pageNumber),
    PageSize: String(pageSize),
    ...(position.resultSet === null ? {} : { ResultSet: position.resultSet }),
  };
  const response = await http.send(
    () => ({
      method: 'POST',
      path: PATH,
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${OPERATION}"` },
      // Written anew for every attempt: the server accepts a nonce once.
      body: writeEnvelope({
        namespace: NAMESPACE,
        element: `${OPERATION}Request`,
        parameters,
        header: writeUsernameToken(username, password, now()),
      }),
    }),
    judgeAdoption,
  );
  if (!isResultSetExpired(response)) return response;
  throw syncFailure(
    'SYNC_TRANSIENT',
    'The database was rebuilt while it was read (RESULT_SET_EXPIRED). Start the run again.',
  );
}

async function* read(
  context: ConnectorContext,
  cursor: Cursor | null,
  checkpoint: Checkpoint | null,
  pageSize: number,
): AsyncIterable<SourcePage> {
  const changedAfter = Number(cursor?.changedAfter ?? 0);
  let resultSet = typeof checkpoint?.resultSet === 'string' ? checkpoint.resultSet : null;
  for (let pageNumber = Number(checkpoint?.next ?? 1); ; pageNumber += 1) {
    const response = await ask(context, { changedAfter, pageNumber, resultSet }, pageSize);
    const page = parseAdoption(response.body);
    if (page.pageNumber !== pageNumber || (resultSet ?? page.resultSet) !== page.resultSet) {
      const received = `page ${page.pageNumber} of result set ${page.resultSet}`;
      throw syncFailure(
        'SYNC_PROTOCOL',
        `Asked for page ${pageNumber} of result set ${resultSet}, received ${received}.`,
      );
    }
    resultSet = page.resultSet;
    const isLast = pageNumber >= page.pageCount;
    yield {
      request: `POST ${PATH} ${OPERATION} ChangedAfter=${changedAfter} PageNumber=${pageNumber} PageSize=${pageSize}`,
      response,
      rows: page.rows,
      declaredTotal: page.totalCount,
      stopReason: isLast ? `page ${pageNumber} of ${page.pageCount}` : null,
      cursor: isLast ? { changedAfter: page.highestSequence } : null,
      checkpoint: isLast ? null : { next: pageNumber + 1, resultSet },
    };
    if (isLast) return;
  }
}

/**
 * Makes the connector of the e-invoice system.
 * @param pageSize rows of a page, 1 to 500
 */
export function createEinvoice(pageSize = 500): Connector {
  return defineConnector({
    spec: {
      key: 'einvoice',
      version: 1,
      name: { vi: 'Hệ thống hóa đơn điện tử', en: 'Electronic invoice system' },
      owner: 'Tax Department, Ministry of Finance',
      kind: 'NATIONAL_DATABASE',
      citation:
        'Simulated e-invoice adoption statistics of the DTI demonstration, modelled on Decree 123/2020/NĐ-CP and Circular 78/2021/TT-BTC',
      licence: 'Apache-2.0',
      simulated: true,
      freshnessLimitSeconds: 86_400,
      secrets: ['username', 'password'],
      bounds: DEFAULT_BOUNDS,
    },
    async check(context) {
      const { body } = await ask(context, { changedAfter: 0, pageNumber: 1, resultSet: null }, 1);
      return { ok: true, message: `The e-invoice system answers and offers ${parseAdoption(body).totalCount} rows.` };
    },
    streams: [
      {
        name: 'adoption',
        feeds: [{ frameworkCode: FRAMEWORK, indicatorCodes: RATIOS.map(({ indicatorCode }) => indicatorCode) }],
        incremental: true,
        read: (context, cursor, checkpoint = null) => read(context, cursor, checkpoint, pageSize),
      },
    ],
  });
}

/** The e-invoice system of the Tax Department. */
export const einvoice = createEinvoice();
