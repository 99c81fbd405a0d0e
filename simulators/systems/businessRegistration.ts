import { randomUUID } from 'node:crypto';
import { jsonAnswer, parseWhole, type WireAnswer } from '../exchange.js';
import { isSameText } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const INDICATOR = 'ECO_ACTIVITY.02';
const MAX_PAGE_SIZE = 300;
const SERVICE = 'VN-TEST/GOV/MPI-0105/dkkd/enterprise-statistics';
/** The member under which clients are registered; the subsystem is what must not be known. */
const MEMBER = 'VN-TEST/GOV/MOST-0401';

/** The business registration system behind an X-Road security server: REST, r1. Described in connectors/business_registration/README.md. */
export const businessRegistration: SystemSimulator = {
  key: 'business_registration',
  secrets: ['subsystem'],
  grain: 'quarter',
  refuse: (refusal) =>
    refusal === 'busy'
      ? fault(500, 'Server.ServerProxy.ServiceFailed.HttpError', 'The provider does not answer.')
      : refuseClient(),
  routes: (context) => [
    {
      method: 'GET',
      path: '/r1/VN-TEST/GOV/MPI-0105/dkkd/:service/v1/digital-enterprises',
      handle: (request) => passOn(request, context),
    },
  ],
};

/** What the security servers do before and after the service. */
function passOn(request: SystemRequest, context: SystemContext): WireAnswer {
  const { headers, params } = request;
  const { 'x-road-client': client = '', 'x-road-id': id = randomUUID() } = headers;
  if (client === '') return fault(400, 'Client.BadRequest', 'The header X-Road-Client is missing.');
  if (!isSameText(client, `${MEMBER}/${context.secrets.subsystem}`)) return refuseClient();
  if (!SERVICE.endsWith(`/${params.service}`))
    return fault(500, 'Server.ServerProxy.UnknownService', `Unknown service: ${params.service}`);
  const answer = serve(request, context);
  const road = { 'x-road-client': client, 'x-road-service': SERVICE, 'x-road-id': id };
  return { ...answer, headers: { ...answer.headers, ...road, 'x-road-request-id': randomUUID() } };
}

function refuseClient(): WireAnswer {
  return fault(500, 'Server.ServerProxy.AccessDenied', `Request is not allowed: SERVICE:${SERVICE}`);
}

/** An error of a security server: it has a header of its own, and mostly 500 whoever is to blame. */
function fault(status: number, type: string, message: string): WireAnswer {
  return jsonAnswer(status, { type, message, detail: randomUUID() }, { 'x-road-error': type });
}

/** What the registry itself says; its errors pass through as they are. */
function serve({ query }: SystemRequest, { rows, sequence, hasSequence }: SystemContext): WireAnswer {
  const whole = (name: string, otherwise: number, high = Number.MAX_SAFE_INTEGER): number | null =>
    parseWhole(query.get(name) ?? String(otherwise), 0, high);
  const [after, asOf, from] = [whole('changedAfter', 0), whole('asOf', sequence()), whole('from', 0)];
  const limit = whole('limit', 100, MAX_PAGE_SIZE);
  if (after === null || asOf === null || from === null || limit === null || limit === 0)
    return jsonAnswer(400, { error: { code: 'PARAMETER', message: `limit is 1 to ${MAX_PAGE_SIZE}.` } });
  if (!hasSequence(asOf)) return jsonAnswer(410, { error: { code: 'STATE_GONE', message: 'Begin again.' } });
  const changed = rows(asOf).filter((row) => row.sequence > after);
  const end = from + limit;
  return jsonAnswer(200, {
    statistics: changed.slice(from, end).map(describe),
    count: changed.length,
    lastChange: asOf,
    // Relative: the registry does not know the address of the security server that the client talks to.
    next: end < changed.length ? `?changedAfter=${after}&asOf=${asOf}&from=${end}&limit=${limit}` : null,
  });
}

function describe(row: SystemRow): object {
  const [perThousand] = sidesOf(row, INDICATOR);
  return {
    area: { scheme: row.codeSystem, code: row.code },
    quarter: row.period,
    digitalEnterprisesPerThousand: perThousand,
    provisional: row.status === 'PROVISIONAL',
    releasedAt: row.publishedAt,
  };
}
