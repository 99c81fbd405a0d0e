import type { ResponseVerdict, RowRecord, SourceResponse, SourceRow } from '../../src/domain/connector.js';
import { LINKED_DATABASES, type StatedLinkage } from '../../src/domain/linkage.js';
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

/** Databases whose records an indicator counts too: the same ratio. */
export const LINKED_RATIOS: Readonly<Record<string, string>> = {
  health_insurance: 'SOC_ACTIVITY.05',
  driver_licence: 'SOC_ACTIVITY.07',
};

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
  return parsePage(body, mapRow);
}

/**
 * Reads a page of LINKAGE_REPORT. A row carries a record that is skipped by the rule `linkage`, and the figure of an indicator where one counts the same.
 * @throws PlatformError SYNC_PROTOCOL when it is not one
 */
export function parseLinkageReport(body: string): StatisticsPage {
  return parsePage(body, (row, at) => {
    const linkage = readLinkage(row, at);
    if ('message' in linkage) return { raw: row, records: [linkage] };
    const { database, recordsTotal, recordsMatched, codeSystem } = linkage;
    const indicatorCode = codeSystem === 'CENTRAL' || recordsTotal === '0' ? undefined : LINKED_RATIOS[database];
    const records: RowRecord[] = [{ kind: 'skipped', rule: 'linkage' }];
    if (indicatorCode !== undefined) {
      const { entityCode, period, obsStatus, publishedAt } = linkage;
      const identity = { codeSystem, entityCode, frameworkCode: PROVINCE.frameworkCode, indicatorCode };
      const figure = { value: null, numerator: recordsMatched, denominator: recordsTotal };
      records.push({ kind: 'record', ...identity, period, obsStatus, publishedAt, ...figure, deleted: false });
    }
    return { raw: row, records };
  });
}

/** The linkages of a page of LINKAGE_REPORT; rows that are none are in quarantine. */
export function readLinkages(body: string): StatedLinkage[] {
  const answer = parseJson(body);
  const rows = isJsonObject(answer) && isJsonObject(answer.data) ? answer.data.rows : [];
  return (Array.isArray(rows) ? rows : [])
    .map(readLinkage)
    .flatMap((linkage) => ('message' in linkage ? [] : [linkage]));
}

type Refused = Extract<RowRecord, { kind: 'rejected' }>;

function readLinkage(row: unknown, at: number): StatedLinkage | Refused {
  const text = (name: string): string => memberText(row, name) ?? '';
  const reject = (rule: string, message: string): Refused => ({ kind: 'rejected', rule, message });
  const [database, owner, codeSystem, entityCode] = ['databaseKey', 'ownerCode', 'areaCodeSystem', 'areaCode'].map(
    text,
  );
  if (!database || !owner || !codeSystem || !entityCode)
    return reject('required', 'databaseKey, ownerCode, areaCodeSystem or areaCode is missing');
  if (!LINKED_DATABASES.some(({ key }) => key === database))
    return reject('allowed', `"${database}" is no database that is to be linked`);
  const [, year, month] = /^(\d{4})(0[1-9]|1[0-2])$/.exec(text('period')) ?? [];
  if (year === undefined) return reject('period', `"${text('period')}" is not a period such as 202603`);
  const [recordsTotal, recordsMatched] = [text('recordsTotal'), text('recordsMatched')];
  for (const count of [recordsTotal, recordsMatched])
    if (!/^\d{1,15}$/.test(count)) return reject('number', `"${count}" is not a whole number`);
  if (Number(recordsMatched) > Number(recordsTotal))
    return reject('range', `${recordsMatched} of ${recordsTotal}: the part is greater than the whole`);
  const connectedOn = memberText(row, 'connectedOn');
  if (connectedOn !== null && Number.isNaN(Date.parse(`${connectedOn}T00:00:00Z`)))
    return reject('period', `"${connectedOn}" is not a day`);
  const obsStatus = { FINAL: 'A', PROVISIONAL: 'P' }[text('status')];
  if (obsStatus !== 'A' && obsStatus !== 'P') return reject('allowed', `"${text('status')}" is not a status`);
  const counts = { recordsTotal, recordsMatched, connectedOn, publishedAt: memberText(row, 'publishedAt') };
  return { row: at, database, owner, codeSystem, entityCode, period: `${year}-${month}`, obsStatus, ...counts };
}

function parsePage(body: string, map: (row: unknown, at: number) => SourceRow): StatisticsPage {
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
  return { rows: rows.map(map), resultSet, highestSequence, total, pages, page };
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
