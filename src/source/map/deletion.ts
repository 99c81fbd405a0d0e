import { z } from 'zod';
import { expressionSchema, type Scope } from './expression.js';
import { RowProblem, showValue, toText } from './problem.js';
import { type ConditionReader, createConditionReader, createFieldReader } from './valueSource.js';

/** The condition of a row that withdraws its figures. */
export const deletedWhenSchema = expressionSchema('bool');

/** A field that says what to do with a row, as ACTION of SDMX. */
export const actionSchema = z.strictObject({
  field: z.string().min(1).describe('Name of the field, or a path with dots.'),
  delete: z.array(z.string()).min(1).describe('Values that withdraw the figures of the row, such as D.'),
  keep: z
    .array(z.string())
    .optional()
    .describe(
      'Values that state figures, such as A and R; any other is rejected. Without it, every value that does not delete keeps.',
    ),
});

/** Makes the reader of the condition or of the action field; without both nothing is ever withdrawn. */
export function createDeletionReader(
  condition: string | undefined,
  action: z.output<typeof actionSchema> | undefined,
): ConditionReader {
  if (condition !== undefined) return createConditionReader(condition);
  if (action === undefined) return { read: () => false, reads: new Set() };
  const { field, delete: deletes, keep } = action;
  const readField = createFieldReader(field);
  const read = ({ row }: Scope): boolean => {
    const raw = readField(row);
    if (raw === undefined)
      throw new RowProblem('required', `the row has no ${field}, which says whether it is deleted`);
    const text = toText(raw) ?? '';
    if (deletes.includes(text)) return true;
    if (keep === undefined || keep.includes(text)) return false;
    throw new RowProblem('allowed', `${field} is ${showValue(raw)}, none of ${[...deletes, ...keep].join(', ')}`);
  };
  return { read, reads: new Set([field]) };
}
