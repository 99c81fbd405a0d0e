import './compare.css';
import { useMemo } from 'react';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { useAddress } from '../address.ts';
import {
  ComparisonDocument,
  type EntityLevel,
  RankHistoryDocument,
  type RankHistoryQuery,
} from '../generated/operations.ts';
import { useName, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { Downloads } from '../parts/downloads.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { MeasureSelect } from '../ranking/measureSelect.tsx';
import { useRoundName } from '../roundName.ts';
import { FRAME_WORDS } from '../text.ts';
import { useTitle } from '../title.ts';
import { Bump } from './bump.tsx';
import { EntitySearch } from './entitySearch.tsx';
import { HeatTable } from './heatTable.tsx';
import { Indexes } from './indexes.tsx';
import { type Chosen, choose, keyOf } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

const LEVELS = ['PROVINCE', 'MINISTRY'] as const satisfies readonly EntityLevel[];
/** So many that lead are shown when nobody was chosen. */
const SUGGESTED = 3;

/** Chosen entities side by side, and their ranks over the years: `/compare?entities=GSO-2004:74,GSO-2004:48&round=PROVINCE-2022`. */
export default function CompareView() {
  const say = useWords(COMPARE_WORDS);
  const sayFrame = useWords(FRAME_WORDS);
  const name = useName();
  const roundName = useRoundName();
  const [entities, setEntities] = useAddress('entities', '');
  const [level, setLevel] = useAddress('level', entities.startsWith('CENTRAL') ? 'MINISTRY' : 'PROVINCE');
  const [measure, setMeasure] = useAddress('measure', 'INDEX');
  const [round, setRound] = useAddress('round', '');
  const known = LEVELS.find((each) => each === level) ?? 'PROVINCE';
  const [{ data, error }, ask] = useQuery({ query: RankHistoryDocument, variables: { level: known, measure } });
  const asked = useMemo(() => entities.split(',').filter(Boolean), [entities]);
  const all = useMemo(() => data?.entities.edges.map(({ node }) => node) ?? [], [data]);
  const history = useMemo(() => data?.scoreGroups.edges.map(({ node }) => node) ?? [], [data]);
  const years = new Map(history.flatMap(({ key: { round: of } }) => (of ? [[of.code, of.year] as const] : [])));
  const rounds = [...years.keys()];
  const newest = rounds.at(-1);
  const official = history.findLast(({ key }) => key.round?.illustrative === false)?.key.round?.code;
  const ofFirst = history.filter(({ key }) => key.entity && asked[0] === key.entity.id.replace('Entity:', ''));
  const shownRound = round === '' ? (ofFirst.at(-1)?.key.round?.code ?? official ?? newest ?? '') : round;
  const members = useMemo(
    () => new Set(history.flatMap(({ key }) => (key.entity && key.round?.code === shownRound ? key.entity.id : []))),
    [history, shownRound],
  );
  // Ranks of two peer groups are not comparable: those of the first entity's group are shown, else those of the largest.
  const group = useMemo(
    () => (known === 'MINISTRY' ? groupOf(history, asked[0], shownRound) : null),
    [known, history, asked, shownRound],
  );
  const ranked = useMemo(
    () => (group === null ? history : history.filter(({ score }) => score?.peerGroup.code === group.code)),
    [history, group],
  );
  const chosen = useMemo(() => {
    if (asked.length > 0) return choose(asked, all);
    const leading = ranked
      .filter(({ key, score }) => key.round?.code === shownRound && score?.rank != null && score.rank <= SUGGESTED)
      .sort((a, b) => (a.score?.rank ?? 0) - (b.score?.rank ?? 0))
      .slice(0, SUGGESTED)
      .flatMap(({ key }) => key.entity?.id.replace('Entity:', '') ?? []);
    return choose(leading, all);
  }, [asked, all, ranked, shownRound]);
  const keys = useMemo(() => chosen.map(({ key }) => key), [chosen]);
  const [comparison, askAgain] = useQuery({
    query: ComparisonDocument,
    variables: { round: shownRound, entities: keys },
    // Of entities that nobody knows too: the round names its measures.
    pause: shownRound === '' || !data,
  });
  const unknown = data ? asked.filter((key) => !all.some((entity) => keyOf(entity) === key)) : [];
  const titleOf = (code: string): string => {
    const year = years.get(code);
    return year === undefined ? code : roundName(known, year);
  };
  useTitle([say('title'), chosen.map(({ entity }) => name(entity)).join(', ')].filter(Boolean).join(': '));
  const set = (next: readonly string[]): void => setEntities(next.join(','));
  const found = comparison.data;
  return (
    <div className="compare">
      <h1>{say('title')}</h1>
      <div className="filters">
        <label>
          {say('level')}
          <select
            value={known}
            onChange={(event) => {
              setEntities('', { replace: true });
              setRound('', { replace: true });
              setMeasure('INDEX', { replace: true });
              setLevel(event.target.value);
            }}
          >
            {LEVELS.map((each) => (
              <option key={each} value={each}>
                {say(`level_${each}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('round')}
          <select value={shownRound} onChange={(event) => setRound(event.target.value)}>
            {rounds.includes(shownRound) || shownRound === '' ? null : <option>{shownRound}</option>}
            {rounds.map((each) => (
              <option key={each} value={each}>
                {titleOf(each)}
              </option>
            ))}
          </select>
        </label>
        <label htmlFor="compare-measure">
          {say('measure')}
          <MeasureSelect
            id="compare-measure"
            measures={found?.round?.framework.measures ?? []}
            value={measure}
            onChange={setMeasure}
          />
        </label>
        <EntitySearch level={known} taken={new Set(keys)} members={members} add={(key) => set([...keys, key])} />
      </div>
      {round === '' && shownRound === official && newest !== undefined && newest !== official ? (
        <p className="help">{sayFrame('whyPublished', { shown: titleOf(shownRound), newest: titleOf(newest) })}</p>
      ) : null}
      {error && !data ? <Failure error={error} retry={ask} /> : null}
      {!data && !error ? <Waiting /> : null}
      {data ? (
        <>
          {unknown.length === 0 ? null : (
            <p role="status">
              {say('unknown', { list: unknown.join(', '), level: say(`level_${known}`).toLowerCase() })}
            </p>
          )}
          <ChosenList
            chosen={chosen}
            isSuggested={asked.length === 0}
            taking={new Set(found?.scores.edges.map(({ node }) => node.entity.id))}
            remove={(key) => set(keys.filter((each) => each !== key))}
            round={shownRound}
          />
          {comparison.error && !found ? <Failure error={comparison.error} retry={askAgain} /> : null}
          <div className="compare-columns">
            {keys.length === 0 ? (
              <Empty />
            ) : found ? (
              <Indexes data={found} chosen={chosen} round={titleOf(shownRound)} />
            ) : null}
            <Bump history={ranked} entities={all} chosen={chosen} measure={measure} data={found} group={group} />
            {found && keys.length > 0 ? (
              <Scroll label={say('indexes', { round: titleOf(shownRound) })} className="compare-table">
                <HeatTable data={found} chosen={chosen} />
              </Scroll>
            ) : null}
          </div>
          {keys.length === 0 ? null : (
            <Downloads
              table="scores"
              parameters={{ round: shownRound, filter: JSON.stringify({ entity: { in: keys } }) }}
            />
          )}
        </>
      ) : null}
    </div>
  );
}

type RankedScore = RankHistoryQuery['scoreGroups']['edges'][number]['node'];
type Group = NonNullable<RankedScore['score']>['peerGroup'];

/** The peer group of an entity in its newest round; without an entity, or when it was never ranked, the largest group of the round. */
function groupOf(history: readonly RankedScore[], key: string | undefined, round: string): Group | null {
  const own = history.findLast(({ key: { entity } }) => entity?.id === `Entity:${key}`)?.score?.peerGroup;
  if (own) return own;
  const groups = history.flatMap(({ key: { round: of }, score }) =>
    of?.code === round && score ? [score.peerGroup] : [],
  );
  const sizeOf = (code: string): number => groups.filter((group) => group.code === code).length;
  return groups.reduce<Group | null>(
    (largest, group) => (largest === null || sizeOf(group.code) > sizeOf(largest.code) ? group : largest),
    null,
  );
}

function ChosenList({
  chosen,
  isSuggested,
  taking,
  remove,
  round,
}: {
  readonly chosen: readonly Chosen[];
  readonly isSuggested: boolean;
  readonly taking: ReadonlySet<string>;
  readonly remove: (key: string) => void;
  readonly round: string;
}) {
  const say = useWords(COMPARE_WORDS);
  const name = useName();
  return (
    <>
      {isSuggested ? <p className="soft">{say('suggested')}</p> : null}
      <ul className="chosen" aria-label={say('chosen')}>
        {chosen.map(({ entity, key, colour, glyph }) => (
          <li key={key}>
            <span aria-hidden="true" style={{ color: colour }}>
              {glyph}
            </span>
            <Link href={`/entity/${entity.codeSystem}/${entity.code}?round=${round}`}>{name(entity)}</Link>
            <small className="soft">{keyOf(entity)}</small>
            {taking.size > 0 && !taking.has(entity.id) ? <span className="soft">({say('notTaking')})</span> : null}
            <button type="button" aria-label={say('remove', { name: name(entity) })} onClick={() => remove(key)}>
              ✕
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
