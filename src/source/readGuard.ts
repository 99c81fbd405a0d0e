import type { SourcePage } from '../domain/connector.js';
import { syncFailure } from './failure.js';
import { canonicalJson, sha256 } from './hash.js';

/** Enough of a hash that two pages of a run never share it by chance; the whole would cost a long run memory. */
const FINGERPRINT_CHARS = 16;

/** What a guard remembers of the pages before an interruption. */
export interface GuardMemory {
  /** As {@link ReadGuard.check} gave them. */
  readonly fingerprints: readonly string[];
  /** By partition; that of a stream without partitions is empty. */
  readonly counts: readonly {
    readonly partition: string;
    readonly rows: number;
    readonly declaredTotal: number | null;
  }[];
}

/** Watches one stream for endless loops and lost rows. */
export interface ReadGuard {
  /**
   * Looks at a page before it counts.
   * @returns what tells the page from all others of the stream
   * @throws PlatformError SYNC_PROTOCOL when a page or cursor comes twice, or when the stream ends with other than the declared number of rows
   */
  check(page: SourcePage, bodySha256: string): string;
  /** @throws PlatformError SYNC_PROTOCOL when the stream ended without a reason */
  end(): void;
}

/**
 * Makes the guard of one stream.
 * @param memory of the same stream before an interruption; absent = it begins
 */
export function createReadGuard(stream: string, memory?: GuardMemory): ReadGuard {
  const bodies = new Set(memory?.fingerprints);
  const positions = new Set<string>();
  /** By partition; a stream without partitions is one. */
  const counts = new Map<string, { rows: number; declaredTotal: number | null }>(
    memory?.counts.map(({ partition, rows, declaredTotal }) => [partition, { rows, declaredTotal }]),
  );
  let stopped = false;
  const fail = (message: string): never => {
    throw syncFailure('SYNC_PROTOCOL', `Stream ${stream}: ${message}`, { stream });
  };
  return {
    check(page, bodySha256) {
      if (stopped) fail('a page followed the one that said it was the last.');
      stopped = page.stopReason !== null;
      const partition = page.partition ?? '';
      // An empty page may come twice for different requests, and two partitions may have the same figures; rows of one never come twice.
      const body = fingerprint(`${partition} ${page.rows.length > 0 ? '' : page.request} ${bodySha256}`);
      if (bodies.has(body))
        fail(`the page of ${page.request} came twice. The source ignores the position, or its next page leads back.`);
      bodies.add(body);
      if (page.cursor !== null && !stopped) {
        const position = canonicalJson(page.cursor);
        const mark = fingerprint(position);
        if (positions.has(mark)) fail(`the cursor ${position} came twice; reading on would never end.`);
        positions.add(mark);
      }
      const count = counts.get(partition) ?? { rows: 0, declaredTotal: null };
      count.rows += page.rows.length;
      count.declaredTotal = page.declaredTotal ?? count.declaredTotal;
      counts.set(partition, count);
      if (!stopped) return body;
      for (const [name, { rows, declaredTotal }] of counts) {
        if (declaredTotal === null || declaredTotal === rows) continue;
        const where = name === '' ? '' : ` for ${name}`;
        fail(`the source declares ${declaredTotal} rows${where}, ${rows} were read; nothing is kept.`);
      }
      return body;
    },
    end() {
      if (!stopped) fail('it ended without saying why (stopReason).');
    },
  };
}

function fingerprint(text: string): string {
  return sha256(text).slice(0, FINGERPRINT_CHARS);
}
