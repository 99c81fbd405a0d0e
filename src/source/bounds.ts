import type { SourceBounds } from '../domain/connector.js';

/** Bounds that fit a national database with pages of some hundred rows; a connector with other needs states its own. */
export const DEFAULT_BOUNDS: SourceBounds = {
  maxPages: 10_000,
  maxBodyBytes: 8_388_608,
  requestTimeoutMs: 15_000,
  runTimeoutMs: 600_000,
};
