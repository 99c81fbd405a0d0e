import type { z } from 'zod';
import { findNear } from '../nearWord.js';
import { checkManifest } from './checkManifest.js';
import { findUnknownWords, type Vocabulary } from './checkWords.js';
import { findUnknownKeys } from './findUnknownKeys.js';
import { readManifestText } from './manifestText.js';
import { expandPreset } from './preset.js';
import type { FoundProblem, ManifestPath, ManifestProblem, ManifestProblemCode } from './problem.js';
import { type Manifest, manifestSchema } from './schema.js';

/** A manifest, or what is wrong with it. */
export interface ParsedManifest {
  /** null when there are problems. */
  readonly manifest: Manifest | null;
  /** All of them at once, in the order of the text. */
  readonly problems: readonly ManifestProblem[];
  /** Gives line and column to a problem that only shows where the manifest is used. */
  readonly locate: (problem: FoundProblem) => ManifestProblem;
}

/**
 * Reads and checks a manifest in YAML or JSON. Never throws, whatever the text is.
 * @param text at most {@link MAX_MANIFEST_BYTES}
 * @param vocabulary codes that it may name; absent = any
 */
export function parseManifest(text: string, vocabulary: Vocabulary | null = null): ParsedManifest {
  const source = readManifestText(text);
  const { locate } = source;
  if (source.data === null && source.problems.length > 0) return { manifest: null, problems: source.problems, locate };
  const data = expandPreset(source.data);
  const parsed = manifestSchema.safeParse(data);
  const found: FoundProblem[] = [
    ...findUnknownKeys(manifestSchema, data),
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => readIssue(issue, [], data))),
    ...checkManifest(data),
    ...(vocabulary === null ? [] : findUnknownWords(data, vocabulary)),
  ];
  const located = [...source.problems, ...found.map(locate)];
  const problems = [...new Map(located.map((each) => [`${each.path} ${each.message}`, each])).values()].sort(
    (left, right) => left.line - right.line || left.column - right.column,
  );
  return { manifest: parsed.success && problems.length === 0 ? parsed.data : null, problems, locate };
}

/** Turns an issue of the schema into problems. */
function readIssue(issue: z.core.$ZodIssue, before: ManifestPath, data: unknown): FoundProblem[] {
  const path = [...before, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  // Unknown keys are found by a walk of their own, which sees more.
  if (issue.code === 'unrecognized_keys') return [];
  const last = String(path.at(-1) ?? 'manifest');
  if (valueAt(data, path) === undefined && issue.code !== 'custom') {
    return [{ path, code: 'required', message: `"${last}" is required${describeChoice(issue)}.` }];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that came furthest is the one that was meant.
    const branches = issue.errors.map((errors) => errors.flatMap((each) => readIssue(each, path, data)));
    const meant = issue.errors.findIndex((errors) =>
      errors.every((each) => each.path.length > 0 || each.code !== 'invalid_type'),
    );
    if (meant >= 0) return branches[meant] ?? [];
    const expected = issue.errors.flatMap((errors) =>
      errors.map((each) => ('expected' in each ? String(each.expected) : 'other')),
    );
    return [{ path, code: 'value', message: `"${last}" must be ${[...new Set(expected)].join(' or ')}.` }];
  }
  const problem = issue.code === 'custom' ? issue.params?.problem : undefined;
  const message = issue.code === 'custom' ? issue.message : `"${last}": ${issue.message}`;
  const near = nearestChoice(issue, valueAt(data, path));
  const whole = near === null ? message : `${message}; did you mean "${near}"?`;
  return [{ path, code: codeOf(problem, issue.message), message: /[.?]$/.test(whole) ? whole : `${whole}.` }];
}

/** What was probably meant by a value that is none of a list; null = the issue is another, or none is near. */
function nearestChoice(issue: z.core.$ZodIssue, value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const choices = issue.code === 'invalid_value' ? issue.values : 'options' in issue ? issue.options : null;
  if (!Array.isArray(choices)) return null;
  return findNear(
    value,
    choices.filter((each) => typeof each === 'string'),
  );
}

function codeOf(problem: unknown, message: string): ManifestProblemCode {
  if (problem === 'placeholder' || problem === 'cel' || problem === 'secret') return problem;
  if (message.includes('of the path)')) return 'path';
  return message.includes('the expression is wrong') ? 'cel' : 'value';
}

function describeChoice(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union' || !('options' in issue) || !Array.isArray(issue.options)) return '';
  return `: one of ${issue.options.join(', ')}`;
}

function valueAt(data: unknown, path: ManifestPath): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}
