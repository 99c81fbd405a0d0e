import { useEffect, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';
import { ManifestProblemsDocument, type ManifestProblemsQuery } from '../generated/operations.ts';

/** A mistake in a manifest, and where it stands. */
export type ManifestProblem = ManifestProblemsQuery['manifestProblems'][number];

/** Who types is not interrupted before a pause of this length. */
const PAUSE_MS = 400;

/** What is known of a text: its mistakes; null = not known yet, since it has just changed. */
export interface Checked {
  readonly problems: readonly ManifestProblem[] | null;
  readonly error: CombinedError | null;
}

/** Has the platform check a manifest while it is written. Nothing is written or read from the source by that. */
export function useProblems(manifest: string, pause: boolean): Checked {
  const [settled, settle] = useState(manifest);
  useEffect(() => {
    const timer = setTimeout(() => settle(manifest), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [manifest]);
  const [{ data, error, operation, fetching }] = useQuery({
    query: ManifestProblemsDocument,
    variables: { manifest: settled },
    requestPolicy: 'network-only',
    pause,
  });
  // While the next answer is awaited the one before is still there.
  const isOfThis = settled === manifest && !fetching && operation?.variables.manifest === manifest;
  return isOfThis
    ? { problems: data?.manifestProblems ?? null, error: error ?? null }
    : { problems: null, error: null };
}

/** Where a line and column are in a text, as an offset; both count from 1. Beyond the text it is its end. */
export function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  const start = before.reduce((sum, each) => sum + each.length + 1, 0);
  return Math.min(text.length, start + column - 1);
}

/** Names of the secrets that a manifest declares at its top level, in either way of writing a list. */
export function secretNamesIn(manifest: string): readonly string[] {
  const inline = /^secrets:[ \t]*\[([^\]]*)\]/m.exec(manifest)?.[1];
  const block = /^secrets:[ \t]*(?:#.*)?\n((?:[ \t]*-[ \t]*.*\n?)+)/m.exec(manifest)?.[1];
  const names = inline?.split(',') ?? block?.split('\n').map((line) => line.replace(/^[ \t]*-/, '')) ?? [];
  const plain = names.map((name) =>
    name
      .replace(/#.*/, '')
      .trim()
      .replace(/^(['"])(.*)\1$/, '$2'),
  );
  return [...new Set(plain.filter((name) => name !== ''))];
}
