import type { Name, Text } from './entity.js';
import type { StatedLinkage } from './linkage.js';
import type { Figure, ObsStatus } from './observation.js';
import type { SourceKind } from './source.js';

/** What a connector says about itself; no I/O is needed to read it. */
export interface ConnectorSpec {
  /** Stable key of the source: `einvoice`. */
  readonly key: string;
  readonly version: number;
  readonly name: Name;
  readonly owner: Text;
  readonly kind: SourceKind;
  readonly citation: Text;
  readonly licence: string;
  /** True when it is pointed at a simulator. */
  readonly simulated: boolean;
  readonly freshnessLimitSeconds: number | null;
  /** Names of the secrets that it needs; values come with {@link SourceSettings}. */
  readonly secrets: readonly string[];
  readonly bounds: SourceBounds;
  /**
   * Hosts (`host` or `host:port`) beside that of the base URL that it may be sent to, by a redirect or a link in an answer; credentials never go there.
   * Absent = redirects are not followed at all.
   */
  readonly allowedHosts?: readonly string[];
  /** Where the source is, unless its settings say otherwise; as {@link SourceSettings.baseUrl}. */
  readonly baseUrl?: string;
  /** Where it gets its tokens, when that is another host: secrets go there too. */
  readonly tokenUrl?: string;
  /** When it is read: five fields of cron, in the time of Vietnam; absent = when somebody asks for it. */
  readonly schedule?: string;
  /** What it may ask of its hosts; absent = no more than the operator's own limits. */
  readonly hostLimits?: HostLimits;
}

/** Bounds that the runtime holds a source to; exceeding one fails the run with SYNC_BOUND. */
export interface SourceBounds {
  readonly maxPages: number;
  readonly maxBodyBytes: number;
  /** Rows of the whole run; absent = only pages are counted. */
  readonly maxRows?: number;
  /** From looking up the host to an open connection; absent = 10 s. */
  readonly connectTimeoutMs?: number;
  /** From sending a request to the first byte of its answer; absent = {@link requestTimeoutMs} alone. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of a body; absent = {@link requestTimeoutMs} alone. */
  readonly idleTimeoutMs?: number;
  /** Of one request, from connecting to the last byte. */
  readonly requestTimeoutMs: number;
  /** Of the whole run. */
  readonly runTimeoutMs: number;
}

/** Settings of a source beside its version: where it is and what it needs to be let in. */
export interface SourceSettings {
  /** With scheme and path prefix, without a trailing slash; empty = that of the spec. */
  readonly baseUrl: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** One request as a connector asks for it; the runtime adds time-outs, retries and redaction. */
export interface SourceRequest {
  readonly method: 'GET' | 'POST';
  /** Relative to the base URL, starting with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * Absolute address in place of base URL, path and query, such as a link in an answer. Its host must be that of the base URL or one of
   * `allowedHosts`; give no credentials for another host.
   */
  readonly url?: string;
  /** `bytes` = the body need not be text (XLSX, gzip, charsets that the content type does not name); by default it must. */
  readonly bodyAs?: 'text' | 'bytes';
}

/** An answer, read whole within its bounds. */
export interface SourceResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As text; what is not text stands as a data URL in base64: `data:application/zip;base64,UEsD…`. */
  readonly body: string;
  /** As received, after content-encoding; absent = {@link body} in UTF-8. */
  readonly bytes?: Uint8Array;
}

/** What a response means for the run; connectors say it for protocols that hide errors in a 200. */
export type ResponseVerdict =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly afterMs?: number;
      /** A sentence on what to do when no attempt helps; absent = it may pass by itself. */
      readonly advice?: string;
    }
  | { readonly kind: 'refresh_auth'; readonly reason: string }
  | {
      readonly kind: 'fail';
      readonly reason: string;
      readonly code: 'SYNC_AUTH' | 'SYNC_CONFIG' | 'SYNC_PROTOCOL' | 'SYNC_TRANSIENT';
    };

/** The runtime's HTTP client: the only way of a connector to the network. */
export interface SourceHttp {
  /**
   * Sends a request until it succeeds, fails for good or runs out of attempts.
   * @param build called before every attempt, so that a nonce or token is fresh
   * @param judge decides about a response; without it 2xx is ok, 401 refreshes the authentication once, 408, 429 and 5xx are retried (Retry-After
   *   is obeyed within a floor and a ceiling), and everything else fails
   * @throws PlatformError SYNC_AUTH, SYNC_TRANSIENT, SYNC_PROTOCOL, SYNC_BOUND, SYNC_CANCELLED
   */
  send(
    build: () => SourceRequest | Promise<SourceRequest>,
    judge?: (response: SourceResponse) => ResponseVerdict | Promise<ResponseVerdict>,
  ): Promise<SourceResponse>;
  /** Forgets cached credentials, such as an OAuth2 token; called by the runtime on `refresh_auth`. */
  onRefreshAuth(forget: () => void): void;
  /** Hides a value from now on in everything that people or tables see, such as a session token. */
  hide(secret: string): void;
}

