import type { Checkpoint, Connector, ConnectorStream, Cursor, SourcePage } from '../../domain/connector.js';
import type { PlatformError } from '../../domain/errors.js';
import type { SourceOptions } from '../context.js';
import { syncFailure, toSyncFailure } from '../failure.js';
import type { HttpAttempt } from '../http.js';
import type { ReadPage } from '../readPage.js';
import { readSource } from '../readSource.js';
import type { Disturb, Disturber, SeenRequest } from './disturber.js';
import { ledgerOf } from './ledger.js';
import type { RowChange } from './rowChange.js';
import type { Subject, Variation } from './subject.js';

/** Rows of each stream that most trials read: three pages of seven. */
export const SAMPLE_ROWS = 21;
/** Nothing of a local trial takes longer; a request that is left hanging ends here. */
const REQUEST_TIMEOUT_MS = 5000;
const RUN_TIMEOUT_MS = 20_000;

/** How a trial differs from an ordinary full read. */
export interface TrialOptions extends Variation {
  readonly disturb?: Disturb;
  /** Ends each stream after so many rows; null = reads everything. {@link SAMPLE_ROWS} unless given. */
  readonly sample?: number | null;
  /** Reads what changed after these; absent = a full refresh. */
  readonly cursors?: Readonly<Record<string, Cursor>>;
  /** Goes on behind a page of an earlier trial, by stream. */
  readonly checkpoints?: Readonly<Record<string, Checkpoint>>;
  readonly requestTimeoutMs?: number;
  readonly maxBodyBytes?: number;
  /** Of the settings, in place of the right ones. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What a trial came to. */
export interface Trial {
  readonly pages: readonly ReadPage[];
  /** The same pages as the connector gave them. */
  readonly sourcePages: readonly SourcePage[];
  /** null = the run ended well. */
  readonly failure: PlatformError | null;
  readonly attempts: readonly HttpAttempt[];
  /** Waits between attempts and polls, in milliseconds; nobody waited. */
  readonly waits: readonly number[];
  readonly requests: readonly SeenRequest[];
  /** For each page, the index in {@link requests} of the one that fetched it. */
  readonly pageRequests: readonly number[];
  /** For each page, the number of the change of rows that it went through, from 1; null = none, such as for a page that is empty by a rule. */
  readonly changes: readonly (number | null)[];
  readonly cursors: Readonly<Record<string, Cursor>>;
  /** What the run would leave in an empty store. */
  readonly ledger: ReadonlyMap<string, string>;
  readonly rejected: number;
  readonly skipped: number;
}

/** Reads the subject through a disturber, once. */
export async function runTrial(
  subject: Subject,
  disturber: Disturber,
  options: TrialOptions,
  source: Partial<SourceOptions>,
): Promise<Trial> {
  const { disturb, sample = SAMPLE_ROWS, cursors, checkpoints = {} } = options;
  disturber.begin(disturb);
  const sourcePages: SourcePage[] = [];
  const pageRequests: number[] = [];
  const changes: (number | null)[] = [];
  const pages: ReadPage[] = [];
  const attempts: HttpAttempt[] = [];
  const waits: number[] = [];
  const reached: Record<string, Cursor> = {};
  const sampler = createSampler(sample, options.rows);
  const varied = subject.kind === 'manifest' ? { ...options, rows: sampler.change } : options;
  const connector = prepare(subject.create(varied), options, (page) => {
    sourcePages.push(page);
    pageRequests.push(disturber.requests.length - 1);
    changes.push(subject.kind === 'manifest' ? sampler.changeOf(page) : sourcePages.length);
  });
  const controller = new AbortController();
  let failure: PlatformError | null = null;
  try {
    const read = readSource(connector, {
      now: () => new Date(),
      ...source,
      settings: { baseUrl: disturber.baseUrl, secrets: options.secrets ?? subject.settings.secrets },
      mode: cursors === undefined ? 'FULL_REFRESH' : 'INCREMENTAL',
      cursors: cursors ?? {},
      lookup: subject.lookup,
      signal: controller.signal,
      onAttempt: (attempt) => attempts.push(attempt),
      sleep: async (ms) => {
        waits.push(ms);
        // Waits that nobody waits for must not become a loop without an end.
        if (waits.length > 10_000) throw syncFailure('SYNC_BOUND', 'The run waits more than 10,000 times.');
      },
    });
    for await (const page of read) {
      pages.push(page);
      if (page.stopReason !== null && page.cursor !== null) reached[page.stream] = page.cursor;
    }
  } catch (error) {
    // readSource has hidden the secrets; a failure before it began had none.
    failure = toSyncFailure(error, (text) => text);
  } finally {
    controller.abort();
  }
  return {
    ...{ pages, sourcePages, failure, attempts, waits, pageRequests, changes },
    requests: [...disturber.requests],
    cursors: reached,
    ledger: ledgerOf(pages),
    rejected: pages.reduce((sum, page) => sum + page.rejected.length, 0),
    skipped: pages.reduce((sum, page) => sum + page.skipped.length, 0),
  };

  /** The connector with bounds that a trial can wait for, cut to the sample. */
  function prepare(whole: Connector, limits: TrialOptions, onPage: (page: SourcePage) => void): Connector {
    const { bounds } = whole.spec;
    const requestTimeoutMs = Math.min(bounds.requestTimeoutMs, limits.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
    const maxBodyBytes = Math.min(bounds.maxBodyBytes, limits.maxBodyBytes ?? bounds.maxBodyBytes);
    const runTimeoutMs = Math.min(bounds.runTimeoutMs, RUN_TIMEOUT_MS);
    return {
      ...whole,
      spec: { ...whole.spec, bounds: { ...bounds, requestTimeoutMs, maxBodyBytes, runTimeoutMs } },
      streams: whole.streams.map((stream) => ({
        ...stream,
        read: (context, cursor) => watch(stream, stream.read(context, cursor, checkpoints[stream.name]), onPage),
      })),
    };
  }

  async function* watch(
    stream: ConnectorStream,
    read: AsyncIterable<SourcePage>,
    onPage: (page: SourcePage) => void,
  ): AsyncGenerator<SourcePage, void> {
    for await (const page of read) {
      onPage(page);
      const isLast = subject.kind === 'manifest' ? sampler.isFull(stream.name) : sampler.count(stream.name, page) <= 0;
      if (sample === null) yield page;
      else if (!isLast) yield { ...page, declaredTotal: null };
      else {
        const left = subject.kind === 'manifest' ? 0 : sampler.count(stream.name, null);
        const rows = left < 0 ? page.rows.slice(0, page.rows.length + left) : page.rows;
        const stopReason = page.stopReason ?? `sample of ${stream.name}`;
        yield { ...page, rows, declaredTotal: null, stopReason, cursor: page.stopReason === null ? null : page.cursor };
        return;
      }
    }
  }
}

/**
 * Cuts streams to a sample. The rows of a manifest are cut before they are changed and mapped, so that a page of thousands costs nothing and a shuffled
 * one has the same rows; those of code after they were mapped.
 */
function createSampler(sample: number | null, change: RowChange = (rows) => rows) {
  const left = new Map<string, number>();
  const given = new Map<number, readonly unknown[]>();
  const leftOf = (stream: string): number => left.get(stream) ?? sample ?? Number.POSITIVE_INFINITY;
  return {
    change: ((rows, page, stream) => {
      const kept = rows.slice(0, leftOf(stream));
      left.set(stream, leftOf(stream) - kept.length);
      const changed = change(kept, page, stream);
      given.set(page, changed);
      return changed;
    }) satisfies RowChange,
    /** The number of the change that the rows of a page went through; null = none. */
    changeOf({ rows }: SourcePage): number | null {
      const [found] =
        [...given].findLast(([, changed]) => changed.length === rows.length && changed[0] === rows[0]?.raw) ?? [];
      return found ?? null;
    },
    isFull: (stream: string): boolean => leftOf(stream) <= 0,
    /** Counts the rows of a page; null = only says how many are left, below zero when there were too many. */
    count(stream: string, page: SourcePage | null): number {
      if (page !== null) left.set(stream, leftOf(stream) - page.rows.length);
      return leftOf(stream);
    },
  };
}
