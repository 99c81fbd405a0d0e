import type { Serving } from './platform.js';
import type { Metrics } from './server/metrics.js';

/**
 * Adds what the platform holds in memory to the metrics of its process.
 * @param serving null until it is open
 */
export function measureServing(metrics: Metrics, serving: () => Serving | null): void {
  const library = () => serving()?.platform.library ?? null;
  metrics.gauge('dti_revision_head', 'Newest revision that this process has seen', () => serving()?.feed.head ?? null);
  metrics.gauge(
    'dti_reads_from_replica',
    '1 = what has a revision is read from a replica, 0 = from the primary',
    () => {
      const reading = serving()?.platform.database.reading;
      return reading === undefined ? null : Number(reading.from === 'replica');
    },
  );
  metrics.gauge(
    'dti_snapshots_in_memory',
    'Snapshots whose columns are in memory',
    () => library()?.memory.snapshots ?? null,
  );
  metrics.gauge('dti_snapshot_memory_bytes', 'What the columns in memory take', () => library()?.memory.bytes ?? null);
}