/** Everything a connector gets from the runtime. */
export interface ConnectorContext {
  readonly http: SourceHttp;
  readonly settings: SourceSettings;
  /** Wall clock; connectors do not read it themselves. */
  now(): Date;
  /**
   * Waits, such as for an export to be ready.
   * @throws PlatformError SYNC_CANCELLED, SYNC_BOUND when the run ends meanwhile
   */
  wait(ms: number): Promise<void>;
  readonly signal: AbortSignal;
}

/** Where a stream may resume: an opaque JSON object of the connector's own; null = from the beginning. */
export type Cursor = Readonly<Record<string, string | number>>;

/** What a source may ask of one host. */
export interface HostLimits {
  /** Requests are sent evenly, so never more than these in any second; may be below 1. */
  readonly requestsPerSecond?: number;
  /** Requests under way at one moment, over all workers. */
  readonly maxConcurrent?: number;
}

/** The right to one request, until it has been left. */
export interface HostPass {
  /**
   * Gives it back; call it once, whatever happened.
   * @param outcome `failed` = the host did not answer, or with 5xx or 429: enough of these in a row open its circuit
   */
  leave(outcome: 'ok' | 'failed'): Promise<void>;
}

/** Limits and circuit breaker per host, shared by all sources and workers. */
export interface HostGovernor {
  /**
   * Waits for the host's turn.
   * @param host `host:port`, as the URL has it
   * @param limits null = none; the circuit breaker counts anyway
   * @throws PlatformError SYNC_TRANSIENT when the host's circuit is open; whatever the signal was aborted with
   */
  enter(host: string, limits: HostLimits | null, signal: AbortSignal): Promise<HostPass>;
}

/**
 * Where a stream goes on within one run, after a page: an opaque JSON object of the connector's own, kept with the run. It is written anew with every page,
 * so it must stay small.
 */
export type Checkpoint = Readonly<Record<string, unknown>>;

/** A figure that a row carries, in the words of the frameworks. The runtime resolves entity and indicator. */
export interface MappedRecord extends Figure {
  readonly kind: 'record';
  readonly codeSystem: string;
  readonly entityCode: string;
  readonly frameworkCode: string;
  readonly indicatorCode: string;
  readonly period: string;
  readonly obsStatus: ObsStatus;
  /** When the producer released it, ISO time; null = not said. */
  readonly publishedAt: string | null;
  /** True when the source withdraws the figure. */
  readonly deleted: boolean;
  /**
   * Which of two figures of one identity is the later: whole numbers are compared as such, everything else as text. Needed by the rule
   * `unique: 'highest_revision'`, else ignored; absent or null = not said.
   */
  readonly revision?: string | number | null;
  /** The named rule that changed the figure, such as `suppressed_small_count`; it is counted with the run, and the record is written all the same. */
  readonly changedBy?: string;
}

/** A record that cannot be mapped; it is quarantined with its raw row. */
export interface RejectedRecord {
  readonly kind: 'rejected';
  /** The rule that refused it: `required`, `number`, `range`, `period`, `entity`, `indicator`, `unique`. */
  readonly rule: string;
  readonly message: string;
}

/** A record that a named rule leaves out on purpose, such as a total line. */
export interface SkippedRecord {
  readonly kind: 'skipped';
  readonly rule: string;
}

/** What a connector makes of one figure of a row. */
export type RowRecord = MappedRecord | RejectedRecord | SkippedRecord;

/** One row of a page: as it came, and the records that it carries. */
export interface SourceRow {
  /** The row as JSON data, for quarantine and provenance. */
  readonly raw: unknown;
  readonly records: readonly RowRecord[];
}

/** One page of a stream. */
export interface SourcePage {
  /** The request without its secrets, for people: `GET /v1/x?cursor=…`. */
  readonly request: string;
  readonly response: SourceResponse;
  readonly rows: readonly SourceRow[];
  /** Rows that the source says there are in all; null = not said. Checked against what was read when the stream ends. */
  readonly declaredTotal: number | null;
  /** Why there is no page after this one, such as `no next cursor`; null = there is one. */
  readonly stopReason: string | null;
  /** The part of the stream that it belongs to, such as `province=01`, each with pages and a total of its own; absent = the stream is one. */
  readonly partition?: string;
  /** Position after this page. The one of the last page is kept, in the transaction that commits the rows. */
  readonly cursor: Cursor | null;
  /**
   * Where {@link ConnectorStream.read} can go on after this page when the process dies. Absent or null = nowhere: the stream would begin again, and what
   * was read of it is dropped.
   */
  readonly checkpoint?: Checkpoint | null;
  /**
   * What {@link ConnectorStream.mapRaw} needs beside the row, as JSON data without secrets: kept with the rejects of the page. Absent = nothing.
   */
  readonly mapContext?: unknown;
}

