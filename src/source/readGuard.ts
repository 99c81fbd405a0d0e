import type { SourcePage } from '../domain/connector.js';
import { syncFailure } from './failure.js';
import { canonicalJson } from './hash.js';

/** Watches one stream for endless loops and lost rows. */
export interface ReadGuard {
  /**
   * Looks at a page before it counts.
   * @throws PlatformError SYNC_PROTOCOL when a page or cursor comes twice, or when the stream ends with other than the declared number of rows
   */
  check(page: SourcePage, bodySha256: string): void;
  /** @throws PlatformError SYNC_PROTOCOL when the stream ended without a reason */
  end(): void;
}

/** Makes the guard of one stream. */
export function createReadGuard(stream: string): ReadGuard {
  const bodies = new Set<string>();
  const positions = new Set<string>();
  let rows = 0;
  let declaredTotal: number | null = null;
  let stopped = false;
  const fail = (message: string): never => {
    throw syncFailure('SYNC_PROTOCOL', `Stream ${stream}: ${message}`, { stream });
  };
  return {
    check(page, bodySha256) {
      if (stopped) fail('a page followed the one that said it was the last.');
      stopped = page.stopReason !== null;
      // An empty page may come twice for different requests; rows never do.
      const body = page.rows.length > 0 ? bodySha256 : `${page.request} ${bodySha256}`;
      if (bodies.has(body))
        fail(`the page of ${page.request} came twice. The source ignores the position, or its next page leads back.`);
      bodies.add(body);
      if (page.cursor !== null && !stopped) {
        const position = canonicalJson(page.cursor);
        if (positions.has(position)) fail(`the cursor ${position} came twice; reading on would never end.`);
        positions.add(position);
      }
      rows += page.rows.length;
      declaredTotal = page.declaredTotal ?? declaredTotal;
      if (stopped && declaredTotal !== null && declaredTotal !== rows) {
        fail(`the source declares ${declaredTotal} rows, ${rows} were read; nothing is kept.`);
      }
    },
    end() {
      if (!stopped) fail('it ended without saying why (stopReason).');
    },
  };
}
