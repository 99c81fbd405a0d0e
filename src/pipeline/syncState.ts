import type { Checkpoint, Connector, Cursor } from '../domain/connector.js';
import { sha256 } from '../source/hash.js';
import type { ReadPage } from '../source/readPage.js';

/** How far a run has come with one stream. */
export interface StreamState {
  readonly pages: number;
  readonly rows: number;
  /** Records, whatever became of them. */
  readonly read: number;
  readonly rejected: number;
  readonly skipped: number;
  /** Records in the stage. */
  readonly staged: number;
  /** True when it is read without a cursor. */
  readonly whole: boolean;
  /** Number of its first page. */
  readonly firstSequence: number;
  /** Why it ended; null = it is under way. */
  readonly stopReason: string | null;
  /** Position after its last page; null = nothing to keep. */
  readonly cursor: Cursor | null;
  /** Where it goes on; null = only at its beginning. */
  readonly checkpoint: Checkpoint | null;
  readonly skippedRules: Readonly<Record<string, number>>;
  /** Paths of fields seen. */
  readonly fields: readonly string[];
}

/** How far a run has come: what another worker needs to go on. Kept with the run after every page. */
export interface RunState {
  /** Tells what is read: connector, version, address and period. A run does not go on with another one. */
  readonly subject: string;
  /** How often the run was taken over since its last page; a page that kills every worker must not do so for ever. */
  readonly takeovers: number;
  readonly streams: Readonly<Record<string, StreamState>>;
}

/** What a run of a connector at an address reads, of one period (null = of all). */
export function subjectOf({ spec }: Connector, baseUrl: string, period: string | null): string {
  return `${spec.key} ${spec.version} ${sha256(baseUrl).slice(0, 16)}${period === null ? '' : ` ${period}`}`;
}

/** The state of a run that has read nothing. */
export function newState(subject: string): RunState {
  return { subject, takeovers: 0, streams: {} };
}

/** The sum of one count over all streams. */
export function total(state: RunState, count: 'pages' | 'rows' | 'read' | 'rejected' | 'skipped' | 'staged'): number {
  return Object.values(state.streams).reduce((sum, stream) => sum + stream[count], 0);
}

/**
 * The state after a page.
 * @param whole true when its stream is read without a cursor
 */
export function advance(state: RunState, page: ReadPage, whole: boolean): RunState {
  const before = state.streams[page.stream];
  const rules: Record<string, number> = { ...before?.skippedRules };
  for (const { rule } of page.skipped) rules[rule] = (rules[rule] ?? 0) + 1;
  for (const { changedBy } of page.records) if (changedBy !== null) rules[changedBy] = (rules[changedBy] ?? 0) + 1;
  const stream: StreamState = {
    pages: (before?.pages ?? 0) + 1,
    rows: (before?.rows ?? 0) + page.rowCount,
    read: (before?.read ?? 0) + page.records.length + page.rejected.length + page.skipped.length,
    rejected: (before?.rejected ?? 0) + page.rejected.length,
    skipped: (before?.skipped ?? 0) + page.skipped.length,
    staged: (before?.staged ?? 0) + page.records.length,
    whole,
    firstSequence: before?.firstSequence ?? page.sequence,
    stopReason: page.stopReason,
    cursor: page.cursor ?? before?.cursor ?? null,
    checkpoint: page.checkpoint,
    skippedRules: rules,
    fields: page.newFields.length === 0 ? (before?.fields ?? []) : [...(before?.fields ?? []), ...page.newFields],
  };
  return { ...state, takeovers: 0, streams: { ...state.streams, [page.stream]: stream } };
}

/** The state without a stream, which is then read from its beginning. */
export function withoutStream(state: RunState, stream: string): RunState {
  return { ...state, streams: Object.fromEntries(Object.entries(state.streams).filter(([name]) => name !== stream)) };
}

/** The stream that a run was reading and cannot go on with but from its beginning; null = none. */
export function findStuckStream(state: RunState): string | null {
  const stuck = Object.entries(state.streams).find(([, each]) => each.stopReason === null && each.checkpoint === null);
  return stuck?.[0] ?? null;
}

/** How many records each rule has left out, over all streams. */
export function sumRules(state: RunState): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { skippedRules } of Object.values(state.streams)) {
    for (const [rule, count] of Object.entries(skippedRules)) sum[rule] = (sum[rule] ?? 0) + count;
  }
  return sum;
}
