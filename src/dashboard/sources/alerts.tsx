import { useState } from 'react';
import { useSubscription } from 'urql';
import { Link } from 'wouter';
import { SourceAlertsDocument, type SourceAlertsSubscription } from '../generated/operations.ts';
import { useLanguage, useWords } from '../language.tsx';
import { Stopped } from '../parts/stopped.tsx';
import { useRefusal } from '../refusal.ts';
import { SOURCE_WORDS } from './text.ts';
import { Ago } from './when.tsx';

type Alert = SourceAlertsSubscription['alertUpdates']['alerts'][number];

const VARIABLES = { kinds: ['STALE_SOURCE', 'FAILED_RUN'] as const };

/**
 * Open alerts about sources, live: who is too old, whose run failed.
 * @param source key of the only source to tell of; null = all
 */
export function OpenAlerts({ source }: { readonly source: string | null }) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const [open, setOpen] = useState<ReadonlyMap<string, Alert>>(new Map());
  const [{ error }, watchAgain] = useSubscription(
    { query: SourceAlertsDocument, variables: VARIABLES },
    (_previous, event) => {
      const { complete, alerts } = event.alertUpdates;
      setOpen((before) => {
        const after = new Map(complete ? [] : before);
        for (const alert of alerts) {
          if (alert.resolvedAt === null) after.set(alert.id, alert);
          else after.delete(alert.id);
        }
        return after;
      });
      return event;
    },
  );
  const refusal = useRefusal(error);
  const shown = [...open.values()].filter((alert) => source === null || alert.source?.key === source);
  return (
    <>
      <Stopped refusal={refusal} again={() => watchAgain({ requestPolicy: 'network-only' })} />
      <section className="alerts" aria-label={say('alerts')} aria-live="polite">
        {shown.length === 0 ? null : (
          <>
            <h2>{say('alertsOpen', { count: shown.length })}</h2>
            <ul>
              {shown.map((alert) => (
                <li key={alert.id}>
                  <strong>{say(alert.severity)}</strong>{' '}
                  {alert.source === null || source !== null ? null : (
                    <Link href={`/sources/${alert.source.key}`}>{alert.source.key}</Link>
                  )}{' '}
                  {language === 'vi' ? alert.message_vi : alert.message_en} <Ago time={alert.openedAt} />
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
    </>
  );
}
