import './sources.css';
import { useMemo } from 'react';
import { useQuery } from 'urql';
import { Link, useParams } from 'wouter';
import { useAddress } from '../address.ts';
import { useLiveAlerts } from '../alerts/liveAlerts.ts';
import { SourceDetailDocument, type SourceDetailQuery } from '../generated/operations.ts';
import { useFormats, useLanguage, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { Downloads } from '../parts/downloads.tsx';
import { languageOf } from '../parts/english.tsx';
import { Stopped } from '../parts/stopped.tsx';
import { Ago, useSpan } from '../parts/when.tsx';
import { useTitle } from '../title.ts';
import { useViewer } from '../viewer.tsx';
import { OpenAlerts, SOURCE_ALERTS } from './alerts.tsx';
import { Badge, SimulatedMark } from './badge.tsx';
import { CircuitNotice } from './circuit.tsx';
import { Configuration } from './configuration.tsx';
import { EarlierRun } from './earlierRun.tsx';
import { useLiveRuns } from './liveRuns.ts';
import { RunDetail } from './runDetail.tsx';
import { RunTable } from './runTable.tsx';
import { Schedule } from './schedule.tsx';
import { type ShownRun, withLiveRuns } from './shownRun.ts';
import { SourceActions } from './sourceActions.tsx';
import { SOURCE_WORDS } from './text.ts';

type Source = NonNullable<SourceDetailQuery['source']>;
const RUNS = 20;
const MORE_RUNS = 200;

/** One source: what it is, how fresh it is, its runs with their accounts, and what an integrator may do with it. */
export default function SourceView() {
  const { key = '' } = useParams<{ key: string }>();
  const say = useWords(SOURCE_WORDS);
  const [shown, setShown] = useAddress('runs', String(RUNS));
  const count = shown === String(RUNS) ? RUNS : MORE_RUNS;
  const [{ data, error }, ask] = useQuery({ query: SourceDetailDocument, variables: { key, runs: count } });
  const { runs: heard, ...running } = useLiveRuns(key, data?.source === null);
  const { heard: alerts, ...alerting } = useLiveAlerts(SOURCE_ALERTS);
  const source = data?.source ?? null;
  const { language } = useLanguage();
  useTitle(source === null ? key : language === 'vi' ? source.name_vi : source.name_en);
  const runs = useMemo(() => withLiveRuns(source?.runs.edges ?? [], heard.get(key)), [source, heard, key]);
  if (!data) return error ? <Failure error={error} retry={ask} /> : <Waiting />;
  if (source === null || source.key !== key) {
    return data.source === null ? (
      <>
        <h1>{key}</h1>
        <Empty>{say('noSuchSource')}</Empty>
        <p className="state">
          <Link href="/sources">{say('toSources')}</Link>
        </p>
      </>
    ) : (
      <Waiting />
    );
  }
  const askAnew = (): void => ask({ requestPolicy: 'network-only' });
  return (
    <article className="source-page" key={key}>
      <p className="crumbs">
        <Link href="/sources">{say('sources')}</Link>
      </p>
      <Head source={source} />
      <OpenAlerts heard={alerts} source={key} />
      <SourceActions source={source} isRunning={runs[0]?.status === 'RUNNING'} changed={askAnew} />
      <div className="source-columns">
        <Facts source={source} />
        <div className="source-runs">
          <Stopped of={[running, alerting]} />
          <Runs source={source} runs={runs} more={count === RUNS ? () => setShown('all', { replace: true }) : null} />
        </div>
        <div>
          <CircuitNotice />
          <Configuration sourceKey={key} version={source.version} status={source.status} changed={askAnew} />
        </div>
      </div>
      <Downloads table="observations" parameters={{ filter: JSON.stringify({ source: { eq: key } }) }} />
    </article>
  );
}

function Head({ source }: { readonly source: Source }) {
  const { language } = useLanguage();
  return (
    <header className="source-head">
      <h1>{language === 'vi' ? source.name_vi : source.name_en}</h1>
      <p>
        <code>{source.key}</code> <Badge name={source.status} />{' '}
        {source.freshnessLimitSeconds === null ? null : <Badge name={source.stale ? 'isStale' : 'isFresh'} />}{' '}
        <SimulatedMark simulated={source.simulated} />
      </p>
    </header>
  );
}

function Facts({ source }: { readonly source: Source }) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const { time } = useFormats();
  const span = useSpan();
  const { freshnessLimitSeconds: limit, demonstrationSeconds: pace } = source;
  return (
    <section aria-label={say('about')}>
      <h2>{say('about')}</h2>
      {source.simulated ? <p className="help">{say('simulatedHelp')}</p> : null}
      <dl className="source-facts">
        <dt>{say('producer')}</dt>
        <dd>{source[`owner_${language}`]}</dd>
        <dt>{say('kind')}</dt>
        <dd>{say(source.kind)}</dd>
        <dt>{say('citation')}</dt>
        <dd>{source[`citation_${language}`]}</dd>
        <dt>{say('licence')}</dt>
        <dd lang={languageOf(source)}>{source.licence}</dd>
        <dt>{say('schedule')}</dt>
        <dd>
          <Schedule cron={source.schedule} />
          {pace === null ? null : <span className="under soft">{say('demonstrationPace', { span: span(pace) })}</span>}
        </dd>
        <dt>{say('lastGood')}</dt>
        <dd>{source.lastGoodRunAt === null ? say('noGoodRun') : <Ago time={source.lastGoodRunAt} />}</dd>
        <dt>{say('freshnessLimit')}</dt>
        <dd>{limit === null ? say('noLimit') : span(limit)}</dd>
        <dt>{say('version')}</dt>
        <dd>{source.version}</dd>
        <dt>{say('registered')}</dt>
        <dd>{time(source.createdAt)}</dd>
      </dl>
    </section>
  );
}

function Runs({
  source,
  runs,
  more,
}: {
  readonly source: Source;
  readonly runs: readonly ShownRun[];
  readonly more: (() => void) | null;
}) {
  const say = useWords(SOURCE_WORDS);
  const [chosen, choose] = useAddress('run', '');
  const { maySync } = useViewer();
  // A replay maps again what the run before it refused: that one is still what the source last said.
  const newest = runs.find(({ mode }) => mode !== 'REPLAY') ?? runs[0];
  if (newest === undefined) {
    return (
      <section aria-label={say('runs')}>
        <h2>{say('runs')}</h2>
        <Empty>{source.status === 'ACTIVE' || !maySync ? say('noRun') : say('noRunYet')}</Empty>
      </section>
    );
  }
  const id = chosen === '' ? newest.id : chosen;
  const run = runs.find((each) => each.id === id);
  const replay = runs[0]?.mode === 'REPLAY' ? runs[0] : null;
  const shown = { sourceKey: source.key, stay: () => choose(id, { replace: true }) };
  return (
    <section aria-label={say('runs')}>
      {run ? (
        <RunDetail
          key={id}
          run={run}
          replay={id === newest.id && replay !== run ? replay : null}
          choose={choose}
          {...shown}
        />
      ) : (
        <EarlierRun key={id} id={id} {...shown} />
      )}
      <h2>{say('runsCount', { count: source.runs.totalCount })}</h2>
      <RunTable runs={runs} chosen={id} choose={choose} />
      {more === null || source.runs.totalCount <= RUNS ? null : (
        <button type="button" onClick={more}>
          {say('moreRuns')}
        </button>
      )}
    </section>
  );
}
