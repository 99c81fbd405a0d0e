import { createHmac } from 'node:crypto';
import type { Credentials } from './credentials.js';
import { type Endpoint, isTimely, jsonAnswer, MAX_PAGE_SIZE, USED_ONCE_MS, type WireAnswer } from './exchange.js';
import { isSameText, UsedOnce } from './gate.js';
import { type LinkageRow, linkageRows } from './linkage.js';
import { cutPage, type RowPage, type Simulation, type StatisticsRow } from './simulation.js';

const MESSAGES = {
  '00': 'Success',
  '01': 'Bad signature or unknown consumer',
  '02': 'Duplicate request id',
  '03': 'Timestamp outside the accepted window',
  '10': 'Unknown service',
  '11': 'Malformed request',
  '12': 'Unknown result set',
  '20': 'Busy, try later',
  '99': 'System error',
} as const;

type ResultCode = keyof typeof MESSAGES;
type FlatBody = Readonly<Record<string, string | number>>;

interface Envelope {
  readonly requestId: string;
  readonly serviceCode: string;
  readonly consumerCode: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: FlatBody;
}

function answer(code: ResultCode, data: object | null = null): WireAnswer {
  return jsonAnswer(200, { code, message: MESSAGES[code], data });
}

/**
 * The text that a request is signed over: request id, service, consumer, timestamp, and the body as JSON with ascending keys, one a line.
 * @see connectors/population/README.md, which has a check value
 */
export function canonicalRequest(envelope: Omit<Envelope, 'signature'>): string {
  const body = Object.fromEntries(Object.entries(envelope.body).sort(([left], [right]) => (left < right ? -1 : 1)));
  const { requestId, serviceCode, consumerCode, timestamp } = envelope;
  return [requestId, serviceCode, consumerCode, timestamp, JSON.stringify(body)].join('\n');
}

/** Signs a request: HMAC-SHA256 in lower-case hexadecimal. */
export function signRequest(envelope: Omit<Envelope, 'signature'>, secretKey: string): string {
  return createHmac('sha256', secretKey).update(canonicalRequest(envelope)).digest('hex');
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []);
}

function parseEnvelope(text: string): Envelope | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  const fields = fieldsOf(parsed);
  const word = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' && !/[\n\r]/.test(value) ? value : '';
  };
  const sent = fields.get('body');
  const body: Record<string, string | number> = {};
  for (const [name, value] of fieldsOf(sent)) {
    if (typeof value !== 'string' && !Number.isSafeInteger(value)) return null;
    body[name] = typeof value === 'string' ? value : Number(value);
  }
  const envelope = {
    requestId: word('requestId'),
    serviceCode: word('serviceCode'),
    consumerCode: word('consumerCode'),
    timestamp: word('timestamp'),
    signature: word('signature'),
    body,
  };
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(envelope.requestId);
  return isUuid && typeof sent === 'object' && sent !== null && !Array.isArray(sent) ? envelope : null;
}

/** The bus writes periods without a hyphen. */
function compact(period: string): string {
  return period.replace('-', '');
}

function statisticsRow(row: StatisticsRow): object {
  const { codeSystem, code, period, sequence, status, publishedAt, counts } = row;
  const head = { areaCodeSystem: codeSystem, areaCode: code, period: compact(period), sequence, status, publishedAt };
  return { ...head, ...counts };
}

function linkageRow(simulation: Simulation, row: LinkageRow): object {
  const { recordsTotal, recordsMatched, connectedOn, ...head } = row;
  const running = row.status === 'PROVISIONAL';
  const publishedAt = simulation.publishedAt({ period: row.period, running }, row.sequence);
  return { ...head, period: compact(row.period), publishedAt, recordsTotal, recordsMatched, connectedOn };
}

function answerService(simulation: Simulation, service: string, body: FlatBody): WireAnswer {
  const whole = (name: string, fallback: number, low: number, high: number): number | null => {
    const value = body[name] ?? fallback;
    return typeof value === 'number' && value >= low && value <= high ? value : null;
  };
  const after = whole('updatedAfter', 0, 0, Number.MAX_SAFE_INTEGER);
  const page = whole('page', 1, 1, Number.MAX_SAFE_INTEGER);
  const size = whole('size', 100, 1, MAX_PAGE_SIZE);
  if (after === null || page === null || size === null) return answer('11');
  const resultSet = String(body.resultSet ?? simulation.sequence);
  const sequence = /^\d+$/.test(resultSet) ? Number(resultSet) : -1;
  if (!simulation.hasResultSet(sequence)) return answer('12');
  const cut = { after, offset: (page - 1) * size, limit: size };
  let part: RowPage<object>;
  if (service === 'POPULATION_STATISTICS') {
    const { total, rows } = cutPage(simulation.rows('population', sequence), cut);
    part = { total, rows: rows.map(statisticsRow) };
  } else if (service === 'LINKAGE_REPORT') {
    const { total, rows } = cutPage(linkageRows(simulation.baseline, simulation.state.epoch), cut);
    part = { total, rows: rows.map((row) => linkageRow(simulation, row)) };
  } else {
    return answer('10');
  }
  const { total, rows } = part;
  const pages = Math.ceil(total / size);
  return answer('00', { resultSet, highestSequence: sequence, total, pages, page, size, rows });
}

/** The population database behind the bus: always HTTP 200, a code inside; described in connectors/population/README.md. */
export function populationEndpoint(
  simulation: Simulation,
  known: Credentials['population'],
  now: () => Date,
): Endpoint {
  const requestIds = new UsedOnce(USED_ONCE_MS);
  return (request, refusal) => {
    const envelope = parseEnvelope(request.body);
    if (envelope === null) return answer('11');
    const isKnown = isSameText(envelope.consumerCode, known.consumerCode);
    const isSigned = isSameText(envelope.signature, signRequest(envelope, known.secretKey));
    if (!isKnown || !isSigned || refusal === 'unauthorised') return answer('01');
    if (!isTimely(envelope.timestamp, now())) return answer('03');
    if (!requestIds.take(envelope.requestId.toLowerCase(), now().getTime())) return answer('02');
    if (refusal === 'busy') return answer('20');
    return answerService(simulation, envelope.serviceCode, envelope.body);
  };
}
