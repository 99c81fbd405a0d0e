import './sources.css';
import { useMemo } from 'react';
import { useQuery } from 'urql';
import { useAddress } from '../address.ts';
import { useLiveAlerts } from '../alerts/liveAlerts.ts';
import { SourcesDocument } from '../generated/operations.ts';
import { useFormats, useLanguage, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { QueryDownloads } from '../parts/downloads.tsx';
import { Stopped } from '../parts/stopped.tsx';
import { useTitle } from '../title.ts';
import { OpenAlerts, SOURCE_ALERTS } from './alerts.tsx';
import { CircuitNotice } from './circuit.tsx';
import { type ListedSource, withLiveRun } from './listedSource.ts';
import { useLiveRuns } from './liveRuns.ts';
import { SourceTable } from './sourceTable.tsx';
import { SourceTabs } from './sourceTabs.tsx';
import { SOURCE_WORDS } from './text.ts';

/** All sources: how fresh they are, how they are read, and what became of every record of their last run. */
export default function SourcesView() {
  const say = useWords(SOURCE_WORDS);
  const { number } = useFormats();
  const [{ data, error }, retry] = useQuery({ query: SourcesDocument });
  const { runs, ...running } = useLiveRuns(null);
  const { heard, ...alerting } = useLiveAlerts(SOURCE_ALERTS);
  const sources = useMemo(() => (data?.sources.edges ?? []).map(({ node }) => withLiveRun(node, runs)), [data, runs]);
  const { shown, filters } = useFilters(sources);
  const twins = useMemo(() => twinsOf(sources), [sources]);
  useTitle(say('title'));
  const head = (
    <>
      <h1>{say('title')}</h1>
      <SourceTabs />
    </>
  );
  if (error && !data) {
    return (
      <>
        {head}
        <Failure error={error} retry={retry} />
      </>
    );
  }
  if (!data) {
    return (
      <>
        {head}
        <Waiting />
      </>
    );
  }
  const active = sources.filter(({ status }) => status === 'ACTIVE');
  const facts = [
    ['all', sources.length],
    ['activeCount', active.length],
    ['staleCount', active.filter(({ stale }) => stale).length],
    ['failedCount', sources.filter(({ lastReading }) => lastReading?.status === 'FAILED').length],
    ['runningCount', sources.filter(({ lastReading }) => lastReading?.status === 'RUNNING').length],
    ['readCount', sources.reduce((sum, { lastReading }) => sum + (lastReading?.read ?? 0), 0)],
  ] as const;
  return (
    <>
      {head}
      <dl className="tiles">
        {facts.map(([name, count]) => (
          <div key={name}>
            <dt>{say(name)}</dt>
            <dd>{number(count, 0)}</dd>
          </div>
        ))}
      </dl>
      <OpenAlerts heard={heard} source={null} />
      <CircuitNotice />
      {filters}
      <Stopped of={[running, alerting]} />
      {shown.length === 0 ? <Empty>{say('noSource')}</Empty> : <SourceTable sources={shown} twins={twins} />}
      <QueryDownloads document={SourcesDocument} variables={{}} path="sources.edges" />
    </>
  );
}

/** Keys of the sources that share a name with another one, in either language: their names do not tell them apart. */
function twinsOf(sources: readonly ListedSource[]): ReadonlySet<string> {
  const groups = [Map.groupBy(sources, ({ name_vi }) => name_vi), Map.groupBy(sources, ({ name_en }) => name_en)];
  return new Set(
    groups.flatMap((byName) =>
      [...byName.values()].flatMap((same) => (same.length < 2 ? [] : same.map(({ key }) => key))),
    ),
  );
}

const ALL = '';

/** The filters, in the address, and the sources that they leave. */
function useFilters(sources: readonly ListedSource[]) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const [search, setSearch] = useAddress('q', ALL);
  const [kind, setKind] = useAddress('kind', ALL);
  const [status, setStatus] = useAddress('status', ALL);
  const [state, setState] = useAddress('state', ALL);
  const collator = useMemo(() => new Intl.Collator(language), [language]);
  const nameOf = (source: ListedSource) => (language === 'vi' ? source.name_vi : source.name_en);
  const words = fold(search).split(/\s+/);
  const shown = sources
    .filter((source) => kind === ALL || source.kind === kind)
    .filter((source) => status === ALL || source.status === status)
    .filter((source) => state === ALL || isInState(source, state))
    .filter(({ key, name_vi, name_en, owner_vi, owner_en }) => {
      const text = fold(`${key} ${name_vi} ${name_en} ${owner_vi} ${owner_en}`);
      return words.every((word) => text.includes(word));
    })
    .sort((one, other) => collator.compare(nameOf(one), nameOf(other)));
  const choices = [
    { name: 'kind', value: kind, set: setKind, values: [...new Set(sources.map((each) => each.kind))].sort() },
    { name: 'status', value: status, set: setStatus, values: [...new Set(sources.map((each) => each.status))].sort() },
    { name: 'state', value: state, set: setState, values: STATES },
  ] as const;
  const filters = (
    <search className="filters">
      <label className="wide">
        {say('search')}
        <input type="search" value={search} onChange={(event) => setSearch(event.target.value, { replace: true })} />
      </label>
      {choices.map(({ name, value, set, values }) => (
        <label key={name}>
          {say(name)}
          <select value={value} onChange={(event) => set(event.target.value)}>
            <option value={ALL}>{say('any')}</option>
            {values.map((each) => (
              <option key={each} value={each}>
                {say(each)}
              </option>
            ))}
          </select>
        </label>
      ))}
      <p className="found" role="status">
        {say('found', { shown: shown.length, all: sources.length })}
      </p>
    </search>
  );
  return { shown, filters };
}

const STATES = ['isFresh', 'isStale', 'isRunning', 'hasFailed', 'hasRejects'] as const;

function isInState({ stale, lastReading }: ListedSource, state: string): boolean {
  if (state === 'isFresh') return !stale;
  if (state === 'isStale') return stale;
  if (state === 'isRunning') return lastReading?.status === 'RUNNING';
  if (state === 'hasFailed') return lastReading?.status === 'FAILED';
  return (lastReading?.rejected ?? 0) > 0;
}

/** As the platform's own search: whatever the case and the diacritics. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('đ', 'd').trim();
}
