import type { Platform } from '../graph/context.js';
import type { Allowance } from './allowance.js';
import type { CompiledOperations } from './compiled.js';
import type { ErrorFormatter } from './error.js';
import type { Hub } from './hub.js';
import type { Identity } from './identity.js';
import type { OperationJudge } from './judge.js';
import type { Metrics } from './metrics.js';
import type { Sessions } from './session.js';
import type { TrustedDocuments } from './trusted.js';

/** What serves operations over connections that stay open: WebSockets and event streams, equally. */
export interface ConnectionOptions {
  readonly platform: () => Platform | null;
  readonly compiled: CompiledOperations;
  readonly judge: OperationJudge;
  readonly trusted: TrustedDocuments;
  readonly formatError: ErrorFormatter;
  readonly metrics: Metrics;
  readonly identity: Identity;
  readonly sessions: Sessions;
  readonly hub: Hub;
  /** Longest execution of a query. */
  readonly maxExecutionMs: number;
  /** How many connections each client may have open. */
  readonly connections: Allowance;
}
