import { useState } from 'react';
import { useSubscription } from 'urql';
import { type AlertKind, type AlertRowFragment, AlertsLiveDocument } from '../generated/operations.ts';
import type { Watch } from '../parts/stopped.tsx';
import { useRefusal } from '../refusal.ts';

/** Something that somebody should know of. */
export type Alert = AlertRowFragment;

/**
 * Alerts as they are raised and as they end.
 * @param kinds only these; keep the list stable, since another one begins anew
 * @returns by id all that were open or were heard of since, ended ones too; null = nothing was heard yet. Why no more is heard, and what asks again
 */
export function useLiveAlerts(
  kinds: readonly AlertKind[],
): Watch & { readonly heard: ReadonlyMap<string, Alert> | null } {
  const [heard, setHeard] = useState<ReadonlyMap<string, Alert> | null>(null);
  const [{ error }, watchAgain] = useSubscription(
    { query: AlertsLiveDocument, variables: { kinds } },
    (_previous, event) => {
      const { complete, alerts } = event.alertUpdates;
      setHeard(
        (before) => new Map([...(complete ? [] : (before ?? [])), ...alerts.map((each) => [each.id, each] as const)]),
      );
      return event;
    },
  );
  return { heard, refusal: useRefusal(error), again: () => watchAgain({ requestPolicy: 'network-only' }) };
}
