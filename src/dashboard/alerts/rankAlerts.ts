import { useMemo, useState } from 'react';
import { useSubscription } from 'urql';
import { RankAlertsLiveDocument, type RankAlertsLiveSubscription } from '../generated/operations.ts';

/** A fall in the ranking that somebody should look at. */
export type RankAlert = RankAlertsLiveSubscription['alertUpdates']['alerts'][number];

const NONE: ReadonlyMap<string, RankAlert> = new Map();

/**
 * Open alerts about falls in a round, as they are raised and as they end. When the platform tells no more, none is known any more.
 * @param entities keys of the only ones to hear of, `GSO-2025:48`; null = all. Keep the list stable
 * @param pause nothing is asked for: a published result has no open alerts
 * @returns by id of the entity; and what asks again
 */
export function useRankAlerts(
  round: string,
  entities: string[] | null,
  pause: boolean,
): { readonly alerts: ReadonlyMap<string, RankAlert>; readonly again: () => void } {
  const [open, setOpen] = useState<ReadonlyMap<string, RankAlert>>(NONE);
  const [{ error }, watchAgain] = useSubscription(
    { query: RankAlertsLiveDocument, variables: { entities }, pause },
    (_previous, event) => {
      const { complete, alerts } = event.alertUpdates;
      setOpen((before) => {
        const known = new Map(complete ? [] : before);
        for (const alert of alerts) {
          if (alert.resolvedAt === null) known.set(alert.id, alert);
          else known.delete(alert.id);
        }
        return known;
      });
      return event;
    },
  );
  const alerts = useMemo(
    () =>
      new Map(
        [...open.values()].flatMap((alert) =>
          alert.round?.code === round && alert.entity ? [[alert.entity.id, alert] as const] : [],
        ),
      ),
    [open, round],
  );
  return { alerts: error || pause ? NONE : alerts, again: () => watchAgain({ requestPolicy: 'network-only' }) };
}
