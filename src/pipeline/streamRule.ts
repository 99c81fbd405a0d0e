import type { StreamRules } from '../domain/connector.js';
import type { StreamRecord } from '../domain/syncRun.js';
import { MORE_FIELDS } from '../source/fieldPaths.js';

/** What a rule looks at: a stream as this run read it. */
export interface StreamReading {
  readonly stream: string;
  readonly rules: StreamRules;
  readonly rows: number;
  readonly read: number;
  readonly rejected: number;
  readonly whole: boolean;
}

/**
 * Looks for a rule that a stream breaks.
 * @param before of the last good run; undefined = there was none
 * @returns what is wrong, for people; null = nothing
 */
export function findBrokenRule(reading: StreamReading, before: StreamRecord | undefined): string | null {
  const { stream, rules, rows, read, rejected, whole } = reading;
  const share = read === 0 ? 0 : rejected / read;
  if (rules.maxRejectShare !== undefined && share > rules.maxRejectShare) {
    return `Stream ${stream}: ${rejected} of ${read} records were rejected, more than the share of ${rules.maxRejectShare} that is allowed (maxRejectShare). Look at the rejects of the run.`;
  }
  const known = before?.wholeRows ?? 0;
  if (!whole || known === 0) return null;
  if (rules.minRowsShare === undefined) {
    return rows > 0
      ? null
      : `Stream ${stream}: the source gave no rows where it gave ${known} before. Set minRowsShare to 0 when that can be right.`;
  }
  return rows >= known * rules.minRowsShare
    ? null
    : `Stream ${stream}: the source gave ${rows} rows where it gave ${known} before, less than the share of ${rules.minRowsShare} that is asked for (minRowsShare).`;
}

/** A stream read in part says little about fields that few rows have. */
const TELLING_ROWS = 50;
const MAX_CHANGES = 50;

/**
 * Compares the fields of a stream's rows with those of the last good run.
 * @returns sentences such as `statistics: field "x" disappeared`; `[]` when nothing can be said
 */
export function compareFields(
  reading: Pick<StreamReading, 'stream' | 'rows' | 'whole'>,
  fields: readonly string[],
  before: StreamRecord | undefined,
): string[] {
  if (before === undefined || before.fields.length === 0 || reading.rows === 0) return [];
  if (before.fields.includes(MORE_FIELDS) || fields.includes(MORE_FIELDS)) return [];
  const [old, current] = [new Set(before.fields), new Set(fields)];
  const gone = reading.whole || reading.rows >= TELLING_ROWS ? before.fields.filter((path) => !current.has(path)) : [];
  return [
    ...gone.map((path) => `${reading.stream}: field "${path}" disappeared`),
    ...fields.filter((path) => !old.has(path)).map((path) => `${reading.stream}: field "${path}" appeared`),
  ].slice(0, MAX_CHANGES);
}

/** What a good run remembers of a stream. */
export function rememberStream(
  reading: StreamReading & { readonly pages: number },
  fields: readonly string[],
  before: StreamRecord | undefined,
): StreamRecord {
  const { pages, rows, read, whole } = reading;
  const known = whole && rows > 0 ? fields : [...new Set([...(before?.fields ?? []), ...fields])];
  return {
    ...{ pages, rows, read, whole },
    wholeRows: whole ? rows : (before?.wholeRows ?? null),
    fields: known.toSorted(),
  };
}
