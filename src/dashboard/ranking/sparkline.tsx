import { useFormats, useWords } from '../language.tsx';
import type { Point } from './history.ts';
import { RANKING_WORDS } from './text.ts';

const WIDTH = 96;
const HEIGHT = 28;
const MARGIN = 5;

/** What the small charts of all rows share, so that they can be compared. */
export interface Span {
  /** First and last year. */
  readonly years: readonly [number, number];
  /** Least and greatest value. */
  readonly values: readonly [number, number];
}

/** How far the ends of a {@link Span} are from the next round value: so it stays as it is through small changes, and no row is drawn again for them. */
const STEP = 0.05;

/** What the histories of all rows lie between. */
export function spanOf(histories: readonly (readonly Point[])[]): Span {
  const years = histories.flatMap((points) => points.map(({ year }) => year));
  const values = histories.flatMap((points) => points.flatMap(({ value }) => (value === null ? [] : [value])));
  return {
    years: [Math.min(...years), Math.max(...years)],
    values: [Math.floor(Math.min(...values) / STEP) * STEP, Math.ceil(Math.max(...values) / STEP) * STEP],
  };
}

/**
 * The scores of an entity over the years.
 * @param year the one that is looked at
 */
export function Sparkline({
  points,
  span,
  year,
}: {
  readonly points: readonly Point[];
  readonly span: Span;
  readonly year: number;
}) {
  const say = useWords(RANKING_WORDS);
  const { score } = useFormats();
  const known = points.flatMap(({ value, ...point }) => (value === null ? [] : [{ ...point, value }]));
  if (known.length < 2) return <span className="soft">–</span>;
  const x = (at: number): number => MARGIN + shareOf(at, span.years) * (WIDTH - 2 * MARGIN);
  const y = (value: number): number => HEIGHT - MARGIN - shareOf(value, span.values) * (HEIGHT - 2 * MARGIN);
  const label = known
    .map(({ year: at, value, rank, isDerived }) =>
      say(isDerived ? 'trendDerived' : 'trendText', { year: at, value: score(value), rank: rank ?? '–' }),
    )
    .join('; ');
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {known.slice(1).map((point, index) => {
        const from = known[index];
        if (from === undefined) return null;
        return (
          <line
            key={point.year}
            x1={x(from.year)}
            y1={y(from.value)}
            x2={x(point.year)}
            y2={y(point.value)}
            className={from.isDerived ? 'is-derived' : undefined}
          />
        );
      })}
      {known.map((point) => (
        <circle
          key={point.year}
          cx={x(point.year)}
          cy={y(point.value)}
          r={point.year === year ? 3.5 : 2.25}
          className={point.isDerived ? 'is-derived' : undefined}
        />
      ))}
    </svg>
  );
}

function shareOf(value: number, [low, high]: readonly [number, number]): number {
  return high === low ? 0.5 : (value - low) / (high - low);
}
