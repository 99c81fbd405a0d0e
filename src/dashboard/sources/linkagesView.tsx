import './sources.css';
import { useMemo } from 'react';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { useAddress } from '../address.ts';
import { type EntityLevel, LinkagesDocument } from '../generated/operations.ts';
import { useFormats, useLanguage, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { QueryDownloads } from '../parts/downloads.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { useDay } from '../parts/when.tsx';
import { useTitle } from '../title.ts';
import { SimulatedMark } from './badge.tsx';
import { addUp, type Body, type LinkedDatabase, type Matched, readMatrix } from './linkageMatrix.ts';
import { SourceTabs } from './sourceTabs.tsx';
import { SOURCE_WORDS } from './text.ts';

const ALL = '';
const LEVELS = ['PROVINCE', 'MINISTRY'] as const satisfies readonly EntityLevel[];

/** How far each database is matched to the population database, per body: a matrix with totals and due dates. */
export default function LinkagesView() {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const [{ data, error }, retry] = useQuery({ query: LinkagesDocument });
  const [level, setLevel] = useAddress('level', ALL);
  const [region, setRegion] = useAddress('region', ALL);
  const [order, setOrder] = useAddress('order', 'name');
  const matrix = useMemo(() => readMatrix((data?.linkages.edges ?? []).map(({ node }) => node)), [data]);
  useTitle(say('linkagesTitle'));
  const head = (
    <>
      <h1>{say('linkagesTitle')}</h1>
      <SourceTabs />
    </>
  );
  if (!data) {
    return (
      <>
        {head}
        {error ? <Failure error={error} retry={retry} /> : <Waiting />}
      </>
    );
  }
  const nameOf = (named: { readonly name_vi: string; readonly name_en: string }) =>
    language === 'vi' ? named.name_vi : named.name_en;
  const collator = new Intl.Collator(language);
  const shareOf = (body: Body): number => addUp([...body.cells.values()]).share ?? -1;
  const bodies = matrix.bodies
    .filter((body) => (level === ALL || body.level === level) && (region === ALL || body.region?.code === region))
    .sort(
      (one, other) =>
        (order === 'share'
          ? shareOf(other) - shareOf(one)
          : Number(one.region === null) - Number(other.region === null)) ||
        collator.compare(nameOf(one), nameOf(other)),
    );
  const { sources } = matrix;
  // Ministries have a part in a few databases only: those in which nobody has one are no columns.
  const databases = matrix.databases.filter(({ key }) => bodies.some(({ cells }) => cells.has(key)));
  return (
    <>
      {head}
      <p>
        {say('linkagesLead')}{' '}
        {sources.map((source) => (
          <span key={source.key}>
            {say('reportedBy')} <Link href={`/sources/${source.key}`}>{nameOf(source)}</Link>{' '}
            <SimulatedMark simulated={source.simulated} />
          </span>
        ))}
      </p>
      <search className="filters">
        <label>
          {say('level')}
          <select
            value={level}
            onChange={(event) => {
              setRegion(ALL, { replace: true });
              setLevel(event.target.value);
            }}
          >
            <option value={ALL}>{say('any')}</option>
            {LEVELS.map((each) => (
              <option key={each} value={each}>
                {say(`level_${each}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('region')}
          <select value={region} disabled={level === 'MINISTRY'} onChange={(event) => setRegion(event.target.value)}>
            <option value={ALL}>{say('any')}</option>
            {matrix.regions.map((each) => (
              <option key={each.code} value={each.code}>
                {nameOf(each)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('order')}
          <select value={order} onChange={(event) => setOrder(event.target.value)}>
            <option value="name">{say('byName')}</option>
            <option value="share">{say('byShare')}</option>
          </select>
        </label>
      </search>
      {bodies.length === 0 ? <Empty /> : <Matrix bodies={bodies} databases={databases} nameOf={nameOf} />}
      <QueryDownloads document={LinkagesDocument} variables={{}} path="linkages.edges" />
    </>
  );
}

type NameOf = (named: { readonly name_vi: string; readonly name_en: string }) => string;

function Matrix({
  bodies,
  databases,
  nameOf,
}: {
  readonly bodies: readonly Body[];
  readonly databases: readonly LinkedDatabase[];
  readonly nameOf: NameOf;
}) {
  const say = useWords(SOURCE_WORDS);
  const inColumn = (key: string): Matched[] => bodies.flatMap(({ cells }) => cells.get(key) ?? []);
  return (
    <Scroll label={say('linkagesTitle')}>
      <table className="matrix">
        <caption>
          <span>
            {say('matrixCaption')} <DueBasis databases={databases} />
          </span>
        </caption>
        <thead>
          <tr>
            <th scope="col">{say('body')}</th>
            {databases.map((database) => (
              <th key={database.key} scope="col" className="number">
                {nameOf(database)}
                <Due database={database} />
              </th>
            ))}
            <th scope="col" className="number">
              {say('total')}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className="matrix-total">
            <th scope="row">{say('allBodies', { count: bodies.length })}</th>
            {databases.map(({ key }) => (
              <Cell key={key} matched={addUp(inColumn(key))} />
            ))}
            <Cell matched={addUp(databases.flatMap(({ key }) => inColumn(key)))} />
          </tr>
          {bodies.map((body) => (
            <tr key={body.id}>
              <th scope="row">{nameOf(body)}</th>
              {databases.map(({ key }) => (
                <Cell key={key} matched={body.cells.get(key) ?? null} />
              ))}
              <Cell matched={addUp([...body.cells.values()])} />
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Due({ database }: { readonly database: LinkedDatabase }) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const { due } = database;
  const day = useDay();
  return (
    <span className="under soft">
      {database[`owner_${language}`]}
      {due === null ? null : (
        <>
          <br />
          <span title={due[`basis_${language}`]}>{say('dueOn', { day: day(due.on) })}</span>
        </>
      )}
    </span>
  );
}

/** A share with its counts; empty where a body has no part of the database. */
function Cell({ matched }: { readonly matched: Matched | null }) {
  const say = useWords(SOURCE_WORDS);
  const { number, share } = useFormats();
  const day = useDay();
  if (matched === null) return <td className="number soft">·</td>;
  if (matched.connectedOn === null) {
    return <td className="number is-unconnected">{say('unconnected')}</td>;
  }
  const counts = `${number(matched.matched, 0)} / ${number(matched.total, 0)}`;
  const since = matched.connectedOn === undefined ? '' : ` · ${say('connectedOn', { day: day(matched.connectedOn) })}`;
  return (
    <td
      className="number matrix-cell"
      title={`${counts}${since}`}
      style={{ '--share': `${Math.round((matched.share ?? 0) * 40)}%` } as React.CSSProperties}
    >
      {share(matched.share)}
      <span className="under soft counts">{counts}</span>
    </td>
  );
}

/** Which decision asks for the due dates, and how certain they are. */
function DueBasis({ databases }: { readonly databases: readonly LinkedDatabase[] }) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const dues = new Map(
    databases.flatMap(({ due }) => (due === null ? [] : [[due[`basis_${language}`], due.certainty] as const])),
  );
  return [...dues].map(([basis, certainty]) => (
    <span key={basis}>
      {say('dueBasis', { basis })}{' '}
      {certainty === 'illustrative' ? <span className="mark">{say('illustrative')}</span> : null}
    </span>
  ));
}
