import { isJsonObject, type JsonObject } from '../json.js';

/**
 * Changes the rows of one page.
 * @param page its number in the run, from 1
 * @param stream its name; empty on the wire, where nobody knows it
 */
export type RowChange = (rows: readonly JsonObject[], page: number, stream: string) => readonly JsonObject[];

/** The value of a field as a mapping names it: the field of that name, else a path with dots. */
export function readField(row: JsonObject, field: string): unknown {
  if (Object.hasOwn(row, field)) return row[field];
  return field.split('.').reduce<unknown>((holder, name) => {
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined;
    return (holder as JsonObject)[name];
  }, row);
}

/** A copy of a row with another value in a field; the row itself when it has no such field. */
export function writeField(row: JsonObject, field: string, value: unknown): JsonObject {
  return changeField(row, field, (holder, name) => ({ ...holder, [name]: value }));
}

/** A copy of a row in which a field has another name. */
export function renameField(row: JsonObject, field: string): JsonObject {
  return changeField(row, field, ({ [field.split('.').at(-1) ?? field]: _old, ...rest }, name) => {
    const { [name]: value, ...others } = rest as JsonObject;
    return { ...others, [`${name}_renamed`]: value ?? _old };
  });
}

function changeField(
  row: JsonObject,
  field: string,
  change: (holder: JsonObject, name: string) => JsonObject,
): JsonObject {
  if (Object.hasOwn(row, field)) return change(row, field);
  const [first = '', ...rest] = field.split('.');
  const member = row[first];
  if (rest.length === 0 || !isJsonObject(member)) return row;
  return { ...row, [first]: changeField(member, rest.join('.'), change) };
}

/** All fields of a row that hold a text or a number, as paths with dots. */
export function fieldsOf(row: JsonObject, before = ''): readonly string[] {
  return Object.entries(row).flatMap(([name, value]) => {
    // What the suite itself keeps in a row.
    if (name.startsWith('\0')) return [];
    if (isJsonObject(value)) return fieldsOf(value, `${before}${name}.`);
    return typeof value === 'string' || typeof value === 'number' ? [before + name] : [];
  });
}

/** The same data with every text changed. */
export function mapTexts(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data);
  if (Array.isArray(data)) return data.map((each) => mapTexts(each, change));
  if (!isJsonObject(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mapTexts(value, change)]));
}

/** A fixed order that is not that of the source: from the last to the first, the odd ones before the even ones. */
export function shuffle<Row>(rows: readonly Row[]): readonly Row[] {
  const reversed = rows.toReversed();
  return [...reversed.filter((_row, at) => at % 2 === 1), ...reversed.filter((_row, at) => at % 2 === 0)];
}
