import './regions.css';
import { useMemo } from 'react';
import { useQuery } from 'urql';
import { useAddress } from '../address.ts';
import {
  type EntityLevel,
  GroupsDocument,
  type GroupsQueryVariables,
  RoundMeasuresDocument,
  RoundsDocument,
  type RoundsQuery,
  type ScoreDimension,
} from '../generated/operations.ts';
import { type Named, useLanguage, useName, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { QueryDownloads } from '../parts/downloads.tsx';
import { MeasureSelect } from '../ranking/measureSelect.tsx';
import { useRoundName } from '../roundName.ts';
import { FRAME_WORDS } from '../text.ts';
import { useTitle } from '../title.ts';
import type { Group, NamedGroup } from './group.ts';
import { GroupTable } from './groupTable.tsx';
import { Ranges } from './ranges.tsx';
import { REGION_WORDS } from './text.ts';

const LEVELS = ['PROVINCE', 'MINISTRY'] as const satisfies readonly EntityLevel[];
const DIMENSIONS = [
  'REGION',
  'PEER_GROUP',
  'PILLAR',
  'MAIN_INDEX',
  'YEAR',
] as const satisfies readonly ScoreDimension[];
const ORDERS = ['KEY', 'MEDIAN', 'AVERAGE', 'MAX', 'MIN'] as const;
/** Groups that have no order of their own: they stand by name in the language that is read, not by code. */
const UNORDERED: readonly ScoreDimension[] = ['REGION', 'PEER_GROUP'];
const COUNTS = [1, 2, 5, 10];

type Dimension = (typeof DIMENSIONS)[number];

type Round = RoundsQuery['rounds']['nodes'][number]['node'];

/** Scores grouped by what they have in common, as the query `scoreGroups` tells: `/regions?by=REGION&round=PROVINCE-2022`. */
export default function RegionsView() {
  const [{ data, error }, ask] = useQuery({ query: RoundsDocument });
  const [level] = useAddress('level', 'PROVINCE');
  const [asked] = useAddress('round', '');
  const say = useWords(REGION_WORDS);
  useTitle(say('title'));
  if (error && !data) return <Failure error={error} retry={ask} />;
  if (!data) return <Waiting />;
  const known = LEVELS.find((each) => each === level) ?? 'PROVINCE';
  const rounds = data.rounds.nodes.map(({ node }) => node).filter((each) => each.level === known);
  // The newest that is published: the running year is provisional, and illustrative.
  const newest = rounds.findLast(({ status }) => status === 'PUBLISHED') ?? rounds.at(-1);
  const round = rounds.find(({ code }) => code === asked) ?? newest;
  if (round === undefined) return <Empty />;
  const unknown = asked !== '' && round.code !== asked ? asked : null;
  return <Groups level={known} round={round} rounds={rounds} unknownRound={unknown} isChosen={asked !== ''} />;
}

function Groups({
  level,
  round,
  rounds,
  unknownRound,
  isChosen,
}: {
  readonly level: (typeof LEVELS)[number];
  readonly round: Round;
  readonly rounds: readonly Round[];
  /** What the address asks for though there is no such round; null = it does not. */
  readonly unknownRound: string | null;
  /** Whether the address names a round. */
  readonly isChosen: boolean;
}) {
  const say = useWords(REGION_WORDS);
  const sayFrame = useWords(FRAME_WORDS);
  const newest = rounds.at(-1);
  const name = useName();
  const { language } = useLanguage();
  const roundName = useRoundName();
  const [askedBy, setBy] = useAddress('by', level === 'PROVINCE' ? 'REGION' : 'PEER_GROUP');
  const [measure, setMeasure] = useAddress('measure', 'INDEX');
  const [least, setLeast] = useAddress('min', '1');
  const [, setLevel] = useAddress('level', 'PROVINCE');
  const [, setRound] = useAddress('round', '');
  const dimensions = DIMENSIONS.filter((each) => level === 'PROVINCE' || (each !== 'REGION' && each !== 'PILLAR'));
  const by = dimensions.find((each) => each === askedBy) ?? dimensions[0] ?? 'YEAR';
  const isUnordered = UNORDERED.includes(by);
  const usual = isUnordered ? 'MEDIAN' : 'KEY';
  const [askedOrder, setOrder] = useAddress('order', usual);
  const order = ORDERS.find((each) => each === askedOrder) ?? usual;
  const count = COUNTS.find((each) => String(each) === least) ?? 1;
  const measures = useQuery({ query: RoundMeasuresDocument, variables: { round: round.code } })[0].data;
  const choices = measures?.round?.framework.measures ?? [];
  const question = useMemo(
    () => questionOf({ by, level, round: round.code, measure, order, count }),
    [by, level, round, measure, order, count],
  );
  const [{ data, error }, ask] = useQuery({
    query: GroupsDocument,
    variables: question,
  });
  const groups = useMemo(() => {
    const named = data?.scoreGroups.edges.map(({ node }) => nameGroup(node, by, name, say('nobody'))) ?? [];
    if (order !== 'KEY' || !isUnordered) return named;
    const { compare } = new Intl.Collator(language);
    return named.sort((one, other) => compare(one.label, other.label));
  }, [data, by, name, say, order, isUnordered, language]);
  const hasMeasure = by !== 'PILLAR' && by !== 'MAIN_INDEX';
  const chosen = choices.find(({ code }) => code === measure);
  const title = say('chart', {
    measure: hasMeasure && chosen ? name(chosen) : say('title'),
    by: say(`by_${by}`).toLowerCase(),
  });
  const illustrative = by === 'YEAR' ? rounds.filter((each) => each.illustrative) : [];
  return (
    <div className="regions">
      <h1>{say('title')}</h1>
      <div className="filters">
        <Choice
          label={say('level')}
          value={level}
          set={(next) => {
            for (const [clear, fallback] of [
              [setRound, ''],
              [setMeasure, 'INDEX'],
              [setBy, ''],
            ] as const)
              clear(fallback, { replace: true });
            setLevel(next);
          }}
          options={LEVELS.map((each) => [each, say(`level_${each}`)] as const)}
        />
        {by === 'YEAR' ? null : (
          <Choice
            label={say('round')}
            value={round.code}
            set={setRound}
            options={rounds.map(({ code, year }) => [code, roundName(level, year)] as const)}
          />
        )}
        <Choice
          label={say('by')}
          value={by}
          set={setBy}
          options={dimensions.map((each) => [each, say(`by_${each}`)] as const)}
        />
        {hasMeasure ? (
          <label htmlFor="regions-measure">
            {say('measure')}
            <MeasureSelect id="regions-measure" measures={choices} value={measure} onChange={setMeasure} />
          </label>
        ) : null}
        <Choice
          label={say('order')}
          value={order}
          set={setOrder}
          options={ORDERS.map(
            (each) => [each, say(each === 'KEY' && isUnordered ? 'order_NAME' : `order_${each}`)] as const,
          )}
        />
        <Choice
          label={say('having')}
          value={String(count)}
          set={setLeast}
          options={COUNTS.map((each) => [String(each), String(each)] as const)}
        />
      </div>
      {unknownRound === null ? null : (
        <p role="status">{say('unknownRound', { round: unknownRound, shown: roundName(level, round.year) })}</p>
      )}
      {isChosen || by === 'YEAR' || newest === undefined || newest.code === round.code ? null : (
        <p className="help">
          {sayFrame('whyPublished', { shown: roundName(level, round.year), newest: roundName(level, newest.year) })}
        </p>
      )}
      {askedBy === '' || askedBy === by ? null : (
        <p role="status">{say('unknownBy', { by: askedBy, shown: say(`by_${by}`) })}</p>
      )}
      {by !== 'YEAR' && round.illustrative ? (
        <p>
          <span className="mark">{say('illustrative')}</span> {say('illustrativeRound')}
        </p>
      ) : null}
      {illustrative.map(({ code, year }) => (
        <p key={code}>
          <span className="mark">{say('illustrative')}</span> {say('illustrativeYear', { year })}
        </p>
      ))}
      {error && !data ? <Failure error={error} retry={ask} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data && groups.length === 0 ? <Empty /> : null}
      {groups.length > 0 ? (
        <div className="regions-columns">
          <Ranges groups={groups} title={title} name={`groups-${by.toLowerCase()}`} />
          <GroupTable groups={groups} title={title} by={say(`by_${by}`)} />
        </div>
      ) : null}
      <QueryDownloads document={GroupsDocument} variables={question} path="scoreGroups.edges" />
    </div>
  );
}

function Choice({
  label,
  value,
  set,
  options,
}: {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly options: readonly (readonly [value: string, label: string])[];
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => set(event.target.value)}>
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What is asked of the graph: of pillars and main indexes their own scores, of all else those of the chosen measure. */
function questionOf({
  by,
  level,
  round,
  measure,
  order,
  count,
}: {
  readonly by: Dimension;
  readonly level: EntityLevel;
  readonly round: string;
  readonly measure: string;
  readonly order: (typeof ORDERS)[number];
  readonly count: number;
}): GroupsQueryVariables {
  return {
    by: [by],
    ...(by === 'YEAR' ? { level } : { rounds: [round] }),
    ...(by === 'PILLAR' || by === 'MAIN_INDEX' ? { kind: by } : { measures: [measure] }),
    ...(order === 'KEY' ? {} : { orderBy: [{ aggregate: order, direction: 'DESC' as const }] }),
    having: { count: { gte: count } },
  };
}

function nameGroup(group: Group, by: Dimension, name: (named: Named) => string, nobody: string): NamedGroup {
  const { year, region, peerGroup, pillar, mainIndex } = group.key;
  const named = { REGION: region, PEER_GROUP: peerGroup, PILLAR: pillar, MAIN_INDEX: mainIndex, YEAR: null }[by];
  const label = by === 'YEAR' ? String(year) : named ? name(named) : nobody;
  return { key: named?.id ?? label, label, group };
}
