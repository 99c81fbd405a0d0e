import { z } from 'zod';
import { describeError } from '../../domain/errors.js';
import { compilePredicate } from './predicate.js';
import { compileTemplate } from './template.js';

const MAX_TEMPLATE_CHARS = 20_000;
const MAX_EXPRESSION_CHARS = 2000;

/** What a predicate about a response may use. */
export const RESPONSE_VARIABLES = ['body', 'status', 'headers'] as const;
/** What a predicate about a page may use: the response, and what was asked for. */
export const PAGE_VARIABLES = [...RESPONSE_VARIABLES, 'rows', 'page', 'offset', 'pageSize', 'carry'] as const;

/** A text with placeholders. */
export const templateSchema = z
  .string()
  .max(MAX_TEMPLATE_CHARS)
  .superRefine((text, context) => {
    try {
      compileTemplate(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `${describeError(error)}.`, params: { problem: 'placeholder' } });
    }
  })
  .describe(
    'Text with placeholders: {{ name }}, and {{# name }}…{{/ name }} for what is left out when there is no such value.',
  );

/** A template, or a number or boolean that needs none. */
export const scalarSchema = z
  .union([templateSchema, z.number(), z.boolean()])
  .describe('Text with placeholders, a number or a boolean; left out when its placeholders have no value.');

/** Header or parameter names to templates. */
export const scalarsSchema = z.record(z.string().min(1).max(200), scalarSchema);

/** A CEL expression over the given variables that is true or false. */
export function predicateSchema(variables: readonly string[]) {
  return z
    .string()
    .min(1)
    .max(MAX_EXPRESSION_CHARS)
    .superRefine((text, context) => {
      try {
        compilePredicate(text, variables);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `${describeError(error)}.`, params: { problem: 'cel' } });
      }
    })
    .describe(`CEL expression, true or false, over ${variables.join(', ')}.`);
}

/** The name of a declared secret. */
export const secretNameSchema = z
  .string()
  .regex(/^[A-Za-z][\w-]{0,63}$/)
  .describe('Name of a declared secret, never its value.');

/** A name that placeholders use. */
export const placeholderNameSchema = z.string().regex(/^[A-Za-z][\w-]{0,39}$/, 'a name of letters, digits, - and _');
