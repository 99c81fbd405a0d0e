import { z } from 'zod';
import type { Scope } from './expression.js';
import { remember } from './memo.js';
import { createMomentReader, instantOf, MOMENT_FORMATS, MOMENT_MEANINGS } from './moment.js';
import { formatSchema, timeZoneSchema } from './period.js';
import { RowProblem, toText } from './problem.js';
import { openTimeZone } from './timeZone.js';
import { createValueReader, oneSource, valueShape } from './valueSource.js';

/** When the producer released the figures of a row. */
export const publicationSchema = oneSource(
  z.strictObject({
    ...valueShape,
    format: formatSchema(MOMENT_FORMATS).describe(
      `The spelling, or several that are tried in order. ${MOMENT_MEANINGS}.`,
    ),
    timeZone: timeZoneSchema.describe(
      'IANA time zone of days and of times without an offset, such as Asia/Ho_Chi_Minh.',
    ),
  }),
);

/**
 * Makes the reader of the time of publication.
 * @returns a function that gives ISO time in UTC, null when it is empty; it throws RowProblem period, required or expression
 */
export function createPublicationReader(
  spec: z.output<typeof publicationSchema>,
  isMissing: (raw: unknown) => boolean,
): { readonly read: (scope: Scope) => string | null; readonly reads: ReadonlySet<string> } {
  const { read, reads } = createValueReader(spec);
  const zone = openTimeZone(spec.timeZone);
  const readMoment = createMomentReader(typeof spec.format === 'string' ? [spec.format] : spec.format);
  const isoOf = remember((text: string): string => {
    const moment = readMoment(text);
    if ('problem' in moment) throw new RowProblem('period', `time of publication: ${moment.problem}`);
    return new Date(instantOf(moment, zone)).toISOString();
  });
  return {
    read: (scope) => {
      const raw = read(scope);
      if (raw === undefined)
        throw new RowProblem('required', `the row has no ${spec.field ?? spec.expression}, the time of publication`);
      return isMissing(raw) ? null : isoOf(toText(raw) ?? 'a list or an object');
    },
    reads,
  };
}
