import type { Checkpoint, Connector, ConnectorStream, Cursor, SourcePage } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import type { SyncMode } from '../domain/syncRun.js';
import { createAccountant, type PageAccount } from './accountPage.js';
import { openSource, type SourceOptions, type SourceSession } from './context.js';
import { syncFailure } from './failure.js';
import { createFieldPaths } from './fieldPaths.js';
import { sha256 } from './hash.js';
import { createPrivacyGuard } from './privacy.js';
import { createReadGuard, type GuardMemory } from './readGuard.js';
import type { ReadPage, ReadProgress } from './readPage.js';
import { createRecordResolver, type RecordLookup } from './resolve.js';
import { cleanText, isStorable, makeStorable } from './storable.js';

/** How far an interrupted run had come with one stream. */
export interface StreamResume {
  /** True = it is read to its end, and not read again. */
  readonly isDone: boolean;
  /** Where it goes on, when it is not done. */
  readonly checkpoint: Checkpoint;
  readonly rows: number;
  /** Number of its first page. */
  readonly firstSequence: number;
  readonly fields: readonly string[];
  readonly guard: GuardMemory;
}

/** How far an interrupted run had come. */
export interface ReadResume {
  /** Number of the next page. */
  readonly sequence: number;
  readonly rows: number;
  readonly records: number;
  readonly rejected: number;
  /** Streams that had begun, by name. */
  readonly streams: ReadonlyMap<string, StreamResume>;
  /** Called when a stream cannot go on where it stood and is read from its beginning: forget what was kept of it. */
  readonly onRestart: (stream: string) => Promise<void>;
}

/** What a read needs from its caller. */
export interface ReadSourceOptions extends SourceOptions {
  /** `FULL_REFRESH` ignores the cursors. */
  readonly mode: SyncMode;
  /** Per stream, where the last good run ended; a stream that is absent is read from the beginning. */
  readonly cursors: Readonly<Record<string, Cursor>>;
  readonly lookup: RecordLookup;
  /** Called after every page. */
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Stops after so many pages, without a failure; for previews. */
  readonly maxPages?: number;
  /** False = the caller looks for identities that come twice; absent = true, and their identities stay in memory. */
  readonly checksUnique?: boolean;
  /** Absent = the run begins. */
  readonly resume?: ReadResume;
}

/**
 * Reads all streams of a source in their order, page by page; only what tells pages apart stays in memory, and the identities of what was read when
 * `checksUnique` says so. Serve nothing of a run before the iteration has ended well: the checks of totals come with the last page of a stream.
 * @throws PlatformError SYNC_CONFIG, SYNC_AUTH, SYNC_ADDRESS, SYNC_TRANSIENT, SYNC_PROTOCOL, SYNC_BOUND, SYNC_PRIVACY, SYNC_CANCELLED, or
 *   INTERNAL_SERVER_ERROR for a bug of the connector; always with a `failureType` and without secrets
 */
