import type { MappedRecord, RejectedRecord } from '../domain/connector.js';
import type { ObsStatus } from '../domain/observation.js';

/** An indicator that a row feeds, by the names of the source's own fields. */
export interface RatioFields {
  readonly indicatorCode: string;
  readonly numerator: string;
  readonly denominator: string;
}

/** What all figures of a row have in common, as the source writes it; null = the field is missing. */
export interface RowIdentity {
  readonly codeSystem: string | null;
  readonly entityCode: string | null;
  readonly frameworkCode: string;
  /** In the platform's spelling where it can be read, else as it came, for the message. */
  readonly period: string | null;
  /** `FINAL` or `PROVISIONAL`. */
  readonly status: string | null;
  readonly publishedAt: string | null;
}

/** How the national databases write the status of a figure. */
const STATUSES: ReadonlyMap<string, ObsStatus> = new Map([
  ['FINAL', 'A'],
  ['PROVISIONAL', 'P'],
]);

/**
 * Maps a row to one record per ratio. A missing field rejects the records that it feeds and no others; whether texts are numbers, periods and known
 * codes is for the runtime to say.
 * @param read the text of a count; null when the field is missing
 * @returns as many records as ratios, in their order
 */
export function mapRatios(
  identity: RowIdentity,
  ratios: readonly RatioFields[],
  read: (field: string) => string | null,
): (MappedRecord | RejectedRecord)[] {
  const { codeSystem, entityCode, period, frameworkCode, publishedAt } = identity;
  const obsStatus = STATUSES.get(identity.status ?? '');
  return ratios.map(({ indicatorCode, ...fields }) => {
    const reject = (what: string): RejectedRecord => ({
      kind: 'rejected',
      rule: 'required',
      message: `${frameworkCode} ${indicatorCode}: ${what}`,
    });
    if (codeSystem === null || entityCode === null) return reject('the code or code system of the body is missing');
    if (period === null) return reject('the period is missing');
    if (obsStatus === undefined)
      return reject(`the status "${identity.status ?? ''}" is neither FINAL nor PROVISIONAL`);
    const [numerator, denominator] = [read(fields.numerator), read(fields.denominator)];
    if (numerator === null) return reject(`${fields.numerator} is missing`);
    if (denominator === null) return reject(`${fields.denominator} is missing`);
    return {
      kind: 'record',
      codeSystem,
      entityCode,
      frameworkCode,
      indicatorCode,
      period,
      value: null,
      numerator,
      denominator,
      obsStatus,
      publishedAt,
      deleted: false,
    };
  });
}
