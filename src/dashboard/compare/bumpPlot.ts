import * as Plot from '@observablehq/plot';
import { spread } from '../parts/spread.ts';
import { LETTER_PX, LINE_PX, NARROW_PX, widthOf, wrap } from '../parts/wrap.ts';
import { REFORM } from '../reform.ts';
import type { Chosen } from './series.ts';

/** Names that are wider go on in another line. */
const NAME_PX = 220;
/** Radius of a dot with a rank in it. */
const DOT_PX = 8;
const BOLD = 600;

/** A rank of an entity in a year. */
export interface Point {
  readonly id: string;
  readonly year: number;
  readonly rank: number;
}

/** What {@link bumpPlot} draws. */
export interface Bumps {
  /** Of the whole chart, in pixels; it grows by what labels need below it. */
  readonly width: number;
  readonly height: number;
  /** Of all entities. */
  readonly points: readonly Point[];
  readonly chosen: readonly Chosen[];
  /** The name of an entity by its id. */
  readonly nameOf: (id: string) => string;
  /** What is written where the territory changed; null = it did not for these. */
  readonly territory: string | null;
  /** That ranks go on below those that are shown. */
  readonly further: (last: number) => string;
  readonly tip: (point: Point) => string;
}

interface Label {
  readonly point: Point;
  readonly one: Chosen;
  readonly lines: readonly string[];
}

/**
 * Ranks over the years, of the chosen in colour, of all others in grey, from the first to just below the last of the chosen. Where the chosen stand so close
 * that numbers in their dots would lie on each other, their ranks stand beside their names.
 */
