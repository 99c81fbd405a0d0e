import { z } from 'zod';
import { compareDecimals, subtractDecimals } from './arithmetic.js';
import type { StatedFigure } from './figure.js';
import { decimalSchema } from './number.js';

/** Which figures are about so few that they could be known by name. */
export const suppressSchema = z.strictObject({
  below: decimalSchema.describe(
    'Counts that are smaller become missing (status O), in the unit of the indicator; 5 is usual.',
  ),
  zero: z.boolean().default(false).describe('True when "nobody" must not be told either.'),
  complement: z
    .boolean()
    .default(true)
    .describe(
      'A ratio is missing too when the rest of it (denominator less numerator) is that small: 98 of 100 tells of two.',
    ),
  indicators: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'The indicators that it is about; else all of the mapping. Leave out rates and amounts, which count nobody.',
    ),
});

/** A figure, with the rule that took it away. */
type SuppressibleFigure = StatedFigure & { readonly changedBy?: string };

/** See {@link suppressSchema}. */
export type SuppressSpec = z.output<typeof suppressSchema>;

/**
 * Makes the function that takes small counts out of figures. It works row by row: a sum over all entities, published elsewhere, can still tell a single
 * suppressed one, so do not feed totals beside it, or raise the threshold.
 * @returns the figure as it is, or missing with the status O and the name of the rule
 */
export function createSuppression(
  spec: SuppressSpec | undefined,
): (figure: StatedFigure, indicatorCode: string) => SuppressibleFigure {
  if (spec === undefined) return (figure) => figure;
  const { zero, complement, indicators } = spec;
  const below = String(spec.below);
  const isSmall = (count: string | null): boolean =>
    count !== null && compareDecimals(count, below) < 0 && compareDecimals(count, '0') > (zero ? -1 : 0);
  const isRestSmall = ({ numerator, denominator }: StatedFigure): boolean =>
    complement && numerator !== null && denominator !== null && isSmall(subtractDecimals(denominator, numerator));
  return (figure, indicatorCode) => {
    if (indicators !== undefined && !indicators.includes(indicatorCode)) return figure;
    const { value, numerator, denominator } = figure;
    if (![value, numerator, denominator].some(isSmall) && !isRestSmall(figure)) return figure;
    return { value: null, numerator: null, denominator: null, obsStatus: 'O', changedBy: 'suppressed_small_count' };
  };
}