/**
 * What a stream does with two figures of one identity (entity, indicator, period) in a run. The same figure again is always skipped
 * (`duplicate_identical`). Of different ones, `identical` keeps the first and rejects the others, `highest_revision` keeps that of the highest revision and
 * skips the others (`older_revision`), and `reject_both` rejects all.
 */
export const UNIQUE_POLICIES = ['identical', 'highest_revision', 'reject_both'] as const;
/** See {@link UNIQUE_POLICIES}. */
export type UniquePolicy = (typeof UNIQUE_POLICIES)[number];

/** What personal data looks like that must not be stored. */
export const PERSONAL_KINDS = ['personal_number', 'phone', 'email'] as const;
/** See {@link PERSONAL_KINDS}. */
export type PersonalKind = (typeof PERSONAL_KINDS)[number];

/** A field whose aggregates look like personal data although they are not; whoever registers the source answers for it. */
export interface PrivacyAllowance {
  /** Path in the raw row without the numbers of lists: `office.phone`; `body` = what stands beside the rows. */
  readonly field: string;
  readonly kind: PersonalKind;
  /** For people. */
  readonly reason: string;
}

/** What a run must keep to, or it fails with SYNC_RULE and nothing of it is served. */
export interface StreamRules {
  /** Absent = `identical`. */
  readonly unique?: UniquePolicy;
  /** Records rejected of records read, 0 to 1, above which the run fails; absent = any share is accepted. */
  readonly maxRejectShare?: number;
  /**
   * Rows read of those that the last good run read, 0 to 1, below which the run fails. It holds whenever the stream is read as a whole, without a cursor.
   * Absent = the run fails only when it reads nothing where there was something; 0 = that too is accepted.
   */
  readonly minRowsShare?: number;
  /**
   * True = a full refresh has everything that the source knows: what the stream said before and says no more becomes withdrawn. Not done when a record
   * of the stream was rejected, for it might be the one that is missed.
   */
  readonly fullSnapshot?: boolean;
}

/** One table or endpoint of a source. */
export interface ConnectorStream {
  readonly name: string;
  /** What `discover` shows: codes of the framework and indicators that it feeds. */
  readonly feeds: readonly { readonly frameworkCode: string; readonly indicatorCodes: readonly string[] }[];
  /** True when the stream can read what changed after a cursor. */
  readonly incremental: boolean;
  /** Absent = the defaults of each. */
  readonly rules?: StreamRules;
  /** Fields that may look like personal data; absent = none. */
  readonly privacy?: readonly PrivacyAllowance[];
  /**
   * Reads page by page.
   * @param cursor where the last good run ended; null = everything
   * @param checkpoint that of a page of an interrupted read with the same cursor: go on behind that page; null or absent = from the beginning. A
   *   failure before the first page after it makes the runtime read the stream from its beginning.
   * @throws PlatformError SYNC_*
   */
  read(context: ConnectorContext, cursor: Cursor | null, checkpoint?: Checkpoint | null): AsyncIterable<SourcePage>;
  /**
   * Maps one raw row again, for rows in quarantine after the connector was mended. Absent = they cannot be replayed.
   * @param raw as {@link SourceRow.raw} was
   * @param mapContext as {@link SourcePage.mapContext} was; null = there was none
   */
  mapRaw?(raw: unknown, mapContext: unknown): readonly RowRecord[];
  /**
   * What a page says about the linkage of databases. Each of these rows also carries a record that is skipped by the rule `linkage`, for the account.
   * Absent = the stream states none.
   * @param body of a page that was read without a failure, without secrets
   */
  statesLinkages?(body: string): readonly StatedLinkage[];
}

/** What `check` found. */
export interface CheckResult {
  readonly ok: boolean;
  /** For people: what answered, or what is wrong and what to do. */
  readonly message: string;
}

/** Code that reads a source. Steps: spec, check, discover (the streams), preview and sync (both by the runtime). */
export interface Connector {
  readonly spec: ConnectorSpec;
  check(context: ConnectorContext): Promise<CheckResult>;
  readonly streams: readonly ConnectorStream[];
}

/** Gives a connector its type; the seam where a manifest will be turned into the same shape. */
export function defineConnector(connector: Connector): Connector {
  return connector;
}
