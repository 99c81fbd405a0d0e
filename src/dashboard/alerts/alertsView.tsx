import { useEffect, useMemo } from 'react';
import { useQuery } from 'urql';
import { useAddress } from '../address.ts';
import { type AlertKind, AlertsDocument } from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { QueryDownloads } from '../parts/downloads.tsx';
import { Stopped } from '../parts/stopped.tsx';
import { useTitle } from '../title.ts';
import { AlertList } from './alertList.tsx';
import { type Alert, useLiveAlerts } from './liveAlerts.ts';
import { ALERT_WORDS } from './text.ts';

const KINDS = ['RANK_FALL', 'STALE_SOURCE', 'FAILED_RUN'] as const satisfies readonly AlertKind[];
const STATES = ['all', 'open'] as const;
/** Alerts that are shown at first, and after "more". */
const [FIRST, MORE] = [50, 1000];

/** Alerts, live: the open ones first, then those that are over, newest first: `/alerts?kind=RANK_FALL&state=open`, one of them marked by `alert=Alert:5`. */
export default function AlertsView() {
  const say = useWords(ALERT_WORDS);
  const { number } = useFormats();
  const [askedKind, setKind] = useAddress('kind', '');
  const [askedState, setState] = useAddress('state', 'all');
  const [shown, setShown] = useAddress('first', String(FIRST));
  const kind = KINDS.find((known) => known === askedKind) ?? '';
  const state = STATES.find((known) => known === askedState) ?? 'all';
  const [marked] = useAddress('alert', '');
  // Whoever came for one of them may have come late: it is looked for among more than are shown.
  const first = shown === String(FIRST) && marked === '' ? FIRST : MORE;
  const kinds = useMemo(() => KINDS.filter((known) => kind === '' || known === kind), [kind]);
  const variables = useMemo(
    () => ({
      filter: { kind: { in: kinds }, ...(state === 'open' ? { isOpen: { eq: true } } : {}) },
      first,
    }),
    [kinds, state, first],
  );
  const [{ data, error }, ask] = useQuery({ query: AlertsDocument, variables });
  const { heard: told, ...watch } = useLiveAlerts(KINDS);
  // Once nothing more is told, what was told grows old: the list is asked for again and stands alone.
  const isTold = watch.refusal === null;
  const heard = isTold ? told : null;
  useEffect(() => {
    if (!isTold) ask({ requestPolicy: 'network-only' });
  }, [isTold, ask]);
  useTitle(say('title'));
  const listed = data?.alerts.edges.map(({ node }) => node) ?? [];
  // What is open is what was heard, as soon as anything was; ended ones are in the list, or were heard to end.
  const alerts = [...new Map([...listed, ...(heard?.values() ?? [])].map((alert) => [alert.id, alert])).values()]
    .filter((alert) => kinds.some((known) => known === alert.kind))
    .filter(({ id, resolvedAt }) => (resolvedAt === null ? heard === null || heard.has(id) : state === 'all'))
    .sort(compare);
  const all = Math.max(data?.alerts.totalCount ?? 0, alerts.length);
  const count = shown === String(FIRST) ? Math.max(FIRST, 1 + alerts.findIndex(({ id }) => id === marked)) : MORE;
  const open = alerts.filter(({ resolvedAt }) => resolvedAt === null).length;
  return (
    <>
      <h1>{say('title')}</h1>
      <p className="help">{say('about')}</p>
      <div className="filters">
        <label>
          {say('kind')}
          <select value={kind} onChange={(event) => setKind(event.target.value)}>
            <option value="">{say('any')}</option>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {say(each)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('state')}
          <select value={state} onChange={(event) => setState(event.target.value)}>
            {STATES.map((each) => (
              <option key={each} value={each}>
                {say(each)}
              </option>
            ))}
          </select>
        </label>
        <p role="status">{data ? say('openCount', { count: number(open, 0) }) : ''}</p>
      </div>
      <Stopped of={[watch]} />
      {error && !data ? <Failure error={error} retry={ask} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data && alerts.length === 0 ? (
        <Empty>{say(`${state === 'open' ? 'noneOpen' : 'none'}${kind === '' ? '' : 'OfKind'}`)}</Empty>
      ) : null}
      {alerts.length > 0 ? <AlertList alerts={alerts.slice(0, count)} marked={marked} /> : null}
      {data && count < MORE && all > count ? (
        <button type="button" onClick={() => setShown(String(MORE), { replace: true })}>
          {say('more')}
        </button>
      ) : null}
      {data && count === MORE && all > MORE ? (
        <p className="help">{say('firstOf', { count: number(MORE, 0), all: number(all, 0) })}</p>
      ) : null}
      <QueryDownloads document={AlertsDocument} variables={variables} path="alerts.edges" />
    </>
  );
}

/** Open ones first, then by when they were raised. */
function compare(one: Alert, other: Alert): number {
  return (
    Number(other.resolvedAt === null) - Number(one.resolvedAt === null) ||
    other.openedAt.localeCompare(one.openedAt) ||
    numberOf(other.id) - numberOf(one.id)
  );
}

/** The number in the id of an alert, `Alert:5`; later ones have greater ones. */
function numberOf(id: string): number {
  return Number(id.slice(id.indexOf(':') + 1));
}
