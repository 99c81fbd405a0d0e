/**
 * The one table of error codes. Every known failure of the platform is a {@link PlatformError} with one of these codes; tests and
 * clients rely on the code, people read the message. The prefix names the room or concern.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: 'The environment has values that the platform cannot run with.',
  PORT_IN_USE: 'Another process listens on the port that was asked for.',
  DATA_FOLDER_IN_USE: 'Another platform process holds the data folder.',
  DATA_FOLDER_UNUSABLE: 'The data folder cannot be read, written or started as a database.',
  DATA_NEWER: 'The data was written by a newer version of the platform.',
  DATA_OLDER: 'The data was written by an older version of the platform, and must not be changed here.',
  DATABASE_UNREACHABLE: 'PostgreSQL does not answer at the given address.',
  DATABASE_HISTORY_LOST: 'The database does not have any more what was read from it before.',
  DATABASE_TOO_OLD: 'PostgreSQL is older than the oldest supported version.',
  BACKUP_DAMAGED: 'The backup is cut short or altered, or is no backup; nothing was restored.',
  BACKUP_NEWER: 'The backup was written by a newer version of the platform; nothing was restored.',
  RESTORE_NOT_EMPTY: 'The database that a backup was to be restored into is not empty; nothing was changed.',
  RESTORE_UNEQUAL: 'What was restored does not come to the results that it came to before.',
  REFERENCE_INVALID: 'Reference files contradict themselves or each other; nothing was loaded.',
  AMBIGUOUS_CODE: 'More than one entity has this code; name the code system.',
  NOT_FOUND: 'There is nothing with this identifier.',
  BAD_USER_INPUT: 'An argument is not acceptable.',
  AS_OF_UNAVAILABLE: 'Nothing had been published or computed at the asked time.',
  REVISION_UNKNOWN:
    'The state that the page before was read at is not there: a restore or a failover lost it, or this server has not got it yet.',
  STARTING: 'The platform is starting and does not answer queries yet.',
  ROUND_STATE: 'The round is not in a state that allows this.',
  ROUND_ITEM_INVALID: 'A self-reported item contradicts itself or the framework.',
  METHOD_RULE_INVALID: 'A scoring rule of a framework cannot be applied.',
  METHOD_INPUT_INVALID: 'A scoring input has the wrong shape.',
  MERGE_POLICY_INVALID: 'A merge policy is not usable.',
  SNAPSHOT_CORRUPT: 'A stored snapshot does not have the shape or the hash that it says.',
  SOURCE_STATE: 'The source is not in a state that allows this.',
  SECRETS_KEY: 'A stored secret cannot be opened with the key that the platform has.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key was used for another input.',
  SYNC_CONFIG: 'The source is configured wrongly; a person must act.',
  SYNC_AUTH: 'The source refused the credentials.',
  SYNC_ADDRESS:
    'The source leads to an address that is not public and that the operator does not allow, or to a port that no HTTP request is sent to.',
  SYNC_TRANSIENT: 'The source failed in a way that may pass; it was retried.',
  SYNC_PROTOCOL: 'The source answered something that its protocol does not allow.',
  SYNC_PRIVACY: 'The source gave what looks like personal data; nothing of it was kept.',
  SYNC_BOUND: 'The source exceeded a bound on size, pages or time.',
  SYNC_ACCOUNTING: 'The account of a sync run does not add up; nothing was written.',
  SYNC_RULE:
    'What the source gave breaks a rule that is set for it, such as the least number of rows; nothing was written.',
  SYNC_BUSY: 'Another run of this source is under way.',
  SYNC_CANCELLED: 'The run was cancelled.',
  AUTH_REQUIRED: 'This asks for somebody who has signed in; send a token or an API key.',
  AUTH_FORBIDDEN: 'The role of the one who asks does not allow this.',
  AUTH_INVALID: 'The token or API key is not valid: unknown, malformed, expired or revoked.',
  AUTH_THROTTLED: 'Too many credentials that were not valid came from this client; wait as long as the answer says.',
  AUTH_UNAVAILABLE: 'The issuer of tokens does not answer, so nobody can be recognised now.',
  RATE_LIMITED: 'The client asks more often than it may; wait as long as the answer says.',
  QUERY_TOO_DEEP: 'The document nests deeper than the limit.',
  QUERY_TOO_LARGE: 'The document has more tokens or fields than the limit.',
  QUERY_TOO_COSTLY: 'The operation asks for more fields, over all rows, than the limit.',
  TOO_MANY_OPERATIONS: 'The socket or the client runs as many operations as it may.',
  TIMEOUT: 'The operation took longer than it may and was given up.',
  EXPORT_TOO_LARGE: 'The table has more than the format or the server can write into one file.',
  PAYLOAD_TOO_LARGE: 'The request is larger than the limit.',
  BAD_REQUEST: 'The request is not GraphQL over HTTP.',
  PERSISTED_QUERY_NOT_FOUND: 'No trusted document has this id; send the document itself.',
  DOCUMENT_NOT_TRUSTED: 'Only trusted documents are answered, and this one is not on the list.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE: 'The document does not say which of its operations is meant.',
  INTERNAL_SERVER_ERROR: 'A failure that nobody foresaw; details are in the log.',
} as const;

/** A code of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Who must act after a connector's failure (Airbyte's notion): a person, time, or the authors of the code. */
export type FailureType = 'config_error' | 'transient_error' | 'system_error';

/** Optional parts of a {@link PlatformError}. */
export interface PlatformErrorOptions {
  /** Facts for programs; shown to clients, so never secrets, SQL or addresses. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  readonly failureType?: FailureType;
}

/** A failure that the platform knows: its message says what was wrong, what was received and what to do next. */
export class PlatformError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly failureType: FailureType | null;

  constructor(code: ErrorCode, message: string, options: PlatformErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PlatformError';
    this.code = code;
    this.details = options.details ?? {};
    this.failureType = options.failureType ?? null;
  }
}

/** Says what an unknown thrown value was, for logs and messages. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.message;
  // Some libraries tell of an error by a plain object.
  const isTold = typeof error === 'object' && error !== null && 'message' in error;
  return isTold ? String(error.message) : String(error);
}
