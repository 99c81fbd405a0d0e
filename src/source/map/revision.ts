import { cleanText } from '../storable.js';
import type { Scope } from './expression.js';
import { RowProblem, toText } from './problem.js';
import { createValueReader, type ValueReader, type ValueSource } from './valueSource.js';

/**
 * Makes the reader of what says which of two figures is the later.
 * @returns a function that gives null when it is empty; it throws RowProblem required or expression
 */
export function createRevisionReader(
  source: ValueSource,
  isMissing: (raw: unknown) => boolean,
): { readonly read: (scope: Scope) => string | null; readonly reads: ValueReader['reads'] } {
  const { read, reads } = createValueReader(source);
  return {
    read: (scope) => {
      const raw = read(scope);
      const name = source.field ?? source.expression;
      if (raw === undefined) throw new RowProblem('required', `the row has no ${name}, its revision`);
      if (isMissing(raw)) return null;
      const text = toText(raw);
      if (text === null) throw new RowProblem('required', `${name}, the revision, is a list or an object`);
      return cleanText(text);
    },
    reads,
  };
}
