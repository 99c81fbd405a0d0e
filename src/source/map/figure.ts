import { z } from 'zod';
import { type Figure, OBS_STATUSES, type ObsStatus } from '../../domain/observation.js';
import { compareDecimals, multiplyDecimals, shiftDecimal } from './arithmetic.js';
import { expressionSchema, type Scope } from './expression.js';
import { createNumberReader, decimalSchema, type NumberFormat, numberFormatSchema } from './number.js';
import { RowProblem } from './problem.js';
import { createTextReader, textShape, textSourceSchema } from './textSource.js';
import { createValueReader, oneSource, type ValueSource, valueShape } from './valueSource.js';

const multiplySchema = z.union(
  [
    decimalSchema,
    oneSource(
      z.strictObject({
        ...textShape,
        powerOfTen: z
          .boolean()
          .default(false)
          .describe('True when the value is an exponent of ten, as UNIT_MULT of SDMX: 3 is thousand.'),
      }),
    ),
  ],
  { error: 'expected a plain decimal, or an object with field or expression, table and powerOfTen' },
);

const partShape = {
  multiply: multiplySchema
    .optional()
    .describe(
      'By what the number is multiplied, exactly, to come into the unit of the indicator; 0.001 divides by thousand.',
    ),
  number: numberFormatSchema
    .optional()
    .describe('How the source writes this number; else as stated for the whole mapping.'),
};
const partSchema = oneSource(z.strictObject({ ...valueShape, ...partShape }));

/** The smallest and the greatest value that is accepted. */
export const boundsShape = {
  min: decimalSchema.optional().describe('The smallest value that is accepted.'),
  max: decimalSchema.optional().describe('The greatest value that is accepted.'),
};

/** One figure that a row carries. */
export const figureSchema = z
  .strictObject({
    indicator: textSourceSchema.describe('Code of the indicator: a constant, or read from the row through a table.'),
    value: partSchema.optional().describe('The value; for a ratio, numerator and denominator instead.'),
    numerator: partSchema
      .optional()
      .describe('The part of a ratio. Both counts are kept, so that ratios can be summed.'),
    denominator: partSchema.optional().describe('The whole of a ratio.'),
    ...partShape,
    range: z.strictObject(boundsShape).optional().describe('Bounds of the value after multiplication.'),
    obsStatus: textSourceSchema
      .default('A')
      .describe(
        'SDMX status of the observation: A normal, E estimated, P provisional, O missing, M cannot exist. A constant, or from the row through a table.',
      ),
    when: expressionSchema('bool')
      .optional()
      .describe(
        'A CEL condition: where it is false the row does not carry this figure, and the rule when skips it. It holds for deleted rows too.',
      ),
    onMissing: z
      .enum(['reject', 'skip', 'O', 'M'])
      .default('reject')
      .describe(
        'What an empty value means: a reject, nothing (the rule missing skips it), or an observation with the status O or M. A field that is not in the row is always rejected.',
      ),
  })
  .superRefine(({ value, numerator, denominator, range, obsStatus }, context) => {
    const fault = (message: string, key: string): void => context.addIssue({ code: 'custom', message, path: [key] });
    if ((numerator === undefined) !== (denominator === undefined))
      fault('a ratio needs numerator and denominator', 'numerator');
    if ((value === undefined) === (numerator === undefined))
      fault('name either value, or numerator and denominator', 'value');
    if (range !== undefined && value === undefined)
      fault('a range is for a value; counts are checked already', 'range');
    const statuses = typeof obsStatus === 'string' ? [obsStatus] : Object.values(obsStatus.table ?? {});
    for (const status of statuses)
      if (!isObsStatus(status)) fault(`"${status}" is none of ${OBS_STATUSES.join(', ')}`, 'obsStatus');
  });
/** See {@link figureSchema}. */
export type FigureSpec = z.output<typeof figureSchema>;

/** A figure with its status. */
export interface StatedFigure extends Figure {
  readonly obsStatus: ObsStatus;
}

/** Reads one figure of a row. */
export interface FigureReader {
  /** @throws RowProblem indicator, required, expression */
  readIndicator(scope: Scope): string;
  /**
   * @returns null when the value is missing and the manifest says to skip it
   * @throws RowProblem required, number, range, allowed, expression
   */
  readFigure(scope: Scope): StatedFigure | null;
  readonly reads: ReadonlySet<string>;
}

