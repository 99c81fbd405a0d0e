import { z } from 'zod';
import type { JsonObject } from '../json.js';
import {
  compileExpression,
  describeEvaluation,
  EXPRESSION_VARIABLES,
  expressionSchema,
  isExpressionProblem,
  type Scope,
} from './expression.js';
import { RowProblem } from './problem.js';

/** The keys that say where a value comes from. */
export const valueShape = {
  field: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Name of a field, or a path with dots; a field whose own name has the dots comes first. Faster than an expression.',
    ),
  of: z
    .enum(EXPRESSION_VARIABLES)
    .optional()
    .describe('Where the field is: row (the default), parent, page or partition.'),
  expression: expressionSchema('any')
    .optional()
    .describe('A CEL expression instead of a field. It may name row, parent, page and partition.'),
};

/** Where a value comes from: a field, or an expression. */
export interface ValueSource {
  readonly field?: string | undefined;
  readonly of?: (typeof EXPRESSION_VARIABLES)[number] | undefined;
  readonly expression?: string | undefined;
}

/** Adds to an object of {@link valueShape} what its keys cannot say: a field or an expression, not both and not neither. */
export function oneSource<Schema extends z.ZodType<ValueSource>>(schema: Schema): Schema {
  return schema.superRefine((source, context) => {
    if ((source.field === undefined) === (source.expression === undefined)) {
      context.addIssue({ code: 'custom', message: 'name either field or expression', path: ['field'] });
    }
    if (source.of !== undefined && source.field === undefined) {
      context.addIssue({ code: 'custom', message: 'of says where a field is; there is no field', path: ['of'] });
    }
  });
}

/** Reads a value of a row. */
export interface ValueReader {
  /**
   * @returns undefined when the field is not there, which is no missing value but another shape of row
   * @throws RowProblem expression
   */
  read(scope: Scope): unknown;
  /** Fields of the row that it reads: paths of fields, first names in expressions; `*` when any. */
  readonly reads: ReadonlySet<string>;
}

/** Makes the reader of a source that the schema has accepted. */
export function createValueReader({ field, of = 'row', expression }: ValueSource): ValueReader {
  if (expression !== undefined) return createExpressionReader(expression);
  const path = field ?? '';
  const readField = createFieldReader(path);
  return { read: (scope) => readField(scope[of]), reads: new Set(of === 'row' ? [path] : []) };
}

/**
 * Makes the reader of an expression that the schema has accepted.
 * @throws Error when nobody has
 */
export function createExpressionReader(expression: string): ValueReader {
  const compiled = compileExpression(expression, EXPRESSION_VARIABLES);
  if (isExpressionProblem(compiled)) throw new Error(`${expression}: ${compiled.problem} at column ${compiled.column}`);
  return {
    read: (scope) => {
      try {
        return compiled.evaluate(scope);
      } catch (error) {
        throw new RowProblem('expression', `${expression}: ${describeEvaluation(error)}`);
      }
    },
    reads: compiled.reads,
  };
}

/** Reads whether a condition holds for a row. */
export interface ConditionReader {
  /** @throws RowProblem expression, also when the answer is neither true nor false */
  read(scope: Scope): boolean;
  /** See {@link ValueReader}. */
  readonly reads: ReadonlySet<string>;
}

/**
 * Makes the reader of a condition.
 * @throws Error as {@link createExpressionReader}
 */
export function createConditionReader(expression: string): ConditionReader {
  const { read, reads } = createExpressionReader(expression);
  return {
    read: (scope) => {
      const answer = read(scope);
      if (typeof answer === 'boolean') return answer;
      throw new RowProblem('expression', `${expression}: the answer is neither true nor false`);
    },
    reads,
  };
}

/** Makes the reader of a field by its name, or by a path through objects and lists; undefined when it is not there. */
export function createFieldReader(path: string): (holder: unknown) => unknown {
  const readOwn = (holder: unknown, name: string): unknown =>
    isHolder(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
  if (!path.includes('.')) return (holder) => readOwn(holder, path);
  const names = path.split('.');
  return (holder) => readOwn(holder, path) ?? names.reduce(readOwn, holder);
}

/** True when a reader reads the field that a rule names. */
export function readsField(reads: ReadonlySet<string>, path: string): boolean {
  return reads.has(path) || reads.has('*') || reads.has(path.split('.')[0] ?? path);
}

function isHolder(data: unknown): data is JsonObject {
  return typeof data === 'object' && data !== null;
}
