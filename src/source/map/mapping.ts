import { z } from 'zod';
import { actionSchema, deletedWhenSchema } from './deletion.js';
import { entitySchema } from './entity.js';
import { expressionSchema } from './expression.js';
import { figureSchema } from './figure.js';
import { numberFormatSchema } from './number.js';
import { findPeriodFault, periodShape } from './period.js';
import { publicationSchema } from './publication.js';
import { replacementSchema } from './replacement.js';
import { rulesSchema } from './rules.js';
import { suppressSchema } from './suppress.js';
import { textSourceSchema } from './textSource.js';
import { oneSource, valueShape } from './valueSource.js';

const periodSchema = oneSource(z.strictObject({ ...valueShape, ...periodShape })).superRefine((period, context) => {
  const fault = findPeriodFault(period);
  if (fault !== null) context.addIssue({ code: 'custom', message: fault.problem, path: [fault.key] });
});

/**
 * How the rows of a source become observations: the part `mapping` of a manifest. Unknown keys are errors, and every expression is compiled here,
 * so that a mapping that passes can be used.
 */
export const mappingSchema = z
  .strictObject({
    framework: textSourceSchema.describe(
      'Code of the framework whose indicators the rows feed: a constant, or by a value of the row, such as its level.',
    ),
    filter: expressionSchema('bool')
      .optional()
      .describe(
        'A CEL condition; rows for which it is false, such as total lines, are skipped by the rule filter. It may name row, parent, page and partition.',
      ),
    entity: entitySchema.describe('The body that a row is about.'),
    period: periodSchema.describe('The time that the figures of a row refer to.'),
    figures: z
      .array(figureSchema)
      .min(1)
      .describe('The figures that a row carries: one for each column of a wide table, a single one for a long table.'),
    number: numberFormatSchema
      .prefault({})
      .describe('How the source writes its numbers, where a figure does not say otherwise.'),
    nullTokens: z
      .array(z.string())
      .default([])
      .describe('Texts that mean "no value", such as "-" or "N/A". Null and the empty text always do.'),
    publishedAt: publicationSchema
      .optional()
      .describe('When the producer released the figures; an empty value is unknown.'),
    revision: oneSource(z.strictObject(valueShape))
      .optional()
      .describe(
        'Which of two figures of one entity, indicator and period is the later, such as a sequence number or a time of change: for the rule unique: highest_revision.',
      ),
    replaces: replacementSchema(periodSchema)
      .optional()
      .describe('Rows that the source gives another key: their figures are withdrawn from the old one.'),
    suppress: suppressSchema.optional().describe('Small counts that must not be told.'),
    deletedWhen: deletedWhenSchema
      .optional()
      .describe('A CEL condition: a row for which it is true withdraws its figures.'),
    action: actionSchema
      .optional()
      .describe('A field that says whether a row withdraws its figures, instead of deletedWhen.'),
    rules: rulesSchema
      .prefault({})
      .describe(
        'What fields must keep to. A row that breaks a rule loses the figures that read the field; all of them, if none does.',
      ),
  })
  .refine(({ deletedWhen, action }) => deletedWhen === undefined || action === undefined, {
    error: 'name deletedWhen or action, not both',
    path: ['action'],
  });

/** A mapping that was checked, with its defaults. */
export type MappingSpec = z.output<typeof mappingSchema>;
