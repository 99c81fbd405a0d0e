import type { MappedRecord, RejectedRecord } from '../domain/connector.js';
import { canonicalDecimal } from '../domain/decimal.js';
import type { Figure, ObsStatus } from '../domain/observation.js';
import { hasBegun, isPeriod } from '../domain/period.js';
import { cleanText } from './storable.js';

/** What the platform knows: entities by code system and code, indicators by framework and code. */
export interface RecordLookup {
  /** @returns null when there is no such entity */
  entityId(codeSystem: string, code: string): number | null;
  /** @returns null when there is no such indicator */
  indicatorId(frameworkCode: string, code: string): number | null;
}

/** A record in the terms of the store: ids, a valid period, canonical decimals. */
export interface ResolvedRecord extends Figure {
  readonly kind: 'resolved';
  readonly entityId: number;
  readonly indicatorId: number;
  readonly period: string;
  readonly obsStatus: ObsStatus;
  /** ISO time in UTC; null = not said. */
  readonly publishedAt: string | null;
  /** True when the source withdraws the figure; its value and counts are then null. */
  readonly deleted: boolean;
  /** Tells the later of two figures; null = not said. */
  readonly revision: string | null;
  /** See {@link MappedRecord.changedBy}; null = nothing changed it. */
  readonly changedBy: string | null;
}

/** Longer numbers are no counts, and databases refuse the longest. */
const MAX_DIGITS = 60;
/** A release outside these years is a mistake; the far ones are also beyond what databases store. */
const EARLIEST = Date.UTC(1945);
const LATEST = Date.UTC(2200);
const NOTHING: Figure = { value: null, numerator: null, denominator: null };

/**
 * Makes the function that turns a connector's record into ids and canonical decimals.
 * @param now a figure of a period that has not begun then is refused; one that was believed before may be withdrawn
 * @returns a function that never throws: a record that breaks a rule (`entity`, `indicator`, `period`, `required`, `number`, `range`) is rejected
 */
export function createRecordResolver(
  lookup: RecordLookup,
  now: () => Date,
): (record: MappedRecord) => ResolvedRecord | RejectedRecord {
  /** Periods that have begun, which they stay: of a million records there are some hundred, and asking the clock took longer than all else here. */
  const begun = new Set<string>();
  return (record) => {
    const entityId = lookup.entityId(record.codeSystem, record.entityCode);
    if (entityId === null) {
      return reject('entity', `there is no entity "${record.entityCode}" in the code system ${record.codeSystem}`);
    }
    const indicatorId = lookup.indicatorId(record.frameworkCode, record.indicatorCode);
    if (indicatorId === null) {
      return reject('indicator', `the framework ${record.frameworkCode} has no indicator "${record.indicatorCode}"`);
    }
    if (!begun.has(record.period)) {
      if (!isPeriod(record.period))
        return reject('period', `"${record.period}" is not a period; write 2022, 2022-Q3 or 2022-03`);
      if (hasBegun(record.period, now())) begun.add(record.period);
      else if (!record.deleted)
        return reject('period', `${record.period} has not begun; replay the row when it has, or correct the source`);
    }
    const publishedAt = record.publishedAt === null ? null : Date.parse(record.publishedAt);
    if (publishedAt !== null && !(publishedAt > EARLIEST && publishedAt < LATEST))
      return reject('period', `"${record.publishedAt}" is not a time of publication`);
    const figure = record.deleted ? NOTHING : checkFigure(record);
    if ('kind' in figure) return figure;
    return {
      kind: 'resolved',
      entityId,
      indicatorId,
      period: record.period,
      value: figure.value,
      numerator: figure.numerator,
      denominator: figure.denominator,
      obsStatus: record.obsStatus,
      publishedAt: publishedAt === null ? null : new Date(publishedAt).toISOString(),
      deleted: record.deleted,
      changedBy: record.changedBy ?? null,
      revision: record.revision === undefined || record.revision === null ? null : cleanText(String(record.revision)),
    };
  };
}

/** Writes a figure in canonical decimals, or says which rule it breaks. */
function checkFigure(record: MappedRecord): Figure | RejectedRecord {
  const figure: Record<'value' | 'numerator' | 'denominator', string | null> = { ...NOTHING };
  for (const part of ['value', 'numerator', 'denominator'] as const) {
    const text = record[part];
    if (text === null) continue;
    figure[part] = text.length > MAX_DIGITS ? null : canonicalDecimal(text);
    if (figure[part] === null) return reject('number', `${part} "${text}" is not a plain decimal`);
  }
  const { value, numerator, denominator } = figure;
  if ((numerator === null) !== (denominator === null)) {
    return reject(
      'required',
      `a ratio needs both counts, received ${numerator ?? 'nothing'} / ${denominator ?? 'nothing'}`,
    );
  }
  if (value === null && numerator === null && record.obsStatus !== 'O' && record.obsStatus !== 'M') {
    return reject('required', `there is no figure, but the status ${record.obsStatus} says that there is one`);
  }
  if (numerator !== null && denominator !== null) {
    const ratio = `${numerator} / ${denominator}`;
    if (numerator.startsWith('-') || denominator.startsWith('-'))
      return reject('range', `${ratio}: a count is negative`);
    if (denominator === '0') return reject('range', `${ratio}: the denominator is zero`);
    if (isGreater(numerator, denominator)) return reject('range', `${ratio}: the part is greater than the whole`);
  }
  return figure;
}

/** Compares two canonical decimals that are not negative, exactly. */
function isGreater(left: string, right: string): boolean {
  const [leftWhole = '', leftFraction = ''] = left.split('.');
  const [rightWhole = '', rightFraction = ''] = right.split('.');
  const digits = Math.max(leftFraction.length, rightFraction.length);
  return BigInt(leftWhole + leftFraction.padEnd(digits, '0')) > BigInt(rightWhole + rightFraction.padEnd(digits, '0'));
}

function reject(rule: string, message: string): RejectedRecord {
  return { kind: 'rejected', rule, message };
}
