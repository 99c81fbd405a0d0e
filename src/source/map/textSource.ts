import { z } from 'zod';
import type { Scope } from './expression.js';
import { type RejectRule, RowProblem, showValue, toText } from './problem.js';
import { createValueReader, oneSource, type ValueSource, valueShape } from './valueSource.js';

/** The keys of a code that a row carries. */
export const textShape = {
  ...valueShape,
  table: z
    .record(z.string(), z.string().min(1))
    .optional()
    .describe(
      'What the values of the source mean; a value that is not listed is rejected. The empty key stands for null and null tokens.',
    ),
};

/** A code: constant, or read from the row and translated by a table. */
export type TextSource = string | (ValueSource & { readonly table?: Readonly<Record<string, string>> | undefined });

/** A constant text, or the source of one. */
export const textSourceSchema = constantOr(oneSource(z.strictObject(textShape)));

/** A non-empty text or an object; the message is that of the object when there is one, not "invalid input". */
export function constantOr<Schema extends z.ZodType>(schema: Schema) {
  return z.union([z.string().min(1), schema], { error: (issue) => describeUnion(issue.input, issue.errors) });
}

/** Reads a code of a row. */
export interface TextReader {
  /** @throws RowProblem required when it is missing, and the rule of the reader when the table has no such value */
  read(scope: Scope): string;
  /** See ValueReader. */
  readonly reads: ReadonlySet<string>;
}

/**
 * Makes the reader of a code.
 * @param what names it in messages
 * @param rule by which a value that the table does not list is rejected
 */
export function createTextReader(
  source: TextSource,
  what: string,
  rule: RejectRule,
  isMissing: (raw: unknown) => boolean,
): TextReader {
  if (typeof source === 'string') return { read: () => source, reads: new Set() };
  const { read, reads } = createValueReader(source);
  const where = source.field ?? source.expression ?? '';
  const table =
    source.table === undefined
      ? null
      : new Map(Object.entries(source.table).map(([key, meaning]) => [toText(key) ?? key, meaning]));
  return {
    read: (scope) => {
      const raw = read(scope);
      if (raw === undefined) throw new RowProblem('required', `the row has no ${where}, which says the ${what}`);
      const text = isMissing(raw) ? '' : toText(raw);
      if (text === null) throw new RowProblem(rule, `${where} is ${showValue(raw)}, not the text of the ${what}`);
      const meaning = table === null ? text : table.get(text);
      if (meaning !== undefined && meaning !== '') return meaning;
      if (text === '') throw new RowProblem('required', `${where} is empty, so the ${what} is missing`);
      throw new RowProblem(rule, `${where} is ${showValue(raw)}, which the table of the ${what} does not list`);
    },
    reads,
  };
}

/** The issues of the alternative that came nearest: the object's, when the input is one. */
function describeUnion(input: unknown, errors: unknown): string {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  const issues: unknown = isObject && Array.isArray(errors) ? errors.at(-1) : null;
  if (!Array.isArray(issues)) return 'expected a text, or an object with field or expression';
  return issues.map(describeIssue).join('; ');
}

function describeIssue(issue: unknown): string {
  if (typeof issue !== 'object' || issue === null || !('message' in issue)) return 'wrong';
  const path = 'path' in issue && Array.isArray(issue.path) && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return `${path}${String(issue.message)}`;
}
