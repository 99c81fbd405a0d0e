import './alerts.css';
import { Link } from 'wouter';
import { useFormats, useName, useWords } from '../language.tsx';
import { useRoundName } from '../roundName.ts';
import { Ago } from '../sources/when.tsx';
import type { Alert } from './liveAlerts.ts';
import { ALERT_WORDS } from './text.ts';

const SIGNS = { CRITICAL: '✕', WARNING: '▲', INFO: '●' } as const;

/** Alerts, a row each: how soon somebody should look, what it is about, and since when. */
export function AlertList({ alerts }: { readonly alerts: readonly Alert[] }) {
  const say = useWords(ALERT_WORDS);
  const { time } = useFormats();
  return (
    <ul className="alert-list">
      {alerts.map((alert) => (
        <li key={alert.id}>
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

/** What happened, with a link to who or what it happened to. */
function Matter({ alert: { kind, entity, round, rank, previousRank, source, syncRun } }: { readonly alert: Alert }) {
  const say = useWords(ALERT_WORDS);
  const name = useName();
  const roundName = useRoundName();
  const { time } = useFormats();
  if (entity !== null) {
    const { codeSystem, code } = entity;
    return (
      <>
        <Link href={`/entity/${codeSystem}/${code}${round ? `?round=${round.code}` : ''}`}>{name(entity)}</Link>{' '}
        {say('fell', { count: (rank ?? 0) - (previousRank ?? 0), from: previousRank ?? '–', to: rank ?? '–' })}{' '}
        {round ? <span className="soft">· {roundName(round.level, round.year)}</span> : null}
      </>
    );
  }
  if (source === null) return say(kind);
  const run = syncRun === null ? '' : `?run=${syncRun.id}`;
  return (
    <>
      <Link href={`/sources/${source.key}${run}`}>{name(source)}</Link>{' '}
      {kind === 'FAILED_RUN'
        ? say('failed')
        : say(source.lastGoodRunAt === null ? 'neverRead' : 'stale', { time: time(source.lastGoodRunAt) })}
    </>
  );
}
