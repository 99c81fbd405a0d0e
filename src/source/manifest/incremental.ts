import { compilePath } from '../decode/path.js';
import { syncFailure } from '../failure.js';
import type { Answer } from './ask.js';
import { readScalar } from './readDocument.js';
import type { IncrementalSpec } from './streamSchema.js';

type Value = string | number;

/** Follows the cursor of one part of a stream. */
export interface CursorTracker {
  /** Looks at a page. */
  observe(answer: Answer): void;
  /**
   * The cursor after the last page; null = none, as before.
   * @throws PlatformError SYNC_PROTOCOL when the answers never said it
   */
  end(): Value | null;
  /** What it needs to go on elsewhere. */
  memory(): TrackerMemory;
}

/** What a tracker has seen so far. */
export interface TrackerMemory {
  readonly reached: Value | null;
  readonly wasSaid: boolean;
  /** That of the last row, where an order is claimed. */
  readonly previous: Value | null;
}

/** What `{{ cursor }}` is: where the last good run ended, moved back by lookback and step; before the first run the initial value, if any. */
export function chooseCursor(spec: IncrementalSpec, last: Value | null): Value | null {
  if (last === null) return spec.initial ?? null;
  // A source that leaves out what equals the cursor would hide rows that came later with the same value.
  const step = spec.from === 'row' && !spec.inclusive ? 1 : 0;
  const back = spec.lookback + step;
  if (back === 0 || spec.type === 'text') return last;
  return spec.type === 'time' || spec.from === 'runStart' ? moveTime(String(last), back) : moveNumber(last, back);
}

/**
 * Makes the tracker of one part.
 * @param memory of the tracker of the same part before an interruption; null = it begins
 */
export function trackCursor(
  spec: IncrementalSpec,
  last: Value | null,
  startedAt: Date,
  memory: TrackerMemory | null,
): CursorTracker {
  let { reached, wasSaid, previous } = memory ?? { reached: last, wasSaid: false, previous: null };
  const find = spec.path === undefined ? null : compilePath(spec.path);
  const take = (value: Value | null): void => {
    if (value === null) return;
    wasSaid = true;
    if (spec.ordered) {
      if (previous !== null && isLater(spec.type, previous, value)) throw orderFailure(previous, value);
      previous = value;
    }
    if (reached === null || isLater(spec.type, value, reached)) reached = value;
  };
  return {
    observe(answer) {
      if (find === null) return;
      if (answer.empty !== null) wasSaid = true;
      else if (spec.from === 'document') take(readScalar(find(answer.document)));
      else for (const row of answer.rows) take(readScalar(find(row)));
    },
    end() {
      if (spec.from === 'runStart') return startedAt.toISOString();
      if (spec.from === 'document' && !wasSaid) {
        throw syncFailure(
          'SYNC_PROTOCOL',
          `No answer says the cursor in ${spec.path}; the next run could not go on from here.`,
        );
      }
      return reached;
    },
    memory: () => ({ reached, wasSaid, previous }),
  };
}

/** @throws PlatformError SYNC_PROTOCOL when a value is not of the type */
function isLater(type: IncrementalSpec['type'], value: Value, than: Value): boolean {
  if (type === 'text') return String(value) > String(than);
  if (type === 'time') return readTime(String(value)) > readTime(String(than));
  const [left, right] = [String(value), String(than)];
  if (/^-?\d+$/.test(left) && /^-?\d+$/.test(right)) return BigInt(left) > BigInt(right);
  if (Number.isNaN(Number(left))) throw cursorFailure(left, 'number');
  return Number(left) > Number(right);
}

const ZONE = /(?:Z|[+-]\d\d:?\d\d)$/i;

/** A time without a zone is compared as if it were UTC: only the order counts. */
function readTime(text: string): number {
  const time = Date.parse(ZONE.test(text) || !text.includes(':') ? text : `${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(time)) throw cursorFailure(text, 'time');
  return time;
}

/** Keeps the shape of the source: a date stays a date, a time without a zone stays without. */
function moveTime(text: string, seconds: number): string {
  const moved = new Date(readTime(text) - seconds * 1000).toISOString();
  if (!text.includes(':')) return moved.slice(0, 10);
  return ZONE.test(text) ? moved : moved.slice(0, 19).replace('T', text.includes('T') ? 'T' : ' ');
}

function moveNumber(value: Value, back: number): Value {
  const text = String(value);
  if (/^-?\d+$/.test(text) && Number.isInteger(back)) {
    const moved = BigInt(text) - BigInt(back);
    return typeof value === 'number' ? Number(moved) : String(moved);
  }
  return Number(value) - back;
}

function orderFailure(previous: Value, value: Value): Error {
  const [before, after] = [previous, value].map((each) => String(each).slice(0, 60));
  return syncFailure(
    'SYNC_PROTOCOL',
    `The rows are not in the order of the cursor, as incremental.ordered claims: ${after} follows ${before}. Ask the source for an order, or leave the claim out.`,
  );
}

function cursorFailure(text: string, type: string): Error {
  return syncFailure(
    'SYNC_PROTOCOL',
    `The cursor "${text.slice(0, 60)}" is not a ${type}. Change incremental.type, or its path.`,
  );
}
