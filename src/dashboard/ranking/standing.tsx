import './ranking.css';
import { Suspense, useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import { useQuery } from 'urql';
import { Link, useSearch } from 'wouter';
import { useRankAlerts } from '../alerts/rankAlerts.ts';
import {
  RankingHistoryDocument,
  RankingReferencesDocument,
  RankingRoundDocument,
  RoundsDocument,
  type RoundsQuery,
} from '../generated/operations.ts';
import { inSentence, useFormats, useLanguage, useWords } from '../language.tsx';
import { codeOf, Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { CopyLink } from '../parts/copyLink.tsx';
import { Downloads } from '../parts/downloads.tsx';
import { Boundary, loadLater } from '../parts/loaded.tsx';
import { RevisionNumber } from '../parts/revision.tsx';
import { Stopped } from '../parts/stopped.tsx';
import { useRefusal } from '../refusal.ts';
import { useTitle } from '../title.ts';
import { type Choice, firstRound, useChoice, writeChoice } from './choice.ts';
import { Filters } from './filters.tsx';
import { Heading } from './heading.tsx';
import { historyOf, pastScoresOf } from './history.ts';
import { LiveBar } from './liveBar.tsx';
import { type LiveRanking, useLiveRanking } from './liveRanking.ts';
import { readOrder, sortRows } from './order.ts';
import type { RowFrame } from './rankingRow.tsx';
import { RankingTable } from './rankingTable.tsx';
import { nameIn, type Reference, type Round, type Row, rowMaker } from './row.ts';
import { isFound } from './search.ts';
import { spanOf } from './sparkline.tsx';
import { RANKING_WORDS } from './text.ts';

type RoundHead = RoundsQuery['rounds']['nodes'][number]['node'];

/** Only where there is room for it, or where it is asked for: not a part of what a small screen loads. */
const ProvinceMap = loadLater(() => import('../map/provinceMap.tsx'));

/** From this width on table and map are beside each other; as in ranking.css. */
const WIDE = matchMedia('(min-width: 1100px)');

/** From this width on the whole table is beside a large map. */
const HUGE = matchMedia('(min-width: 1700px)');

const NO_ROWS: NonNullable<LiveRanking['rows']> = new Map();

/**
 * Who stands where in a measure of a round, as a table and as a map under the same filters.
 * @param leads which of the two has the room
 */
export function Standing({ leads }: { readonly leads: 'table' | 'map' }) {
  const [choice, choose] = useChoice();
  const [{ data, error }, retry] = useQuery({ query: RoundsDocument });
  if (error && !data) return <Failure error={error} retry={retry} />;
  if (!data) return <Waiting />;
  const rounds = data.rounds.nodes.map(({ node }) => node);
  const here = choice.round === '' ? firstRound(rounds) : rounds.find(({ code }) => code === choice.round);
  if (!here) return <NoRound round={choice.round} />;
  return <OfRound leads={leads} rounds={rounds} here={here} choice={choice} choose={choose} />;
}

function NoRound({ round }: { readonly round: string }) {
  const say = useWords(RANKING_WORDS);
  const title = say('noRound', { round });
  useTitle(title);
  return (
    <>
      <h1>{title}</h1>
      <p>
        <Link href="?">{say('showFirst')}</Link>
      </p>
    </>
  );
}

function OfRound({
  leads,
  rounds,
  here,
  choice,
  choose,
}: {
  readonly leads: 'table' | 'map';
  readonly rounds: readonly RoundHead[];
  readonly here: RoundHead;
  readonly choice: Choice;
  readonly choose: (chosen: Partial<Choice>, options?: { replace?: boolean }) => void;
}) {
  const say = useWords(RANKING_WORDS);
  const { language } = useLanguage();
  const search = useSearch();
  const { measure, region, marked } = choice;
  const group = choice.group === '' ? (here.peerGroups[0]?.code ?? '') : choice.group;
  const hasMap = here.level === 'PROVINCE';
  const isWide = useSyncExternalStore(watchWidth, () => WIDE.matches);
  const isHuge = useSyncExternalStore(watchWidth, () => HUGE.matches);
  const [isPaused, pause] = useState(false);
  const [pointed, point] = useState<string | null>(null);

  const [facts, readFacts] = useQuery({ query: RankingRoundDocument, variables: { round: here.code } });
  const round: Round | null = facts.data?.round?.code === here.code ? facts.data.round : null;
  const [past] = useQuery({ query: RankingHistoryDocument, variables: { level: here.level, measure } });
  const [official] = useQuery({
    query: RankingReferencesDocument,
    variables: { round: here.code, peerGroup: group, measure },
    // Nobody publishes official figures of a round that is open.
    pause: here.status !== 'PUBLISHED',
  });
  const { shown, error, isBehind, again } = useLiveRanking({ round: here.code, peerGroup: group, measure }, isPaused);
  // What is published does not change: it is not old when nothing more is told.
  const refusal = useRefusal(here.status === 'PUBLISHED' || shown.rows === null ? null : error);

  // A published result has no open alerts, and they are about the index. Asked for behind the rows, which wait for nothing.
  const hasAlerts = here.status !== 'PUBLISHED' && measure === 'INDEX';
  const { alerts, again: watchAlerts } = useRankAlerts(here.code, null, !hasAlerts || shown.rows === null);

  const askAnew = (): void => {
    again();
    watchAlerts();
  };

  const histories = useMemo(() => {
    // The answer to an earlier question is shown until the next one is there: of another measure it would be wrong.
    const isOfThis = past.operation?.variables.measure === measure && past.operation.variables.level === here.level;
    return historyOf(round?.entities ?? [], isOfThis && past.data ? pastScoresOf(past.data.scoreGroups) : []);
  }, [past, measure, here.level, round]);
  const references = useMemo(() => {
    const asked = official.operation?.variables;
    const isOfThis = asked?.round === here.code && asked.measure === measure && asked.peerGroup === group;
    const rows = isOfThis && here.status === 'PUBLISHED' ? (official.data?.ranking.edges ?? []) : [];
    return new Map<string, Reference>(
      rows.flatMap(({ node }) => {
        const [first] = node.score.references;
        return first === undefined ? [] : [[node.entity.id, first] as const];
      }),
    );
  }, [official, here, measure, group]);
  const make = useMemo(
    () => (round === null ? null : rowMaker({ round, histories, references, language })),
    [round, histories, references, language],
  );
  const all = useMemo(() => make?.(shown.rows ?? NO_ROWS) ?? [], [make, shown.rows]);
  const rows = useMemo(() => {
    const { compare } = new Intl.Collator(language);
    const found = all.filter(
      (row) => (region === '' || row.region?.code === region) && isFound(choice.search, row.searched),
    );
    return sortRows(found, readOrder(choice.sort), compare);
  }, [all, region, choice.search, choice.sort, language]);

  const mark = useCallback((id: string) => choose({ marked: id }, { replace: true }), [choose]);
  const markOnMap = useCallback(
    (id: string) => {
      mark(id);
      // Beside each other both can be seen; else the map would scroll away.
      if (WIDE.matches) document.querySelector(`tr[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: 'nearest' });
    },
    [mark],
  );
  const isIn = useMemo(() => new Set(rows.map(({ id }) => id)), [rows]);
  const what = `${here.code} ${group} ${measure}`;
  const { share } = useFormats();
  const automatic = new Set(all.map((row) => share(row.automatic)));
  const [sameAutomatic] = automatic.size === 1 && all[0]?.automatic !== null ? automatic : [];
  const frame = useStable<RowFrame>({
    span: spanOf(all.map(({ history }) => history)),
    year: here.year,
    round: here.code,
    count: all.length,
    // A column that says the same everywhere says nothing.
    hasAutomatic: automatic.size > 1,
    hasCoverage: all.some(({ coverage }) => coverage !== null && coverage < 1),
    hasOfficial: references.size > 0,
    isShort: leads === 'map' && hasMap && !isHuge,
    hasAlerts,
  });
  const since = all.find(({ moved }) => moved !== null)?.moved?.since ?? null;

  const revision = round?.published?.revision ?? shown.revision;
  const measures = round?.framework.measures ?? [];
  const chosenMeasure = measures.find(({ code }) => code === measure) ?? null;
  const hrefOf = (chosen: Partial<Choice>): string => `?${writeChoice(new URLSearchParams(search), chosen)}`;
  const latest = rounds
    .filter(({ level, status }) => level === here.level && status === 'PUBLISHED')
    .reduce<RoundHead | null>((best, each) => (best === null || each.year > best.year ? each : best), null);

  return (
    <>
      <Heading
        leads={leads}
        here={here}
        round={round}
        group={group}
        measure={chosenMeasure}
        latestPublished={
          here.status === 'PUBLISHED' || latest === null
            ? null
            : { year: latest.year, href: hrefOf({ round: latest.code, group: '', marked: '' }) }
        }
      />
      <Filters rounds={rounds} here={here} round={round} group={group} choice={choice} choose={choose}>
        {leads === 'map' ? (
          <Link href={`/?${search}`}>{say('toTable')}</Link>
        ) : hasMap && !isWide ? (
          <Link href={`/map?${search}`}>{say('toMap')}</Link>
        ) : null}
      </Filters>
      {body()}
    </>
  );

  function body() {
    if (round !== null && chosenMeasure === null) {
      return (
        <Empty>
          {say('noMeasure', { measure })} <Link href={hrefOf({ measure: 'INDEX' })}>{say('showIndex')}</Link>
        </Empty>
      );
    }
    if (facts.error && round === null) return <Failure error={facts.error} retry={readFacts} />;
    if (shown.error !== null && shown.rows === null) {
      if (codeOf(shown.error) === 'AS_OF_UNAVAILABLE') return <Empty>{say('notComputed')}</Empty>;
      return <Failure error={shown.error} retry={again} />;
    }
    if (round === null || shown.rows === null) return <Waiting />;
    const newest = firstRound(rounds);
    return (
      <div className={`standing leads-${hasMap ? leads : 'table'}`}>
        {leads === 'table' || hasMap || newest === null ? null : (
          <Empty>
            {say('noMap')} <Link href={`?round=${newest.code}`}>{say('provincesOnMap')}</Link>
          </Empty>
        )}
        <section className="standing-table" aria-label={say('tableLabel')}>
          {here.status === 'PUBLISHED' ? null : (
            <LiveBar
              live={shown}
              rows={all}
              what={what}
              isBehind={isBehind}
              isPaused={isPaused}
              isStopped={refusal !== null}
              pause={pause}
            />
          )}
          <Stopped of={[{ refusal, again: askAnew }]} />
          {rows.length === 0 ? (
            <Empty>
              {say('nothingFound')} <Link href={hrefOf({ region: '', search: '' })}>{say('clear')}</Link>
            </Empty>
          ) : (
            <RankingTable
              rows={rows}
              alerts={alerts}
              frame={frame}
              order={readOrder(choice.sort)}
              onOrder={(sort) => choose({ sort }, { replace: true })}
              caption={[
                say('caption', { shown: rows.length, total: all.length }),
                ...(sameAutomatic === undefined ? [] : [say('automaticAll', { share: sameAutomatic })]),
              ].join(' · ')}
              since={since}
              marked={marked}
              onMark={mark}
              onPoint={point}
              what={what}
            />
          )}
          <div className="take-away">
            <Downloads
              table="ranking"
              parameters={{
                round: here.code,
                peerGroup: group,
                measure,
                'filter.region.eq': region,
                ...parametersOf(choice.search, rows),
              }}
            />
            {/* With the round by name: what is newest today is not tomorrow. */}
            <CopyLink href={hrefOf({ round: here.code })} />
            {revision === null ? null : <RevisionNumber of={revision} />}
          </div>
        </section>
        {hasMap && (leads === 'map' || isWide) ? map(round) : null}
      </div>
    );
  }

  function map({ framework }: Round) {
    const shownMeasure = framework.measures.find(({ code }) => code === measure);
    const peers = here.peerGroups.find(({ code }) => code === group);
    return (
      <section className="standing-map" aria-label={say('map')}>
        <Boundary at={here.code}>
          <Suspense fallback={<Waiting />}>
            <ProvinceMap
              rows={all}
              isIn={isIn}
              title={[
                shownMeasure === undefined ? [] : nameIn(language, shownMeasure),
                peers === undefined ? [] : inSentence(nameIn(language, peers)),
                String(here.year),
              ]
                .flat()
                .join(', ')}
              name={`dti-${here.code}-${measure}`.toLowerCase()}
              round={here.code}
              marked={marked}
              pointed={pointed}
              onMark={markOnMap}
              onPoint={point}
            />
          </Suspense>
        </Boundary>
      </section>
    );
  }
}

/** The same object as long as its content is the same: who is given it need not be drawn again. */
function useStable<Content extends object>(content: Content): Content {
  const text = JSON.stringify(content);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text says all of it
  return useMemo(() => content, [text]);
}

function watchWidth(tell: () => void): () => void {
  for (const width of [WIDE, HUGE]) width.addEventListener('change', tell);
  return () => {
    for (const width of [WIDE, HUGE]) width.removeEventListener('change', tell);
  };
}

/** A search finds by more than the filter of names does, so the file is told which rows are shown; of none the filter finds none either. */
function parametersOf(search: string, rows: readonly Row[]): Readonly<Record<string, string>> {
  if (search.trim() === '') return {};
  if (rows.length === 0) return { 'filter.name.contains': search };
  // In one order, so that the address does not change whenever ranks do.
  return {
    'filter.entity.in': rows
      .map(({ codeSystem, code }) => `${codeSystem}:${code}`)
      .sort()
      .join(','),
  };
}
