import { isJsonObject, type JsonObject } from '../json.js';
import type { WireAnswer } from './disturber.js';
import type { RowChange } from './rowChange.js';

/** Where a row of XML keeps its text, beside its fields. */
const XML = '\0xml';

/** The rows of an answer in JSON or XML, with a way to put others in their place. */
export interface WireRows {
  readonly rows: readonly JsonObject[];
  write(rows: readonly JsonObject[]): WireAnswer;
}

/**
 * Finds the rows of an answer without knowing its format: in JSON the longest array of objects, in XML the repeated element with the most text.
 * @returns null when there are none, or when the body is compressed or something else
 */
export function findWireRows(answer: WireAnswer): WireRows | null {
  if (answer.headers['content-encoding'] !== undefined) return null;
  const text = answer.body.toString();
  const rewrite = (body: string): WireAnswer => ({ ...answer, body: Buffer.from(body) });
  if (/^\s*</.test(text)) return findXmlRows(text, rewrite);
  try {
    const data: unknown = JSON.parse(text);
    const place = findArray(data, []);
    if (place === null) return null;
    return { rows: place.rows, write: (rows) => rewrite(JSON.stringify(replaceAt(data, place.path, rows))) };
  } catch {
    return null;
  }
}

/** An answer with its rows changed; as it is when they are not found. */
export function changeWireRows(answer: WireAnswer, change: RowChange, page: number): WireAnswer {
  const found = findWireRows(answer);
  return found === null ? answer : found.write(change(found.rows, page, ''));
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly rows: readonly JsonObject[];
}

function findArray(data: unknown, path: Place['path']): Place | null {
  const inside = Array.isArray(data)
    ? data.map((each, at) => findArray(each, [...path, at]))
    : Object.entries(isJsonObject(data) ? data : {}).map(([key, each]) => findArray(each, [...path, key]));
  const own = Array.isArray(data) && data.length > 0 && data.every(isJsonObject) ? { path, rows: data } : null;
  return [own, ...inside].reduce(
    (best, each) => (each !== null && each.rows.length > (best?.rows.length ?? 0) ? each : best),
    null,
  );
}

function replaceAt(data: unknown, [step, ...rest]: Place['path'], value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(data)) return data.map((each, at) => (at === step ? replaceAt(each, rest, value) : each));
  return { ...Object(data), [step]: replaceAt(Object(data)[step], rest, value) };
}

function findXmlRows(text: string, rewrite: (body: string) => WireAnswer): WireRows | null {
  const names = new Set([...text.matchAll(/<([A-Za-z_][\w:.-]*)/g)].map(([, name = '']) => name));
  const found = [...names]
    .map((name) => [...text.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>[\\s\\S]*?</${name}>`, 'g'))])
    .filter((matches) => matches.length > 1)
    .toSorted((left, right) => lengthOf(right) - lengthOf(left))[0];
  const [first, last] = [found?.[0], found?.at(-1)];
  if (found === undefined || first === undefined || last === undefined) return null;
  const [head, tail] = [text.slice(0, first.index), text.slice(last.index + last[0].length)];
  return {
    rows: found.map(([segment]) => ({ ...xmlFields(segment), [XML]: segment })),
    write: (rows) => rewrite(head + rows.map(writeXmlRow).join('') + tail),
  };
}

function lengthOf(matches: readonly RegExpMatchArray[]): number {
  return matches.reduce((sum, [segment]) => sum + segment.length, 0);
}

/** Leaf elements by name, attributes as `Element@name`. */
function xmlFields(segment: string): JsonObject {
  const leaves = [...segment.matchAll(/<([\w:.-]+)(?:\s[^>]*)?>([^<]+)<\/\1>/g)].map(([, name = '', text = '']) => [
    name,
    text,
  ]);
  const attributes = [...segment.matchAll(/<([\w:.-]+)((?:\s+[\w:.-]+="[^"]*")+)/g)].flatMap(
    ([, element = '', all = '']) =>
      [...all.matchAll(/([\w:.-]+)="([^"]*)"/g)]
        .filter(([, name = '']) => !name.startsWith('xmlns'))
        .map(([, name = '', value = '']) => [`${element}@${name}`, value]),
  );
  return Object.fromEntries([...leaves, ...attributes]);
}

function writeXmlRow(row: JsonObject): string {
  const segment = String(row[XML]);
  let written = segment;
  for (const [field, value] of Object.entries(xmlFields(segment))) {
    if (row[field] === value) continue;
    const [element = '', attribute] = field.split('@');
    const next = String(row[field] ?? '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;');
    const isRenamed = !Object.hasOwn(row, field);
    if (attribute !== undefined) {
      const name = isRenamed ? `${attribute}_renamed="${value}"` : `${attribute}="${next}"`;
      written = written.replace(
        new RegExp(`(<${element}\\s[^>]*?)${attribute}="[^"]*"`),
        (_all, before: string) => before + name,
      );
    } else if (isRenamed) {
      written = written.replace(new RegExp(`<(/?)${element}(?=[\\s>])`, 'g'), `<$1${element}_renamed`);
    } else {
      written = written.replace(
        new RegExp(`(<${element}(?:\\s[^>]*)?>)[^<]*(</${element}>)`),
        (_all, before: string, after: string) => before + next + after,
      );
    }
  }
  return written;
}