export function bumpPlot({ width, height, points, chosen, nameOf, territory, further, tip }: Bumps): Plot.PlotOptions {
  const years = [...new Set(points.map(({ year }) => year))].sort();
  const firstYear = years[0];
  const at = ({ year }: { readonly year: number }) => years.indexOf(year);
  const reform = years.findIndex((year) => year >= REFORM);
  const lines = chosen.map((one) => ({ one, own: points.filter(({ id }) => id === one.entity.id) }));
  // To each successor: from the last rank under the old codes to the first under the new ones.
  const leads = lines.flatMap(({ one, own }) => {
    const last = own.at(-1);
    return one.entity.successors.flatMap(({ id }) => {
      const next = points.find((point) => point.id === id && last !== undefined && point.year > last.year);
      return last && next ? [{ one, ends: [last, next] as const }] : [];
    });
  });
  const all = Math.max(...points.map(({ rank }) => rank), 1);
  const drawn = [...lines.flatMap(({ own }) => own), ...leads.map(({ ends }) => ends[1])];
  const lowest = Math.max(...drawn.map(({ rank }) => rank), 1);
  const most = Math.min(all, Math.max(10, 5 * Math.ceil((lowest + 1) / 5)));
  const shown = points.filter(({ rank }) => rank <= most + 1);

  const isNarrow = width < NARROW_PX;
  const marginTop = 52;
  const innerPx = height - marginTop - 30;
  const isDense = nearest(lines.map(({ own }) => own)) * (innerPx / most) < 2 * DOT_PX;

  const namePx = Math.min(NAME_PX, Math.floor(width * (isNarrow ? 0.27 : 0.34)));
  const label = (point: Point, one: Chosen, text: string): Label => ({ point, one, lines: wrap(text, namePx, BOLD) });
  const isOwn = new Set(chosen.map(({ entity }) => entity.id));
  const titleOf = (one: Chosen, { id, rank }: Point) =>
    `${one.glyph}\u00a0${nameOf(id)}${isDense ? `\u00a0${rank}` : ''}`;
  const early = lines.flatMap(({ one, own: [begin] }) =>
    begin && begin.year === firstYear ? [label(begin, one, titleOf(one, begin))] : [],
  );
  const late = [
    ...lines.flatMap(({ one, own: points }) => {
      const end = points.at(-1);
      if (end === undefined) return [];
      if (points[0]?.year !== firstYear) return [label(end, one, titleOf(one, end))];
      return isDense && end.year === years.at(-1) ? [label(end, one, String(end.rank))] : [];
    }),
    ...leads.flatMap(({ one, ends: [, next] }) =>
      isOwn.has(next.id) ? [] : [label(next, one, `${next.rank}\u00a0${nameOf(next.id)}`)],
    ),
  ].filter((each, index, list) => list.findIndex(({ point }) => point.id === each.point.id) === index);
  const margin = (labels: readonly Label[], besides: number) =>
    Math.max(0, ...labels.flatMap((each) => each.lines.map((line) => widthOf(line, BOLD)))) + besides;
  // One pixel, in places of the ranking.
  const pixel = most / innerPx;
  const placed = (labels: readonly Label[]) => {
    const rooms = labels.map((each) => (each.lines.length * LINE_PX + 2) * pixel);
    const places = spread(
      // None reaches up to the years.
      labels.map(({ point }, index) => Math.max(point.rank, 0.5 - 12 * pixel + (rooms[index] ?? 0) / 2)),
      rooms,
    );
    return labels.map((each, index) => ({ ...each, place: places[index] ?? 0, room: rooms[index] ?? 0 }));
  };
  const [earlyPlaced, latePlaced] = [placed(early), placed(late)];
  const lowestEnd = Math.max(...[...earlyPlaced, ...latePlaced].map(({ place, room }) => place + room / 2), most + 0.5);
  const marginBottom = Math.max(30, Math.ceil((lowestEnd - most - 0.5) / pixel));
  const labelMark = (labels: ReturnType<typeof placed>, options: Plot.TextOptions) =>
    Plot.text(labels, {
      x: ({ point }) => at(point),
      y: 'place',
      text: (each) => each.lines.join('\n'),
      fill: ({ one }) => one.colour,
      fontWeight: BOLD,
      lineHeight: LINE_PX / LETTER_PX,
      ...options,
    });
  return {
    height: marginTop + innerPx + marginBottom,
    marginLeft: margin(early, isNarrow ? 16 : 46),
    marginRight: late.length > 0 ? margin(late, 16) : 24,
    marginTop,
    marginBottom,
    style: { fontSize: `${LETTER_PX}px`, fontFamily: 'var(--font)', overflow: 'visible' },
    x: {
      domain: [-0.1, Math.max(years.length - 1, 0) + 0.1],
      ticks: years.map((_year, index) => index),
      tickFormat: (index: number) => String(years[index] ?? ''),
      tickSize: 0,
      label: null,
      axis: 'top',
    },
    y: { domain: [most + 0.5, 0.5], axis: null },
    marks: [
      isNarrow
        ? null
        : Plot.text(
            [5, 10, 15, 20, 30, 40, 50, 60].filter((rank) => rank <= most && (most <= 20 || rank % 10 === 0)),
            { x: 0, y: (rank: number) => rank, text: String, textAnchor: 'end', dx: -13, fill: 'var(--ink-soft)' },
          ),
      Plot.line(points, {
        x: at,
        y: 'rank',
        z: 'id',
        curve: 'bump-x',
        stroke: 'var(--line)',
        strokeWidth: 1.5,
        clip: true,
      }),
      Plot.dot(shown, { x: at, y: 'rank', r: 2, fill: 'var(--line)', clip: true }),
      most < all
        ? Plot.text([further(all)], { frameAnchor: 'bottom', lineAnchor: 'top', dy: 10, fill: 'var(--ink-soft)' })
        : null,
      reform > 0 && territory !== null
        ? [
            Plot.ruleX([reform - 0.5], { stroke: 'var(--line-strong)', strokeDasharray: '2 4' }),
            Plot.text([territory], { x: [reform - 0.5], frameAnchor: 'top', dy: -44, fill: 'var(--ink-soft)' }),
          ]
        : null,
      leads.map(({ one, ends }) => [
        Plot.line(ends, { x: at, y: 'rank', curve: 'bump-x', stroke: one.colour, strokeDasharray: '5 5' }),
        Plot.dot(ends.slice(1), { x: at, y: 'rank', r: 5, stroke: one.colour, fill: 'var(--ground)' }),
      ]),
      lines.map(({ one, own }) => [
        Plot.line(own, { x: at, y: 'rank', curve: 'bump-x', stroke: one.colour, strokeWidth: 3 }),
        Plot.dot(own, { x: at, y: 'rank', r: isDense ? 4 : DOT_PX, fill: one.colour }),
        isDense
          ? null
          : Plot.text(own, {
              x: at,
              y: 'rank',
              text: ({ rank }: Point) => String(rank),
              fill: 'var(--ground)',
              fontSize: 10,
              fontWeight: BOLD,
            }),
      ]),
      labelMark(earlyPlaced, { textAnchor: 'end', dx: isNarrow ? -12 : -36 }),
      labelMark(latePlaced, { textAnchor: 'start', dx: 12 }),
      Plot.tip(
        shown.filter(({ rank }) => rank <= most),
        Plot.pointer({
          x: at,
          y: 'rank',
          title: tip,
          fill: 'var(--ground-raised)',
          stroke: 'var(--line-strong)',
        }),
      ),
    ],
  };
}

/** The least distance, in places, of two lines in any year. */
function nearest(lines: readonly (readonly Point[])[]): number {
  const points = lines.flat().sort((one, other) => one.year - other.year || one.rank - other.rank);
  return points.reduce((least, { year, rank }, index) => {
    const before = points[index - 1];
    return before?.year === year ? Math.min(least, rank - before.rank) : least;
  }, Number.POSITIVE_INFINITY);
}
