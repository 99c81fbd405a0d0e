import { z } from 'zod';
import type { MappedRecord, RowRecord } from '../../domain/connector.js';
import { entitySchema } from './entity.js';
import { expressionSchema, type Scope } from './expression.js';
import { createConditionReader } from './valueSource.js';

/** What a row was about before its source gave it another key. */
export function replacementSchema<Period extends z.ZodType>(period: Period) {
  return z
    .strictObject({
      when: expressionSchema('bool').describe(
        'A CEL condition: true for a row that stood under another entity or period before, such as has(row.oldCode) && row.oldCode != "".',
      ),
      entity: entitySchema.optional().describe('The entity that it stood under; else the same.'),
      period: period.optional().describe('The period that it stood under; else the same.'),
    })
    .refine(({ entity, period: before }) => entity !== undefined || before !== undefined, {
      error: 'name the old entity, the old period, or both',
      path: ['entity'],
    });
}

/** Where a row stood: the parts of its identity that may have changed. */
type Place = Pick<MappedRecord, 'codeSystem' | 'entityCode' | 'period'>;

/**
 * Makes the function that withdraws the figures of a row from where they stood before.
 * @param readPlace throws RowProblem when the old place cannot be read
 * @returns a function that gives a withdrawal for each figure that is stated anew at another place, and none for rows that stand where they stood. Of two
 *   rows that exchange their keys in one run, the rule on uniqueness refuses what contradicts
 */
export function createReplacement(
  when: string | undefined,
  readPlace: (scope: Scope, record: MappedRecord) => Place,
): (scope: Scope, records: readonly RowRecord[]) => readonly RowRecord[] {
  if (when === undefined) return () => [];
  const condition = createConditionReader(when);
  return (scope, records) => {
    if (!condition.read(scope)) return [];
    return records.flatMap((record): RowRecord[] => {
      if (record.kind !== 'record') return [];
      const place = readPlace(scope, record);
      const { codeSystem, entityCode, period } = record;
      if (place.codeSystem === codeSystem && place.entityCode === entityCode && place.period === period) return [];
      const { changedBy: _rule, ...rest } = record;
      const nothing = { value: null, numerator: null, denominator: null, obsStatus: 'A' } as const;
      return [{ ...rest, ...place, ...nothing, deleted: true }];
    });
  };
}
