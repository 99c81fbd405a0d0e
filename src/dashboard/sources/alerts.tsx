import { AlertList } from '../alerts/alertList.tsx';
import type { Alert } from '../alerts/liveAlerts.ts';
import { useWords } from '../language.tsx';
import { SOURCE_WORDS } from './text.ts';

/** What alerts about sources are about. */
export const SOURCE_ALERTS = ['STALE_SOURCE', 'FAILED_RUN'] as const;

/**
 * Open alerts about sources: who is too old, whose run failed.
 * @param heard what {@link useLiveAlerts} tells of {@link SOURCE_ALERTS}
 * @param source key of the only source to tell of; null = all
 */
export function OpenAlerts({
  heard,
  source,
}: {
  readonly heard: ReadonlyMap<string, Alert> | null;
  readonly source: string | null;
}) {
  const say = useWords(SOURCE_WORDS);
  const shown = [...(heard?.values() ?? [])].filter(
    (alert) => alert.resolvedAt === null && (source === null || alert.source?.key === source),
  );
  return (
    <section aria-label={say('alerts')} aria-live="polite">
      {shown.length === 0 ? null : (
        <>
          <h2>{say('alertsOpen', { count: shown.length })}</h2>
          <AlertList alerts={shown} />
        </>
      )}
    </section>
  );
}
