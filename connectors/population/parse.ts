import type { ResponseVerdict, SourceResponse, SourceRow } from '../../src/domain/connector.js';
import { syncFailure } from '../../src/source/failure.js';
import { describeBody, isJsonObject, memberCount, memberText, parseJson } from '../../src/source/json.js';
import { mapRatios, type RatioFields } from '../../src/source/ratios.js';
import { judgeParsed } from '../../src/source/verdict.js';

function writeRatios(mainIndex: string): readonly RatioFields[] {
  return [
    { indicatorCode: `${mainIndex}.07`, numerator: 'servicesQuerying', denominator: 'servicesNeedingCitizenData' },
    { indicatorCode: `${mainIndex}.08`, numerator: 'verificationsSuccessful', denominator: 'verificationRequests' },
  ];
}

const ACCOUNTS = { indicatorCode: 'SOC_ACTIVITY.01', numerator: 'activatedAccounts', denominator: 'adultPopulation' };
/** What provinces feed. */
export const PROVINCE = { frameworkCode: 'PDTI-922', ratios: [ACCOUNTS, ...writeRatios('GOV_ACTIVITY')] } as const;
/** What central bodies feed; they have no adults and no accounts. */
export const MINISTRY = { frameworkCode: 'MDTI-922', ratios: writeRatios('DX_ACTIVITY') } as const;

/** One page of a service. */
export interface StatisticsPage {
  readonly rows: readonly SourceRow[];
  /** Names the state that all pages are cut from. */
  readonly resultSet: string;
  readonly highestSequence: number;
  readonly total: number;
  /** 0 when there is nothing. */
  readonly pages: number;
  readonly page: number;
}

/**
 * Reads a page of POPULATION_STATISTICS.
 * @throws PlatformError SYNC_PROTOCOL when it is not one
 */
export function parseStatistics(body: string): StatisticsPage {
  const answer = parseJson(body);
  const data = isJsonObject(answer) && isJsonObject(answer.data) ? answer.data : {};
  const [highestSequence, total] = [memberCount(data, 'highestSequence'), memberCount(data, 'total')];
  const [pages, page] = [memberCount(data, 'pages'), memberCount(data, 'page')];
  const { resultSet, rows } = data;
  if (typeof resultSet !== 'string' || !Array.isArray(rows)) {
    throw syncFailure('SYNC_PROTOCOL', `Expected data with resultSet and rows, received ${describeBody(body)}.`);
  }
  if (highestSequence === null || total === null || pages === null || page === null) {
    throw syncFailure('SYNC_PROTOCOL', 'Expected highestSequence, total, pages and page as whole numbers in data.');
  }
  return { rows: rows.map(mapRow), resultSet, highestSequence, total, pages, page };
}

function mapRow(row: unknown): SourceRow {
  const codeSystem = memberText(row, 'areaCodeSystem');
  const { frameworkCode, ratios } = codeSystem === 'CENTRAL' ? MINISTRY : PROVINCE;
  const identity = {
    codeSystem,
    entityCode: memberText(row, 'areaCode'),
    frameworkCode,
    period: memberText(row, 'period')?.replace(/^(\d{4})(\d{2})$/, '$1-$2') ?? null,
    status: memberText(row, 'status'),
    publishedAt: memberText(row, 'publishedAt'),
  };
  return { raw: row, records: mapRatios(identity, ratios, (field) => memberText(row, field)) };
}

/** The result code of the bus, which stands in an answer whose status is always 200. */
export function readResultCode(body: string): string | null {
  return memberText(parseJson(body), 'code');
}

/** Says what a response means: everything but `00` is an error. */
export function judgeStatistics(response: SourceResponse): ResponseVerdict {
  return judgeParsed(parseJson, (answer): ResponseVerdict => {
    const code = memberText(answer, 'code');
    const reason = `result code ${code ?? '(none)'}: ${memberText(answer, 'message') ?? 'no message'}`;
    switch (code) {
      case '00':
      case '12':
        // 12 is the end of the run, and of no use to repeat; the caller says so.
        return { kind: 'ok' };
      case '01':
        return { kind: 'fail', code: 'SYNC_AUTH', reason };
      case '03':
        return { kind: 'refresh_auth', reason: `${reason}; compare the clocks` };
      case '02':
      case '20':
      case '99':
        return { kind: 'retry', reason };
      default:
        return { kind: 'fail', code: 'SYNC_PROTOCOL', reason };
    }
  })(response);
}
