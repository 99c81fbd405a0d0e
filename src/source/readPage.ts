import type { Checkpoint, Cursor } from '../domain/connector.js';
import type { ResolvedRecord } from './resolve.js';

/** A resolved record and where it stood in its page. */
export interface ReadRecord extends ResolvedRecord {
  /** Index of the row in its page, from 0; a row may carry several records. */
  readonly row: number;
  /** SHA-256, hex, of the canonical JSON of the raw row. */
  readonly rowHash: string;
}

/** A record for quarantine. */
export interface ReadReject {
  readonly row: number;
  readonly rowHash: string;
  /** The row as JSON data, without secrets. */
  readonly raw: unknown;
  readonly rule: string;
  readonly message: string;
}

/** A record that a named rule left out, such as `duplicate_identical`. */
export interface ReadSkip {
  readonly row: number;
  readonly rule: string;
}

/** One page as the pipeline gets it. Records read on it = records + rejected + skipped. */
export interface ReadPage {
  readonly stream: string;
  /** Number of the page in the run, from 0, over all streams. */
  readonly sequence: number;
  /** For people, without secrets. */
  readonly request: string;
  readonly status: number;
  /** As received, without secrets. */
  readonly body: string;
  /** SHA-256, hex, of {@link body} in UTF-8. */
  readonly bodySha256: string;
  readonly retrievedAt: Date;
  /** The part of the stream that it belongs to; null = the stream is one. */
  readonly partition: string | null;
  readonly rowCount: number;
  /** Rows that the source says the part has in all; null = not said. */
  readonly declaredTotal: number | null;
  /** Tells it from all other pages of the stream. */
  readonly fingerprint: string;
  /** Canonical JSON of each row, in order, without secrets. */
  readonly rawRows: readonly string[];
  /** Paths of fields that no row of the stream had before. */
  readonly newFields: readonly string[];
  readonly records: readonly ReadRecord[];
  readonly rejected: readonly ReadReject[];
  readonly skipped: readonly ReadSkip[];
  /** Why the stream ends with this page; null = it goes on. */
  readonly stopReason: string | null;
  /** Position after this page; keep that of the stream's last page, in the transaction that commits the records; null = nothing to keep. */
  readonly cursor: Cursor | null;
  /** Where the stream goes on after this page; null = it cannot. */
  readonly checkpoint: Checkpoint | null;
  /** What mapping a row again needs beside it; null = nothing. */
  readonly mapContext: unknown;
}

/** What a run has read so far. */
export interface ReadProgress {
  readonly stream: string;
  readonly pages: number;
  readonly rows: number;
  /** Records read, whatever became of them. */
  readonly records: number;
  readonly rejected: number;
  /** Share of the stream's rows that is read, 0 to 1; null = the source does not say how many there are. */
  readonly share: number | null;
}
