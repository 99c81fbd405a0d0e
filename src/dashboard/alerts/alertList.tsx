import './alerts.css';
import { Link } from 'wouter';
import { useFormats, useLanguage, useName, useWords } from '../language.tsx';
import { Ago } from '../parts/when.tsx';
import type { Alert } from './liveAlerts.ts';
import { ALERT_WORDS } from './text.ts';

const SIGNS = { CRITICAL: '✕', WARNING: '▲', INFO: '●' } as const;

/** Alerts, a row each: how soon somebody should look, what it is about, and since when. */
export function AlertList({
  alerts,
  marked = '',
}: {
  readonly alerts: readonly Alert[];
  /** Id of the one that somebody came for; empty = none. */
  readonly marked?: string;
}) {
  const say = useWords(ALERT_WORDS);
  const { time } = useFormats();
  return (
    <ul className="alert-list">
      {alerts.map((alert) => (
        <li key={alert.id} {...(alert.id === marked ? { 'aria-current': true, ref: scrollHere } : {})}>
          <strong className={`is-${alert.severity}`}>
            <span aria-hidden="true">{SIGNS[alert.severity]}</span> {say(alert.severity)}
          </strong>
          <span>
            <Matter alert={alert} />
          </span>
          <span className="soft">
            {alert.resolvedAt === null ? <strong>{say('open')} · </strong> : null}
            <Ago time={alert.openedAt} />
            {alert.resolvedAt === null || alert.resolvedAt === alert.openedAt
              ? null
              : `, ${say('resolved', { time: time(alert.resolvedAt) })}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** When it appears; later the reader has the place. */
function scrollHere(element: HTMLLIElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}

/** What happened, as the platform says it; the name in it leads to who or what it happened to. */
function Matter({ alert }: { readonly alert: Alert }) {
  const { language } = useLanguage();
  const name = useName();
  const { entity, round, source, syncRun } = alert;
  const message = alert[`message_${language}`];
  const named = entity ?? source;
  if (named === null) return message;
  const href =
    entity === null
      ? `/sources/${source?.key}${syncRun ? `?run=${syncRun.id}` : ''}`
      : `/entity/${entity.codeSystem}/${entity.code}${round ? `?round=${round.code}` : ''}`;
  const [before, ...after] = message.split(name(named));
  // A message without the name leads there as a whole.
  if (after.length === 0) return <Link href={href}>{message}</Link>;
  return (
    <>
      {before}
      <Link href={href}>{name(named)}</Link>
      {after.join(name(named))}
    </>
  );
}
