import { z } from 'zod';
import { syncFailure } from '../failure.js';
import { isJsonObject } from '../json.js';

const MAX_PATH_CHARS = 500;
const MAX_STEPS = 32;

/** One step of a path: a member of an object, one element of an array, or all of its elements. */
export type PathStep =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' };

/** What a path found. */
export interface PathMatches {
  /** In the order of the document. Null members are found, as null. */
  readonly found: readonly unknown[];
  /** The first place where a step could not be taken, such as `data.items (no such member)`; null = every step was taken. */
  readonly absent: string | null;
}

interface PathError {
  readonly message: string;
  /** Counted from 1. */
  readonly column: number;
}

/** What stands between dots: anything but the characters that have a meaning. */
const BARE_KEY = /[^\s.[\]"'*$]+/y;
const QUOTED_KEY = /\[\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*\]/y;
const INDEX = /\[\s*(\d{1,9})\s*\]/y;
const ALL = /\[\s*\*\s*\]|\*/y;

/**
 * Reads a path: keys joined by dots or in brackets and quotes (`["@odata.nextLink"]`), indexes (`[0]`), `*` or `[*]` for all elements of an array,
 * `$` for the document itself, which may also come first (`$.data[*].items`). Neither filters nor recursion, so it ends after as many steps as it has.
 */
function parsePath(text: string): readonly PathStep[] | PathError {
  if (text.length > MAX_PATH_CHARS) return { message: `a path has at most ${MAX_PATH_CHARS} characters`, column: 1 };
  const steps: PathStep[] = [];
  let position = text.startsWith('$') ? 1 : 0;
  if (text.trim() === '') return { message: 'a path is not empty; the document itself is "$"', column: 1 };
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match !== null) position += match[0].length;
    return match;
  };
  while (position < text.length) {
    if (steps.length === MAX_STEPS) return { message: `a path has at most ${MAX_STEPS} steps`, column: position + 1 };
    const isBracket = text[position] === '[';
    if (!isBracket && position > 0) {
      if (text[position] !== '.')
        return { message: `expected "." or "[" at "${text.slice(position, position + 20)}"`, column: position + 1 };
      position += 1;
    }
    const step = isBracket
      ? (takeQuoted(take(QUOTED_KEY)) ?? takeIndex(take(INDEX)) ?? takeAll(take(ALL)))
      : takeBare(take);
    if (step === null)
      return {
        message: `expected a key, [index] or * at "${text.slice(position, position + 20)}"`,
        column: position + 1,
      };
    steps.push(step);
  }
  return steps;
}

function takeQuoted(match: RegExpExecArray | null): PathStep | null {
  return match && { kind: 'key', key: (match[1] ?? match[2] ?? '').replace(/\\(.)/gs, '$1') };
}

function takeIndex(match: RegExpExecArray | null): PathStep | null {
  return match && { kind: 'index', index: Number(match[1]) };
}

function takeAll(match: RegExpExecArray | null): PathStep | null {
  return match && { kind: 'all' };
}

function takeBare(take: (pattern: RegExp) => RegExpExecArray | null): PathStep | null {
  const all = takeAll(take(ALL));
  if (all !== null) return all;
  const match = take(BARE_KEY);
  return match && { kind: 'key', key: match[0] };
}

/**
 * The steps of a path.
 * @throws PlatformError SYNC_CONFIG when the text is not a path; the message names the column
 */
export function pathSteps(text: string): readonly PathStep[] {
  const parsed = parsePath(text);
  if ('message' in parsed) {
    throw syncFailure(
      'SYNC_CONFIG',
      `The path ${JSON.stringify(text.slice(0, 80))} is not usable: ${parsed.message} (column ${parsed.column}).`,
    );
  }
  return parsed;
}

/** A path in a manifest, checked when the manifest is read. */
export const pathSchema = z
  .string()
  .max(MAX_PATH_CHARS)
  .superRefine((text, context) => {
    const parsed = parsePath(text);
    if ('message' in parsed)
      context.addIssue({ code: 'custom', message: `${parsed.message} (column ${parsed.column} of the path)` });
  })
  .describe(
    'Path into a document: keys joined by dots, ["key with dots"], [0], * for all elements of an array, $ for the document itself.',
  );

/** Follows steps through a document and says where one could not be taken. Own members only; never a prototype's. */
export function followSteps(document: unknown, steps: readonly PathStep[]): PathMatches {
  let found: readonly unknown[] = [document];
  let absent: string | null = null;
  for (const [at, step] of steps.entries()) {
    const next: unknown[] = [];
    for (const node of found) {
      const problem = takeStep(node, step, next);
      if (problem !== null) absent ??= `${describeSteps(steps.slice(0, at + 1))} (${problem})`;
    }
    found = next;
  }
  return { found, absent };
}

/** Adds what one step finds; the problem when there is nothing to take it in. */
function takeStep(node: unknown, step: PathStep, into: unknown[]): string | null {
  if (step.kind === 'key') {
    if (!isJsonObject(node)) return `not an object but ${describeJson(node)}`;
    if (!Object.hasOwn(node, step.key)) return 'no such member';
    into.push(node[step.key]);
    return null;
  }
  if (!Array.isArray(node)) return `not an array but ${describeJson(node)}`;
  if (step.kind === 'index') {
    if (step.index >= node.length) return `an array of ${node.length}`;
    into.push(node[step.index]);
    return null;
  }
  for (const element of node) into.push(element);
  return null;
}

/**
 * Compiles a path once for many documents.
 * @returns a function that never throws: what the path finds, in the order of the document; `[]` when there is nothing
 * @throws PlatformError SYNC_CONFIG when the text is not a path
 */
export function compilePath(text: string): (document: unknown) => unknown[] {
  const steps = pathSteps(text);
  return (document) => [...followSteps(document, steps).found];
}

/** Writes steps as a path for messages. */
export function describeSteps(steps: readonly PathStep[]): string {
  const text = steps
    .map((step) => {
      if (step.kind === 'all') return '[*]';
      if (step.kind === 'index') return `[${step.index}]`;
      return /^[^\s.[\]"'*$]+$/.test(step.key) ? `.${step.key}` : `[${JSON.stringify(step.key)}]`;
    })
    .join('');
  return text === '' ? '$' : text.replace(/^\./, '');
}

/** Names the type of a JSON value, as words in a message. */
export function describeJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value === undefined) return 'nothing';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
