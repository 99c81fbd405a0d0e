import type { Connector, ConnectorStream, Cursor, SourcePage } from '../domain/connector.js';
import type { SyncMode } from '../domain/syncRun.js';
import { createAccountant } from './accountPage.js';
import { openSource, type SourceOptions, type SourceSession } from './context.js';
import { syncFailure } from './failure.js';
import { sha256 } from './hash.js';
import { createPrivacyGuard } from './privacy.js';
import { createReadGuard } from './readGuard.js';
import type { ReadPage, ReadProgress } from './readPage.js';
import { createRecordResolver, type RecordLookup } from './resolve.js';

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
}

/**
 * Reads all streams of a source in their order, page by page; only the identities of what was read stay in memory. Keep nothing of a run before
 * the iteration has ended well: the checks of totals come with the last page of a stream.
 * @throws PlatformError SYNC_CONFIG, SYNC_AUTH, SYNC_ADDRESS, SYNC_TRANSIENT, SYNC_PROTOCOL, SYNC_BOUND, SYNC_PRIVACY, SYNC_CANCELLED, or INTERNAL_SERVER_ERROR for a bug of the
 *   connector; always with a `failureType` and without secrets
 */
export async function* readSource(connector: Connector, options: ReadSourceOptions): AsyncGenerator<ReadPage, void> {
  const session = openSource(connector, options);
  const account = createAccountant(createRecordResolver(options.lookup), session.redact);
  const { maxPages, maxRows = Number.POSITIVE_INFINITY } = connector.spec.bounds;
  let sequence = 0;
  let rows = 0;
  let records = 0;
  let rejected = 0;
  try {
    for (const stream of connector.streams) {
      const guard = createReadGuard(stream.name);
      const privacy = createPrivacyGuard(stream.name, stream.privacy);
      let streamRows = 0;
      for await (const page of stream.read(session.context, startOf(stream, options))) {
        session.context.signal.throwIfAborted();
        if (sequence >= maxPages) {
          throw syncFailure('SYNC_BOUND', `The run has more than ${maxPages} pages (maxPages).`, { maxPages });
        }
        if (rows + page.rows.length > maxRows) {
          throw syncFailure('SYNC_BOUND', `The run has more than ${maxRows} rows (maxRows).`, { maxRows });
        }
        privacy.check(page, sequence);
        const read = { ...describePage(stream, page, session), sequence, ...account(page) };
        guard.check(page, read.bodySha256);
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

function startOf(stream: ConnectorStream, options: ReadSourceOptions): Cursor | null {
  return options.mode === 'INCREMENTAL' && stream.incremental ? (options.cursors[stream.name] ?? null) : null;
}

/** What a page is before its records are looked at. */
function describePage(
  stream: ConnectorStream,
  page: SourcePage,
  session: SourceSession,
): Omit<ReadPage, 'sequence' | 'records' | 'rejected' | 'skipped'> {
  const body = session.redact(page.response.body);
  return {
    stream: stream.name,
    request: session.redact(page.request),
    status: page.response.status,
    body,
    bodySha256: sha256(body),
    retrievedAt: session.context.now(),
    stopReason: page.stopReason,
    cursor: page.cursor,
  };
}