/** Makes the reader of one figure. */
export function createFigureReader(
  spec: FigureSpec,
  number: NumberFormat,
  isMissing: (raw: unknown) => boolean,
): FigureReader {
  const indicator = createTextReader(spec.indicator, 'indicator', 'indicator', isMissing);
  const status = createTextReader(spec.obsStatus, 'status', 'allowed', isMissing);
  const partOf = (part: z.output<typeof partSchema>): PartReader =>
    createPartReader(
      { ...part, multiply: part.multiply ?? spec.multiply, number: part.number ?? spec.number ?? number },
      isMissing,
    );
  const { value, numerator, denominator } = spec;
  const parts = [value, numerator, denominator].map((part) => (part === undefined ? null : partOf(part)));
  const checkRange = createRangeCheck(spec.range ?? {}, 'the value');

  return {
    readIndicator: indicator.read,
    readFigure: (scope) => {
      const obsStatus = readStatus(status.read(scope));
      const mayBeAbsent = obsStatus === 'O' || obsStatus === 'M';
      const [valueText = null, numeratorText = null, denominatorText = null] = parts.map(
        (part) => part?.read(scope, mayBeAbsent) ?? null,
      );
      if (valueText !== null) checkRange(valueText);
      const figure = { value: valueText, numerator: numeratorText, denominator: denominatorText };
      if (valueText !== null || (numeratorText !== null && denominatorText !== null)) return { ...figure, obsStatus };
      if (numeratorText !== denominatorText) {
        throw new RowProblem('required', `a ratio needs both counts, received ${numeratorText} / ${denominatorText}`);
      }
      if (mayBeAbsent) return { ...figure, obsStatus };
      if (spec.onMissing === 'skip') return null;
      if (spec.onMissing !== 'reject') return { ...figure, obsStatus: spec.onMissing };
      throw new RowProblem('required', `${nameOf(value ?? numerator)} is empty, so there is no figure`);
    },
    reads: new Set([indicator, status, ...parts].flatMap((reader) => [...(reader?.reads ?? [])])),
  };
}

/**
 * Makes a check of canonical decimals against bounds.
 * @returns a function that throws RowProblem range
 */
export function createRangeCheck(
  { min, max }: { readonly min?: string | number | undefined; readonly max?: string | number | undefined },
  what: string,
): (decimal: string) => void {
  return (decimal) => {
    if (min !== undefined && compareDecimals(decimal, String(min)) < 0)
      throw new RowProblem('range', `${what} is ${decimal}, less than ${min}`);
    if (max !== undefined && compareDecimals(decimal, String(max)) > 0)
      throw new RowProblem('range', `${what} is ${decimal}, greater than ${max}`);
  };
}

interface PartReader {
  /** @returns null when it is missing; a field that is not in the row may be only if mayBeAbsent */
  read(scope: Scope, mayBeAbsent: boolean): string | null;
  readonly reads: ReadonlySet<string>;
}

type FullPart = z.output<typeof partSchema> & { readonly number: NumberFormat };

function createPartReader(spec: FullPart, isMissing: (raw: unknown) => boolean): PartReader {
  const source = createValueReader(spec);
  const readNumber = createNumberReader(spec.number);
  const multiply = createMultiplier(spec.multiply, isMissing);
  return {
    read: (scope, mayBeAbsent) => {
      const raw = source.read(scope);
      if (raw === undefined && !mayBeAbsent) throw new RowProblem('required', `the row has no ${nameOf(spec)}`);
      if (raw === undefined || isMissing(raw)) return null;
      const decimal = readNumber(raw);
      if (typeof decimal === 'string') return multiply.apply(decimal, scope);
      throw new RowProblem('number', `${nameOf(spec)}: ${decimal.problem}`);
    },
    reads: new Set([...source.reads, ...multiply.reads]),
  };
}

interface Multiplier {
  apply(decimal: string, scope: Scope): string;
  readonly reads: ReadonlySet<string>;
}

function createMultiplier(spec: FigureSpec['multiply'], isMissing: (raw: unknown) => boolean): Multiplier {
  if (spec === undefined) return { apply: (decimal) => decimal, reads: new Set() };
  if (typeof spec !== 'object') {
    const factor = String(spec);
    return { apply: (decimal) => orTooLong(multiplyDecimals(decimal, factor)), reads: new Set() };
  }
  const text = createTextReader(spec, 'multiplier', 'number', isMissing);
  const readNumber = createNumberReader(numberFormatSchema.parse({}));
  const apply = (decimal: string, scope: Scope): string => {
    const factor = readNumber(text.read(scope));
    if (typeof factor !== 'string') throw new RowProblem('number', `multiplier: ${factor.problem}`);
    if (!spec.powerOfTen) return orTooLong(multiplyDecimals(decimal, factor));
    if (/^-?\d{1,2}$/.test(factor)) return orTooLong(shiftDecimal(decimal, Number(factor)));
    throw new RowProblem('number', `the multiplier ${factor} is no exponent of ten`);
  };
  return { apply, reads: text.reads };
}

function orTooLong(decimal: string | null): string {
  if (decimal === null) throw new RowProblem('number', 'the number is too long once it is multiplied');
  return decimal;
}

function nameOf(part: ValueSource | undefined): string {
  return part?.field ?? part?.expression ?? 'value';
}

function isObsStatus(text: string): text is ObsStatus {
  return OBS_STATUSES.some((status) => status === text);
}

function readStatus(text: string): ObsStatus {
  if (isObsStatus(text)) return text;
  throw new RowProblem('allowed', `the status "${text}" is none of ${OBS_STATUSES.join(', ')}`);
}
