import { deletePages } from '../store/listPages.js';
import type { Database } from '../store/orm.js';

const DAY_MS = 86_400_000;
/** A transaction with more would hold others up. */
const CHUNK = 500;

/** How long raw pages are kept by default, in days. */
export const PAGE_RETENTION_DAYS = 90;

/**
 * Deletes raw pages older than an age. Kept longer are those that an observation or linkage in force comes from, or that have rows in quarantine: the way back from every
 * figure to its page stays. Hashes, requests and rows of observations are kept with these in any case.
 * @returns how many it deleted
 */
export async function expirePages(
  database: Database,
  now: Date,
  { days = PAGE_RETENTION_DAYS, signal }: { readonly days?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  const before = new Date(now.getTime() - days * DAY_MS);
  let deleted = 0;
  while (signal?.aborted !== true) {
    const count = await database.fork().transactional((em) => deletePages(em, before, CHUNK));
    deleted += count;
    if (count < CHUNK) break;
  }
  return deleted;
}
