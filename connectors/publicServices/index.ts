import {
  type Checkpoint,
  type Connector,
  type ConnectorContext,
  type Cursor,
  defineConnector,
  type ResponseVerdict,
  type SourcePage,
  type SourceResponse,
} from '../../src/domain/connector.js';
import { DEFAULT_BOUNDS } from '../../src/source/bounds.js';
import { requireSecret } from '../../src/source/context.js';
import { syncFailure } from '../../src/source/failure.js';
import { parseJson } from '../../src/source/json.js';
import { createTokenProvider } from '../../src/source/oauth.js';
import { judgeParsed } from '../../src/source/verdict.js';
import { MINISTRY, PROVINCE, parseStatistics } from './parse.js';

const PATH = '/v1/statistics';
const GONE = 410;

/** Asks for one page; the query says which. */
type Ask = (query: Readonly<Record<string, string>>) => Promise<SourceResponse>;

function openPortal({ http, settings, now }: ConnectorContext): Ask {
  const token = createTokenProvider({
    http,
    now,
    tokenPath: '/oauth/token',
    clientId: requireSecret(settings, 'clientId'),
    clientSecret: requireSecret(settings, 'clientSecret'),
  });
  return async (query) => {
    const response = await http.send(
      async () => ({
        method: 'GET',
        path: PATH,
        query,
        headers: { accept: 'application/json', authorization: `Bearer ${await token()}` },
      }),
      judge,
    );
    if (response.status !== GONE) return response;
    throw syncFailure(
      'SYNC_TRANSIENT',
      'The portal was rebuilt while it was read (CURSOR_EXPIRED). Start the run again.',
    );
  };
}

/** An expired cursor is no use to repeat: the whole run begins again. */
function judge(response: SourceResponse): ResponseVerdict {
  return response.status === GONE ? { kind: 'ok' } : judgeParsed(parseJson)(response);
}

async function* read(
  context: ConnectorContext,
  cursor: Cursor | null,
  checkpoint: Checkpoint | null,
  pageSize: number,
): AsyncIterable<SourcePage> {
  const ask = openPortal(context);
  const begun = checkpoint?.cursor;
  let position: Record<string, string> =
    typeof begun === 'string' ? { cursor: begun } : { updatedAfter: String(cursor?.updatedAfter ?? 0) };
  for (;;) {
    const query = { ...position, limit: String(pageSize) };
    const response = await ask(query);
    const { rows, nextCursor, total, highestSequence } = parseStatistics(response.body);
    yield {
      request: `GET ${PATH}?${new URLSearchParams(query)}`,
      response,
      rows,
      declaredTotal: total,
      stopReason: nextCursor === null ? 'no next cursor' : null,
      cursor: nextCursor === null ? { updatedAfter: highestSequence } : null,
      checkpoint: nextCursor === null ? null : { cursor: nextCursor },
    };
    if (nextCursor === null) return;
    position = { cursor: nextCursor };
  }
}

/**
 * Makes the connector of the National Public Service Portal.
 * @param pageSize items of a page, 1 to 500
 */
export function createPublicServices(pageSize = 500): Connector {
  return defineConnector({
    spec: {
      key: 'public_services',
      version: 1,
      name: { vi: 'Cổng Dịch vụ công quốc gia', en: 'National Public Service Portal' },
      owner: 'Office of the Government',
      kind: 'NATIONAL_DATABASE',
      citation:
        'Simulated public service statistics of the DTI demonstration, modelled on the measurements of Decision 766/QĐ-TTg of 2022',
      licence: 'Apache-2.0',
      simulated: true,
      freshnessLimitSeconds: 86_400,
      secrets: ['clientId', 'clientSecret'],
      bounds: DEFAULT_BOUNDS,
    },
    async check(context) {
      const { body } = await openPortal(context)({ limit: '1' });
      return { ok: true, message: `The portal answers and offers ${parseStatistics(body).total} items.` };
    },
    streams: [
      {
        name: 'statistics',
        feeds: [PROVINCE, MINISTRY].map(({ frameworkCode, ratios }) => ({
          frameworkCode,
          indicatorCodes: ratios.map(({ indicatorCode }) => indicatorCode),
        })),
        incremental: true,
        read: (context, cursor, checkpoint = null) => read(context, cursor, checkpoint, pageSize),
      },
    ],
  });
}

/** The National Public Service Portal. */
export const publicServices = createPublicServices();
