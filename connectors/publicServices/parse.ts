import type { SourceRow } from '../../src/domain/connector.js';
import { syncFailure } from '../../src/source/failure.js';
import { describeBody, isJsonObject, memberCount, memberText, parseJson } from '../../src/source/json.js';
import { mapRatios, type RatioFields } from '../../src/source/ratios.js';

/** Numerator and denominator of each indicator, whose code follows the main index: `GOV_ACTIVITY.01`. */
const RATIOS = [
  ['01', 'servicesEndToEnd', 'proceduresEligible'],
  ['02', 'servicesWithDossiers', 'servicesEndToEnd'],
  ['03', 'dossiersOnline', 'dossiersReceived'],
  ['04', 'dossiersPaidOnline', 'dossiersWithFee'],
  ['05', 'dossiersSettledOnTime', 'dossiersSettled'],
  ['06', 'dossiersDigitised', 'dossiersReceived'],
  ['10', 'feedbackOnTime', 'feedbackReceived'],
] as const;

function writeRatios(mainIndex: string): readonly RatioFields[] {
  return RATIOS.map(([number, numerator, denominator]) => ({
    indicatorCode: `${mainIndex}.${number}`,
    numerator,
    denominator,
  }));
}

/** What provinces feed. */
export const PROVINCE = { frameworkCode: 'PDTI-922', ratios: writeRatios('GOV_ACTIVITY') } as const;
/** What central bodies feed. */
export const MINISTRY = { frameworkCode: 'MDTI-922', ratios: writeRatios('DX_ACTIVITY') } as const;

/** One page of statistics. */
export interface StatisticsPage {
  readonly rows: readonly SourceRow[];
  /** null on the last page. */
  readonly nextCursor: string | null;
  readonly total: number;
  readonly highestSequence: number;
}

/**
 * Reads a page of `/v1/statistics`.
 * @throws PlatformError SYNC_PROTOCOL when it is not one
 */
export function parseStatistics(body: string): StatisticsPage {
  const page = parseJson(body);
  const total = memberCount(page, 'total');
  const highestSequence = memberCount(page, 'highestSequence');
  const items: unknown = isJsonObject(page) ? page.items : null;
  const next: unknown = isJsonObject(page) ? page.nextCursor : undefined;
  const isCursor = next === null || (typeof next === 'string' && next !== '');
  if (!Array.isArray(items) || !isCursor || total === null || highestSequence === null) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected items, nextCursor, total and highestSequence, received ${describeBody(body)}.`,
    );
  }
  return { rows: items.map(mapItem), nextCursor: next, total, highestSequence };
}

function mapItem(item: unknown): SourceRow {
  const fields = isJsonObject(item) ? item : {};
  const codeSystem = memberText(fields.body, 'codeSystem');
  const { frameworkCode, ratios } = codeSystem === 'CENTRAL' ? MINISTRY : PROVINCE;
  const identity = {
    codeSystem,
    entityCode: memberText(fields.body, 'code'),
    frameworkCode,
    period: memberText(fields, 'period'),
    status: memberText(fields, 'status'),
    publishedAt: memberText(fields, 'publishedAt'),
  };
  return { raw: item, records: mapRatios(identity, ratios, (field) => memberText(fields.counts, field)) };
}
