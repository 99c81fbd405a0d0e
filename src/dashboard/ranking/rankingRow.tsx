import { memo } from 'react';
import { Link } from 'wouter';
import { AlertSign } from '../alerts/alertSign.tsx';
import type { RankAlert } from '../alerts/rankAlerts.ts';
import { useFormats, useWords } from '../language.tsx';
import { useFlash } from './moving.ts';
import type { Row } from './row.ts';
import { type Span, Sparkline } from './sparkline.tsx';
import { RANKING_WORDS } from './text.ts';

/** What all rows of a table share. */
export interface RowFrame {
  readonly span: Span;
  readonly year: number;
  readonly round: string;
  /** How many are ranked. */
  readonly count: number;
  readonly hasAutomatic: boolean;
  readonly hasCoverage: boolean;
  readonly hasOfficial: boolean;
  /** Only rank, name and score, beside a large map. */
  readonly isShort: boolean;
  /** Whether there can be open alerts: each row has a place for a sign. */
  readonly hasAlerts: boolean;
}

/** One entity of the ranking. */
export const RankingRow = memo(function RankingRow({
  row,
  alert,
  frame,
  isMarked,
  footnote,
  onMark,
  onPoint,
}: {
  readonly row: Row;
  /** An open one about it; null = none. */
  readonly alert: RankAlert | null;
  readonly frame: RowFrame;
  readonly isMarked: boolean;
  /** Number of the citation of its official figure; null = it has none. */
  readonly footnote: number | null;
  readonly onMark: (id: string) => void;
  /** Somebody points at the row, or at none any more. */
  readonly onPoint: (id: string | null) => void;
}) {
  const say = useWords(RANKING_WORDS);
  const format = useFormats();
  const rank = useFlash<HTMLTableCellElement>(String(row.rank));
  const value = useFlash<HTMLTableCellElement>(String(row.value));
  const automatic = useFlash<HTMLTableCellElement>(format.share(row.automatic));
  return (
    <tr
      data-id={row.id}
      aria-current={isMarked ? 'true' : undefined}
      onClick={({ target }) => {
        // Who follows a link leaves: marking would change the address of the page that opens.
        if (!(target instanceof Element && target.closest('a'))) onMark(row.id);
      }}
      onPointerEnter={() => onPoint(row.id)}
      onPointerLeave={() => onPoint(null)}
      onFocus={() => onPoint(row.id)}
      onBlur={() => onPoint(null)}
    >
      <td ref={rank} className="number cell-rank">
        {row.rank ?? '–'}
      </td>
      <th scope="row" className="cell-name">
        <Link href={`/entity/${row.codeSystem}/${row.code}?round=${frame.round}`}>{row.name}</Link>
        {row.region === null ? null : <small>{row.region.name}</small>}
      </th>
      <td ref={value} className="number cell-value">
        <span className="score">
          <span className="track" aria-hidden="true">
            <span className="bar" style={{ inlineSize: `${(row.value ?? 0) * 100}%` }} />
          </span>
          {format.score(row.value)}
        </span>
      </td>
      {frame.isShort ? null : (
        <>
          <td className="number cell-change">
            {frame.hasAlerts ? <AlertSign alert={alert} /> : null}
            <Moved row={row} />
          </td>
          <td className="cell-trend">
            <Sparkline points={row.history} span={frame.span} year={frame.year} />
          </td>
          {frame.hasAutomatic ? (
            <td ref={automatic} className="number cell-automatic" data-label={say('automaticShort')}>
              {format.share(row.automatic)}
            </td>
          ) : null}
          {frame.hasCoverage ? <td className="number cell-coverage">{format.share(row.coverage)}</td> : null}
          {frame.hasOfficial ? (
            <td className="number cell-official" data-label={say('official')}>
              <Official row={row} footnote={footnote} />
            </td>
          ) : null}
        </>
      )}
    </tr>
  );
});

function Moved({ row: { moved } }: { readonly row: Row }) {
  const say = useWords(RANKING_WORDS);
  const { change } = useFormats();
  if (moved === null) return <span className="soft">–</span>;
  const { rank, value } = moved;
  return (
    <>
      {rank === null ? null : <Places places={rank} />} <span className="change-value">{change(value)}</span>
      {moved.isDerived ? <span className="hidden">({say('derived')})</span> : null}
    </>
  );
}

function Places({ places }: { readonly places: number }) {
  const say = useWords(RANKING_WORDS);
  if (places === 0)
    return (
      <span className="places soft">
        <span aria-hidden="true">=</span>
        <span className="hidden">{say('rankSame')}</span>
      </span>
    );
  const isUp = places > 0;
  return (
    <span className={isUp ? 'places up' : 'places down'}>
      <span aria-hidden="true">
        {isUp ? '▲' : '▼'}&nbsp;{Math.abs(places)}
      </span>
      <span className="hidden">{say(isUp ? 'rankUp' : 'rankDown', { places: Math.abs(places) })}</span>
    </span>
  );
}

function Official({ row: { reference }, footnote }: { readonly row: Row; readonly footnote: number | null }) {
  const { score } = useFormats();
  // Ranks stand below each other, whether or not a value follows.
  if (reference === null)
    return (
      <>
        <span className="soft">–</span> <span className="official-value" />
      </>
    );
  const { rank, value } = reference;
  return (
    <>
      {rank ?? '–'} <span className="official-value">{value === null ? '' : score(Number(value))}</span>
      {footnote === null ? null : (
        <sup>
          <a href={`#official-${footnote}`}>{footnote}</a>
        </sup>
      )}
    </>
  );
}
