import { useState } from 'react';
import { useSubscription } from 'urql';
import { type AlertKind, type AlertRowFragment, AlertsLiveDocument } from '../generated/operations.ts';
import type { Watch } from '../parts/stopped.tsx';
import { useRefusal } from '../refusal.ts';

/** Something that somebody should know of. */
export type Alert = AlertRowFragment;

/** Alerts that are over and are kept, as many as a list shows: a page that is open for weeks must not grow with all that ends. */
const ENDED = 1000;

/**
 * Alerts as they are raised and as they end.
 * @param kinds only these; keep the list stable, since another one begins anew
 * @returns by id all that are open, and the newest 1,000 that were heard to end; null = nothing was heard yet. Why no more is heard, and what asks again
 */
export function useLiveAlerts(
  kinds: readonly AlertKind[],
): Watch & { readonly heard: ReadonlyMap<string, Alert> | null } {
  const [heard, setHeard] = useState<ReadonlyMap<string, Alert> | null>(null);
  const [{ error }, watchAgain] = useSubscription(
    { query: AlertsLiveDocument, variables: { kinds } },
    (_previous, event) => {
      const { complete, alerts } = event.alertUpdates;
      setHeard((before) =>
        keep(new Map([...(complete ? [] : (before ?? [])), ...alerts.map((each) => [each.id, each] as const)])),
      );
      return event;
    },
  );
  return { heard, refusal: useRefusal(error), again: () => watchAgain({ requestPolicy: 'network-only' }) };
}

/** The open ones, and of those that are over the ones that ended last. */
function keep(alerts: ReadonlyMap<string, Alert>): ReadonlyMap<string, Alert> {
  const ended = [...alerts.values()]
    .filter(({ resolvedAt }) => resolvedAt !== null)
    .sort((one, other) => (one.resolvedAt ?? '').localeCompare(other.resolvedAt ?? ''));
  const tooOld = new Set(ended.slice(0, -ENDED).map(({ id }) => id));
  return tooOld.size === 0 ? alerts : new Map([...alerts].filter(([id]) => !tooOld.has(id)));
}
