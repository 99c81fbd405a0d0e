import { syncFailure } from '../failure.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { RowCollector } from './bound.js';
import { isMalformedRow, malformedRow } from './malformed.js';
import { describeJson, describeSteps, followSteps, type PathMatches, type PathStep, pathSteps } from './path.js';

/** How records become rows. */
export interface RecordSpec {
  readonly explode?: string | readonly string[] | undefined;
  readonly parentKey: string;
  readonly columns?: 'first' | readonly string[] | undefined;
}

/**
 * The records at a path: the elements of an array there, or one object.
 * @throws PlatformError SYNC_PROTOCOL when there is nothing at the path, also in one of several branches, or neither an array nor an object
 */
export function recordsAt(document: unknown, steps: readonly PathStep[]): readonly unknown[] {
  const { found, absent } = followSteps(document, steps);
  if (absent !== null) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected records at ${describeSteps(steps)}, received a document without ${absent}.`,
    );
  }
  return elementsOf({ found, absent }, steps);
}

function elementsOf({ found }: PathMatches, steps: readonly PathStep[]): readonly unknown[] {
  // A path that ends with * names the records themselves; else it names the array of them.
  if (steps.at(-1)?.kind === 'all') return found;
  return found.flatMap((match) => {
    if (Array.isArray(match) || isJsonObject(match)) return match;
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected an array or an object at ${describeSteps(steps)}, received ${describeJson(match)}.`,
    );
  });
}

/** Compiles how records become rows: arrays get names, nested arrays are exploded, and what is not a record becomes a malformed row. */
export function compileRecords(spec: RecordSpec): (records: Iterable<unknown>, into: RowCollector) => void {
  const paths = typeof spec.explode === 'string' ? [spec.explode] : (spec.explode ?? []);
  const nested = paths.map((path) => pathSteps(path).flatMap((step) => (step.kind === 'key' ? [step.key] : [])));
  return (records, into) => {
    const toRow = nameColumns(spec.columns);
    for (const record of records) {
      const row = toRow(record);
      if (row !== null) addRows(row, { nested, parentKey: spec.parentKey, into, sharedChars: 0 });
    }
  };
}

/** Returns null for the record that names the columns. */
function nameColumns(columns: RecordSpec['columns']): (record: unknown) => JsonObject | null {
  let names = columns === 'first' ? null : columns;
  return (record) => {
    if (isJsonObject(record)) return record;
    if (!Array.isArray(record) || names === undefined) {
      return malformedJson(record, `Expected an object, received ${describeJson(record)}.`);
    }
    if (names === null) {
      names = columnNames(record);
      return null;
    }
    if (record.length !== names.length) {
      return malformedJson(record, `Expected ${names.length} columns, received ${record.length}.`);
    }
    return Object.fromEntries(names.map((name, at) => [name, record[at]]));
  };
}

function malformedJson(record: unknown, problem: string): JsonObject {
  return malformedRow(JSON.stringify(record) ?? '', problem);
}

function columnNames(record: readonly unknown[]): readonly string[] {
  const names = record.filter((name) => typeof name === 'string');
  if (names.length === record.length && new Set(names).size === names.length) return names;
  throw syncFailure(
    'SYNC_PROTOCOL',
    'Expected different texts in the first record, which names the columns. Give columns as a list.',
  );
}

interface Explosion {
  readonly nested: readonly (readonly string[])[];
  readonly parentKey: string;
  readonly into: RowCollector;
  readonly sharedChars: number;
}

function addRows(row: JsonObject, explosion: Explosion): void {
  const { nested, parentKey, into, sharedChars } = explosion;
  const [keys, ...deeper] = nested;
  if (keys === undefined || isMalformedRow(row)) {
    into.add(row, sharedChars);
    return;
  }
  const { found } = followSteps(
    row,
    keys.map((key) => ({ kind: 'key', key })),
  );
  const [elements] = found;
  if (!Array.isArray(elements)) {
    into.add(malformedJson(row, `Expected an array at ${keys.join('.')}, received ${describeJson(elements)}.`));
    return;
  }
  const parent = withoutMember(row, keys);
  const parentChars = JSON.stringify(parent).length;
  for (const element of elements) {
    const child = isJsonObject(element) ? element : { value: element };
    if (Object.hasOwn(child, parentKey)) {
      into.add(
        malformedJson(element, `The element has a member ${parentKey} of its own. Set parentKey of the format.`),
      );
    } else
      addRows(
        { ...child, [parentKey]: parent },
        { ...explosion, nested: deeper, sharedChars: sharedChars + parentChars },
      );
  }
}

/** A copy without the member at the path; what is beside it stays. */
function withoutMember(row: JsonObject, keys: readonly string[]): JsonObject {
  const [key, ...rest] = keys;
  const member = key === undefined ? undefined : row[key];
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (name !== key) return [[name, value]];
      return rest.length > 0 && isJsonObject(member) ? [[name, withoutMember(member, rest)]] : [];
    }),
  );
}
