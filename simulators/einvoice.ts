import type { Credentials } from './credentials.js';
import { type Endpoint, MAX_PAGE_SIZE, parseWhole, USED_ONCE_MS, type WireAnswer } from './exchange.js';
import { UsedOnce } from './gate.js';
import { cutPage, type Simulation, type StatisticsRow } from './simulation.js';
import {
  checkUsernameToken,
  childNode,
  childText,
  escapeXml,
  parseEnvelope,
  type SoapFault,
  soapAnswer,
  soapFault,
  type XmlNode,
} from './soap.js';

const OPERATION = 'GetAdoptionStatistics';

function element(name: string, text: string | number): string {
  return `<einv:${name}>${escapeXml(String(text))}</einv:${name}>`;
}

function rowElement(row: StatisticsRow): string {
  const counts = Object.entries(row.counts).map(([name, count]) => element(name, count));
  const province = `<einv:Province codeSystem="${row.codeSystem}" code="${row.code}"/>`;
  const content = [province, element('Month', row.period), ...counts, element('PublishedAt', row.publishedAt)];
  return `<einv:Row sequence="${row.sequence}" status="${row.status}">${content.join('')}</einv:Row>\n`;
}

function answerStatistics(simulation: Simulation, operation: XmlNode): WireAnswer {
  const fault = (code: SoapFault['code'], message: string): WireAnswer => soapFault({ code, message });
  const number = (name: string): number | null =>
    parseWhole(childText(operation, name) ?? '', 0, Number.MAX_SAFE_INTEGER);
  const [after, page, size] = [number('ChangedAfter'), number('PageNumber'), number('PageSize')];
  if (after === null || page === null || size === null)
    return fault('REQUEST_INVALID', 'ChangedAfter, PageNumber and PageSize must be whole numbers.');
  if (page < 1 || size < 1 || size > MAX_PAGE_SIZE)
    return fault('PAGE_INVALID', `PageNumber begins at 1, PageSize is 1 to ${MAX_PAGE_SIZE}.`);
  const resultSet = childText(operation, 'ResultSet') ?? String(simulation.sequence);
  const sequence = parseWhole(resultSet, 0, Number.MAX_SAFE_INTEGER);
  if (sequence === null || !simulation.hasResultSet(sequence))
    return fault('RESULT_SET_EXPIRED', 'The result set is unknown; begin again at page 1 without it.');
  const rows = simulation.rows('einvoice', sequence);
  const cut = cutPage(rows, { after, offset: (page - 1) * size, limit: size });
  const head = [
    element('ResultSet', resultSet),
    element('HighestSequence', sequence),
    element('TotalCount', cut.total),
    element('PageCount', Math.ceil(cut.total / size)),
    element('PageNumber', page),
    element('PageSize', size),
  ];
  const content = `\n${head.join('')}\n<einv:Rows>\n${cut.rows.map(rowElement).join('')}</einv:Rows>\n`;
  return soapAnswer(`<einv:${OPERATION}Response>${content}</einv:${OPERATION}Response>`);
}

/** The tax authority's endpoint: SOAP 1.1, described in connectors/einvoice/README.md. */
export function einvoiceEndpoint(simulation: Simulation, known: Credentials['einvoice'], now: () => Date): Endpoint {
  const nonces = new UsedOnce(USED_ONCE_MS);
  return (request, refusal) => {
    const fault = (code: SoapFault['code'], message: string): WireAnswer => soapFault({ code, message });
    if (refusal === 'unauthorised') return fault('AUTH_FAILED', 'User name or password digest is wrong.');
    if (refusal === 'busy') return fault('BUSY', 'The service is overloaded; try again later.');
    const envelope = parseEnvelope(request.body);
    if (envelope === null) return fault('REQUEST_INVALID', 'The message is not a SOAP envelope.');
    const denied = checkUsernameToken(envelope.header, known, nonces, now());
    if (denied !== null) return soapFault(denied);
    const action = (request.headers.soapaction ?? '').replaceAll('"', '');
    const operation = childNode(envelope.body, `${OPERATION}Request`);
    if (action !== OPERATION || operation === null)
      return fault('OPERATION_UNKNOWN', `The only operation is ${OPERATION}.`);
    return answerStatistics(simulation, operation);
  };
}
