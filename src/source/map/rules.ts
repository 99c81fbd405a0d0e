import { z } from 'zod';
import type { Scope } from './expression.js';
import { boundsShape, createRangeCheck } from './figure.js';
import { createNumberReader, type NumberFormat } from './number.js';
import { RowProblem, showValue, toText } from './problem.js';
import { createFieldReader } from './valueSource.js';

/** What the fields of a row must keep to. */
export const rulesSchema = z.strictObject({
  required: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Fields that must be in the row and not be empty. What the mapping reads as entity, period, indicator or value is required anyhow.',
    ),
  range: z
    .record(z.string().min(1), z.strictObject(boundsShape))
    .default({})
    .describe('Bounds per field, on the number as the source writes it; an empty field passes.'),
  allowed: z
    .record(z.string().min(1), z.array(z.string()).min(1))
    .default({})
    .describe('Values that a field may have, as text; an empty field passes.'),
});

/** One rule on one field of a row. */
export interface FieldRule {
  readonly field: string;
  /** @throws RowProblem required, number, range, allowed */
  check(scope: Scope): void;
}

/** Makes the rules on the fields of a row; required ones come first. */
export function createFieldRules(
  { required, range, allowed }: z.output<typeof rulesSchema>,
  format: NumberFormat,
  isMissing: (raw: unknown) => boolean,
): readonly FieldRule[] {
  const readNumber = createNumberReader(format);
  const ruleOn = (field: string, judge: (raw: unknown) => void, mustBeThere = false): FieldRule => {
    const read = createFieldReader(field);
    const check = ({ row }: Scope): void => {
      const raw = read(row);
      if (raw !== undefined && !isMissing(raw)) judge(raw);
      else if (mustBeThere)
        throw new RowProblem('required', `${field} is ${raw === undefined ? 'not there' : 'empty'}`);
    };
    return { field, check };
  };
  return [
    ...required.map((field) => ruleOn(field, () => undefined, true)),
    ...Object.entries(range).map(([field, bounds]) => {
      const checkRange = createRangeCheck(bounds, field);
      return ruleOn(field, (raw) => {
        const decimal = readNumber(raw);
        if (typeof decimal !== 'string') throw new RowProblem('number', `${field}: ${decimal.problem}`);
        checkRange(decimal);
      });
    }),
    ...Object.entries(allowed).map(([field, values]) => {
      const known = new Set(values.map(toText));
      return ruleOn(field, (raw) => {
        const text = toText(raw);
        if (text === null || !known.has(text)) {
          throw new RowProblem('allowed', `${field} is ${showValue(raw)}, none of ${values.slice(0, 10).join(', ')}`);
        }
      });
    }),
  ];
}
