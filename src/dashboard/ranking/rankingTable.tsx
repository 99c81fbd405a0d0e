import { useMemo, useRef } from 'react';
import type { RankAlert } from '../alerts/rankAlerts.ts';
import { useWords } from '../language.tsx';
import { useMoving } from './moving.ts';
import { type Column, nextOrder, type Order } from './order.ts';
import { RankingRow, type RowFrame } from './rankingRow.tsx';
import type { Reference, Row } from './row.ts';
import { RANKING_WORDS } from './text.ts';

/** The ranking as a table that can be sorted by its heads. */
export function RankingTable({
  rows,
  alerts,
  frame,
  order,
  onOrder,
  caption,
  since,
  marked,
  onMark,
  onPoint,
  what,
}: {
  /** In the order in which they are shown. */
  readonly rows: readonly Row[];
  /** Open alerts, by id of the entity. */
  readonly alerts: ReadonlyMap<string, RankAlert>;
  readonly frame: RowFrame;
  readonly order: Order;
  readonly onOrder: (order: string) => void;
  readonly caption: string;
  /** The year that changes are against; null = there is none. */
  readonly since: number | null;
  readonly marked: string;
  readonly onMark: (id: string) => void;
  readonly onPoint: (id: string | null) => void;
  /** Names the ranking and its order by the reader: between equal names rows glide. */
  readonly what: string;
}) {
  const say = useWords(RANKING_WORDS);
  const body = useRef<HTMLTableSectionElement>(null);
  useMoving(body, what);
  const citations = useMemo(() => citationsOf(rows), [rows]);
  // One citation for all needs no number.
  const footnoteOf = ({ reference }: Row): number | null =>
    reference === null || citations.length === 1 ? null : citations.indexOf(citationOf(reference)) + 1;
  const isDerived = rows.some(({ moved }) => moved?.isDerived === true);
  const head = (column: Column, label: string, about?: string) => (
    <Head column={column} label={label} about={about} order={order} onOrder={onOrder} />
  );
  return (
    <>
      <table className={frame.isShort ? 'ranking is-short' : 'ranking'}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {head('rank', say('rank'))}
            {head('name', say('entity'))}
            {head('value', say('value'))}
            {frame.isShort ? null : (
              <>
                {head(
                  'change',
                  since === null ? say('changeNone') : `${say('change', { year: since })}${isDerived ? '*' : ''}`,
                )}
                <th scope="col" className="cell-trend">
                  {say('trend')}
                </th>
                {frame.hasAutomatic ? head('automatic', say('automatic'), say('automaticWhy')) : null}
                {frame.hasCoverage ? head('coverage', say('coverage'), say('coverageWhy')) : null}
                {frame.hasOfficial ? (
                  <th scope="col" className="number cell-official" title={say('officialWhy')}>
                    {say('official')}
                  </th>
                ) : null}
              </>
            )}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row) => (
            <RankingRow
              key={row.id}
              row={row}
              alert={alerts.get(row.id) ?? null}
              frame={frame}
              isMarked={row.id === marked}
              footnote={footnoteOf(row)}
              onMark={onMark}
              onPoint={onPoint}
            />
          ))}
        </tbody>
      </table>
      {frame.isShort ? null : <Notes rows={rows} citations={citations} count={frame.count} />}
    </>
  );
}

function Head({
  column,
  label,
  about,
  order,
  onOrder,
}: {
  readonly column: Column;
  readonly label: string;
  readonly about: string | undefined;
  readonly order: Order;
  readonly onOrder: (order: string) => void;
}) {
  const isSorted = order.column === column;
  const direction = order.isDescending ? 'descending' : 'ascending';
  return (
    <th
      scope="col"
      className={column === 'name' ? 'cell-name' : `number cell-${column}`}
      aria-sort={isSorted ? direction : undefined}
    >
      <button type="button" className="head" title={about} onClick={() => onOrder(nextOrder(order, column))}>
        {label}
        <span aria-hidden="true" className="head-sign">
          {isSorted ? (order.isDescending ? '▼' : '▲') : '↕'}
        </span>
      </button>
    </th>
  );
}

function Notes({
  rows,
  citations,
  count,
}: {
  readonly rows: readonly Row[];
  readonly citations: readonly string[];
  readonly count: number;
}) {
  const say = useWords(RANKING_WORDS);
  const references = new Map(
    rows.flatMap(({ reference }) => (reference === null ? [] : [[citationOf(reference), reference] as const])),
  );
  return (
    <div className="notes">
      {rows.some(({ history }) => history.some(({ isDerived }) => isDerived)) ? (
        <p>{say('derivedNote', { count })}</p>
      ) : null}
      {citations.length === 0 ? null : (
        <>
          <p>{say('officialNotes')}</p>
          <ol>
            {citations.map((citation, index) => {
              const reference = references.get(citation);
              return (
                <li key={citation} id={`official-${index + 1}`}>
                  {reference?.url ? <a href={reference.url}>{reference.citation}</a> : reference?.citation} (
                  {certaintyIn(reference?.certainty, say)})
                </li>
              );
            })}
          </ol>
        </>
      )}
    </div>
  );
}

const CERTAINTIES = ['published', 'derived', 'inferred', 'approximate', 'recalled', 'illustrative', 'unknown'] as const;

function certaintyIn(
  certainty: string | undefined,
  say: (key: `certainty_${(typeof CERTAINTIES)[number]}`) => string,
): string {
  const known = CERTAINTIES.find((name) => name === certainty);
  return known === undefined ? (certainty ?? '') : say(`certainty_${known}`);
}

function citationOf({ citation, certainty }: Reference): string {
  return `${citation}\n${certainty}`;
}

function citationsOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.flatMap(({ reference }) => (reference === null ? [] : [citationOf(reference)])))];
}
