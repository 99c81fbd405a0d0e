import type { ResponseVerdict, SourceResponse, SourceRow } from '../../src/domain/connector.js';
import { describeError } from '../../src/domain/errors.js';
import { syncFailure } from '../../src/source/failure.js';
import { describeBody, isJsonObject } from '../../src/source/json.js';
import { mapRatios, type RatioFields } from '../../src/source/ratios.js';
import { parseEnvelope, readFault, type SoapFault } from '../../src/source/soap.js';
import { judgeByStatus } from '../../src/source/verdict.js';
import { childElement, childList, childText } from '../../src/source/xml.js';

/** The framework that the figures feed. */
export const FRAMEWORK = 'PDTI-922';
/** Numerator and denominator of each indicator. */
export const RATIOS: readonly RatioFields[] = [
  { indicatorCode: 'ECO_ACTIVITY.08', numerator: 'EnterprisesIssuing', denominator: 'ActiveEnterprises' },
  { indicatorCode: 'ECO_ACTIVITY.09', numerator: 'HouseholdsIssuing', denominator: 'HouseholdsInScope' },
];

const EXPIRED = 'RESULT_SET_EXPIRED';

/** One page of adoption statistics. */
export interface AdoptionPage {
  readonly rows: readonly SourceRow[];
  /** Names the state that all pages are cut from. */
  readonly resultSet: string;
  readonly highestSequence: number;
  readonly totalCount: number;
  readonly pageCount: number;
  readonly pageNumber: number;
}

/**
 * Reads a page. One row is a list too.
 * @throws PlatformError SYNC_PROTOCOL when it is not a page
 */
export function parseAdoption(body: string): AdoptionPage {
  const answer = childElement(parseEnvelope(body, ['Row']), 'GetAdoptionStatisticsResponse');
  const resultSet = childText(answer, 'ResultSet');
  const rows = childElement(answer, 'Rows');
  const count = (name: string): number => {
    const text = childText(answer, name);
    if (text !== null && /^\d{1,15}$/.test(text)) return Number(text);
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected ${name} as a whole number in the response, received ${describeBody(body)}.`,
    );
  };
  if (resultSet === null || resultSet === '' || rows === null) {
    throw syncFailure('SYNC_PROTOCOL', `Expected a response with ResultSet and Rows, received ${describeBody(body)}.`);
  }
  return {
    rows: childList(rows, 'Row').map(mapRow),
    resultSet,
    highestSequence: count('HighestSequence'),
    totalCount: count('TotalCount'),
    pageCount: count('PageCount'),
    pageNumber: count('PageNumber'),
  };
}

function mapRow(row: unknown): SourceRow {
  const fields = isJsonObject(row) ? row : {};
  const province = childElement(fields, 'Province');
  const identity = {
    codeSystem: childText(province, '@codeSystem'),
    entityCode: childText(province, '@code'),
    frameworkCode: FRAMEWORK,
    period: childText(fields, 'Month'),
    status: childText(fields, '@status'),
    publishedAt: childText(fields, 'PublishedAt'),
  };
  return { raw: row, records: mapRatios(identity, RATIOS, (field) => childText(fields, field)) };
}

/** Says what a response means: faults come with status 500, whoever is to blame; from a proxy, 500 comes without XML. */
export function judgeAdoption(response: SourceResponse): ResponseVerdict {
  const byStatus = response.status === 500 ? null : judgeByStatus(response);
  if (byStatus !== null && byStatus.kind !== 'ok') return byStatus;
  let fault: SoapFault | null;
  try {
    fault = readFault(parseEnvelope(response.body, ['Row']));
  } catch (error) {
    return { kind: 'retry', reason: `status ${response.status}. ${describeError(error)}` };
  }
  if (fault === null) return judgeByStatus(response);
  const reason = `${fault.detailCode ?? fault.faultCode}: ${fault.message}`;
  switch (fault.detailCode) {
    case 'AUTH_EXPIRED':
      return { kind: 'refresh_auth', reason: `${reason} Compare the clocks` };
    case 'AUTH_REPLAY':
      return { kind: 'refresh_auth', reason };
    case 'AUTH_FAILED':
      return { kind: 'fail', code: 'SYNC_AUTH', reason };
    case EXPIRED:
      // Repeating it is of no use; the caller ends the run.
      return { kind: 'ok' };
    default:
      return fault.faultCode === 'Client' ? { kind: 'fail', code: 'SYNC_PROTOCOL', reason } : { kind: 'retry', reason };
  }
}

/** True when the database was rebuilt between two pages. */
export function isResultSetExpired(response: SourceResponse): boolean {
  return response.status === 500 && readFault(parseEnvelope(response.body, []))?.detailCode === EXPIRED;
}