export async function* readSource(connector: Connector, options: ReadSourceOptions): AsyncGenerator<ReadPage, void> {
  const session = openSource(connector, options);
  const { resume, checksUnique = true } = options;
  const account = createAccountant({
    resolve: createRecordResolver(options.lookup, () => session.context.now()),
    redact: session.redact,
    checksUnique,
  });
  const { maxPages, maxRows = Number.POSITIVE_INFINITY } = connector.spec.bounds;
  let { sequence = 0, rows = 0, records = 0, rejected = 0 } = resume ?? {};
  try {
    for (const stream of connector.streams) {
      const held = resume?.streams.get(stream.name);
      if (held?.isDone === true) continue;
      let guard = createReadGuard(stream.name, held?.guard);
      let fields = createFieldPaths(held?.fields);
      const privacy = createPrivacyGuard(stream.name, stream.privacy);
      let streamRows = held?.rows ?? 0;
      const restart = async (): Promise<void> => {
        await resume?.onRestart(stream.name);
        guard = createReadGuard(stream.name);
        fields = createFieldPaths();
        sequence = held?.firstSequence ?? sequence;
        rows -= streamRows;
        streamRows = 0;
      };
      for await (const page of readPages(stream, session, startOf(stream, options), held, restart)) {
        session.context.signal.throwIfAborted();
        if (sequence >= maxPages) {
          throw syncFailure('SYNC_BOUND', `The run has more than ${maxPages} pages (maxPages).`, { maxPages });
        }
        if (rows + page.rows.length > maxRows) {
          throw syncFailure('SYNC_BOUND', `The run has more than ${maxRows} rows (maxRows).`, { maxRows });
        }
        privacy.check(page, sequence);
        const described = describePage(stream, page, session);
        const fingerprint = guard.check(page, described.bodySha256);
        const newFields = fields.observe(page.rows.map(({ raw }) => raw));
        const read = { ...described, sequence, fingerprint, newFields, ...account(page) };
        sequence += 1;
        rows += page.rows.length;
        streamRows += page.rows.length;
        records += read.records.length + read.rejected.length + read.skipped.length;
        rejected += read.rejected.length;
        yield read;
        const share = page.declaredTotal === null ? null : streamRows / Math.max(1, page.declaredTotal);
        options.onProgress?.({ stream: stream.name, pages: sequence, rows, records, rejected, share });
        if (sequence === options.maxPages) return;
      }
      guard.end();
    }
  } catch (error) {
    throw session.explain(error);
  } finally {
    session.close();
  }
}

/** The pages of a stream. Where it cannot go on after an interruption, for a result set lives only so long, it begins again. */
async function* readPages(
  stream: ConnectorStream,
  { context }: SourceSession,
  cursor: Cursor | null,
  held: StreamResume | undefined,
  restart: () => Promise<void>,
): AsyncGenerator<SourcePage, void> {
  if (held !== undefined) {
    const rest = stream.read(context, cursor, held.checkpoint)[Symbol.asyncIterator]();
    let next: IteratorResult<SourcePage> | null = null;
    try {
      next = await rest.next();
    } catch (error) {
      if (context.signal.aborted || isForPeople(error)) throw error;
    }
    if (next !== null && next.done !== true) {
      yield next.value;
      yield* { [Symbol.asyncIterator]: () => rest };
      return;
    }
    await restart();
  }
  yield* stream.read(context, cursor, null);
}

function isForPeople(error: unknown): boolean {
  return error instanceof PlatformError && ['SYNC_AUTH', 'SYNC_CONFIG', 'SYNC_ADDRESS'].includes(error.code);
}

function startOf(stream: ConnectorStream, options: ReadSourceOptions): Cursor | null {
  return options.mode === 'INCREMENTAL' && stream.incremental ? (options.cursors[stream.name] ?? null) : null;
}

/** What a page is before its records are looked at. */
function describePage(
  stream: ConnectorStream,
  page: SourcePage,
  session: SourceSession,
): Omit<ReadPage, 'sequence' | 'fingerprint' | 'newFields' | keyof PageAccount> {
  const body = session.redact(page.response.body);
  const show = (text: string): string => cleanText(session.redact(text));
  if (!isStorable(page.cursor)) {
    throw syncFailure('SYNC_PROTOCOL', `Stream ${stream.name}: the cursor holds characters that are no text.`);
  }
  return {
    stream: stream.name,
    request: show(page.request),
    status: page.response.status,
    body,
    bodySha256: sha256(body),
    retrievedAt: session.context.now(),
    partition: page.partition === undefined ? null : cleanText(page.partition),
    rowCount: page.rows.length,
    declaredTotal: page.declaredTotal,
    stopReason: page.stopReason === null ? null : show(page.stopReason),
    cursor: page.cursor,
    checkpoint: canKeep(page.checkpoint ?? null, session) ? (page.checkpoint ?? null) : null,
    mapContext: makeStorable(page.mapContext ?? null),
  };
}

/** A next address may carry the key of the source, or what is no text; such a position is not kept, and the stream would begin again. */
function canKeep(checkpoint: Checkpoint | null, { redact }: SourceSession): boolean {
  const text = JSON.stringify(checkpoint);
  return redact(text) === text && isStorable(checkpoint);
}
