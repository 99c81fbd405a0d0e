import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import type { RankHistoryQuery } from '../generated/operations.ts';
import { type Named, useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { spread } from '../parts/spread.ts';
import { useSimulated } from '../simulated.ts';
import type { Chosen, ComparisonData, KnownEntity } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

/** The first year of the 34 provinces. */
const REFORM = 2025;
/** Below this there is less room for names. */
const NARROW_PX = 520;
/** From this on whole names have room beside the lines. */
const WIDE_PX = 900;

/** Radius of a dot: two neighbours in the ranking do not cover each other. */
const DOT_PX = 7;

interface Point {
  readonly id: string;
  readonly year: number;
  readonly rank: number;
}

/** Ranks over the years: chosen entities in colour, all others grey. No line crosses 2025, but a dashed one leads to the successor. */
export function Bump({
  history,
  entities,
  chosen,
  measure,
  data,
  group,
}: {
  readonly history: readonly RankHistoryQuery['scoreGroups']['edges'][number]['node'][];
  readonly entities: readonly KnownEntity[];
  readonly chosen: readonly Chosen[];
  readonly measure: string;
  readonly data: ComparisonData | undefined;
  /** Whose ranks they are; null = of the one group that each round has. */
  readonly group: Named | null;
}) {
  const say = useWords(COMPARE_WORDS);
  const name = useName();
  const points = useMemo(
    () =>
      history.flatMap(({ key, score }): Point[] =>
        key.entity && key.round && score?.rank != null
          ? [{ id: key.entity.id, year: key.round.year, rank: score.rank }]
          : [],
      ),
    [history],
  );
  const years = useMemo(() => [...new Set(points.map(({ year }) => year))].sort(), [points]);
  const named = useMemo(() => new Map(entities.map((entity) => [entity.id, entity])), [entities]);
  const known = data?.round?.framework.measures.find(({ code }) => code === measure);
  const title = [say('bump', { measure: known ? name(known) : measure }), group ? name(group) : null]
    .filter(Boolean)
    .join(' · ');

  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): Plot.PlotOptions => {
      const at = ({ year }: { readonly year: number }) => years.indexOf(year);
      const labelOf = (id: string): string => {
        const entity = named.get(id);
        return entity ? name(entity) : '';
      };
      const reform = years.findIndex((year) => year >= REFORM);
      const most = Math.max(...points.map(({ rank }) => rank), 1);
      const lines = chosen.map((one) => ({ one, own: points.filter(({ id }) => id === one.entity.id) }));
      // To each successor: from the last rank under the old codes to the first under the new ones.
      const leads = lines.flatMap(({ one, own }) => {
        const last = own.at(-1);
        return one.entity.successors.flatMap(({ id }) => {
          const next = points.find((point) => point.id === id && last !== undefined && point.year > last.year);
          return last && next ? [{ one, points: [last, next] }] : [];
        });
      });
      const shown = new Set(chosen.map(({ entity }) => entity.id));
      const isNarrow = width < NARROW_PX;
      const isWide = width >= WIDE_PX;
      const margin = isNarrow ? 100 : isWide ? 300 : 190;
      const height = most > 40 ? 900 : 540;
      // One line of text, in places of the ranking.
      const line = (15 * most) / (height - 72);
      const firstYear = years[0];
      const early = lines.flatMap(({ one, own: [begin] }) =>
        begin && begin.year === firstYear ? [{ ...begin, one }] : [],
      );
      const late = [
        ...lines.flatMap(({ one, own }) =>
          own[0] && own[0].year !== firstYear ? [{ ...own[0], text: `${one.glyph} ${name(one.entity)}`, one }] : [],
        ),
        ...leads.flatMap(({ one, points: [, next] }) =>
          next && !shown.has(next.id) ? [{ ...next, text: `${next.rank} ${labelOf(next.id)}`, one }] : [],
        ),
      ].filter((label, index, all) => all.findIndex(({ id }) => id === label.id) === index);
      const earlyAt = spread(
        early.map(({ rank }) => rank),
        line,
      );
      const lateAt = spread(
        late.map(({ rank }) => rank),
        line,
      );
      const label = {
        fontWeight: 600,
        lineWidth: isNarrow ? 6.5 : isWide ? 20 : 12,
        textOverflow: 'ellipsis',
      } as const;
      return {
        height,
        marginLeft: margin,
        marginRight: late.length > 0 ? margin : 24,
        marginTop: 56,
        marginBottom: 16,
        style: { fontSize: '13px', fontFamily: 'var(--font)', overflow: 'visible' },
        x: {
          domain: [-0.1, Math.max(years.length - 1, 0) + 0.1],
          ticks: years.map((_year, index) => index),
          tickFormat: (index: number) => String(years[index] ?? ''),
          tickSize: 0,
          label: null,
          axis: 'top',
        },
        y: {
          domain: [most + 0.5, 0.5],
          axis: null,
        },
        marks: [
          Plot.axisY(
            [10, 20, 30, 40, 50, 60].filter((rank) => rank <= most && !isNarrow),
            {
              label: null,
              tickSize: 0,
              dx: 10,
              fill: 'var(--ink-soft)',
            },
          ),
          Plot.line(points, { x: at, y: 'rank', z: 'id', curve: 'bump-x', stroke: 'var(--line)', strokeWidth: 1.5 }),
          Plot.dot(points, { x: at, y: 'rank', r: 2, fill: 'var(--line)' }),
          reform > 0 && group === null
            ? [
                Plot.ruleX([reform - 0.5], { stroke: 'var(--line-strong)', strokeDasharray: '2 4' }),
                Plot.text([say('territory')], {
                  x: [reform - 0.5],
                  frameAnchor: 'top',
                  dy: -44,
                  fill: 'var(--ink-soft)',
                }),
              ]
            : [],
          leads.map(({ one, points: ends }) => [
            Plot.line(ends, { x: at, y: 'rank', curve: 'bump-x', stroke: one.colour, strokeDasharray: '5 5' }),
            Plot.dot(ends.slice(1), { x: at, y: 'rank', r: 5, stroke: one.colour, fill: 'var(--ground)' }),
          ]),
          lines.map(({ one, own }) => [
            Plot.line(own, { x: at, y: 'rank', curve: 'bump-x', stroke: one.colour, strokeWidth: 3 }),
            Plot.dot(own, {
              x: at,
              y: 'rank',
              r: DOT_PX,
              fill: one.colour,
            }),
            Plot.text(own, {
              x: at,
              y: 'rank',
              text: ({ rank }: Point) => String(rank),
              fill: 'var(--ground)',
              fontSize: 10,
              fontWeight: 600,
            }),
          ]),
          Plot.text(early, {
            ...label,
            x: at,
            y: (_label: unknown, index: number) => earlyAt[index],
            text: ({ one }) => `${one.glyph} ${name(one.entity)}`,
            fill: ({ one }) => one.colour,
            textAnchor: 'end',
            dx: isNarrow ? -12 : -30,
          }),
          Plot.text(late, {
            ...label,
            x: at,
            y: (_label: unknown, index: number) => lateAt[index],
            text: 'text',
            fill: ({ one }) => one.colour,
            textAnchor: 'start',
            dx: 12,
          }),
          Plot.tip(
            points,
            Plot.pointer({
              x: at,
              y: 'rank',
              title: ({ id, rank, year }: Point) => `${labelOf(id)}\n${year}: ${say('rank', { rank })}`,
              fill: 'var(--ground-raised)',
              stroke: 'var(--line-strong)',
            }),
          ),
        ],
      };
    },
    [points, years, named, chosen, name, say, group],
  );
  if (points.length === 0) return null;
  const rankOf = (id: string, year: number): number | null =>
    points.find((point) => point.id === id && point.year === year)?.rank ?? null;
  const list = chosen
    .map(({ entity }) => {
      const ranks = years.map((year) => `${year}: ${rankOf(entity.id, year) ?? '–'}`);
      return `${name(entity)} ${ranks.join(', ')}`;
    })
    .join('; ');
  return (
    <section>
      <Chart
        title={title}
        description={say('bumpAbout', { list })}
        name={`ranks-${measure}`}
        plot={plot}
        simulated={isSimulated}
        table={
          <table>
            <thead>
              <tr>
                <th>{say('year')}</th>
                {chosen.map(({ entity, key }) => (
                  <th key={key} className="number">
                    {name(entity)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {years.map((year) => (
                <tr key={year}>
                  <th scope="row">{year}</th>
                  {chosen.map(({ entity, key }) => (
                    <td key={key} className="number">
                      {rankOf(entity.id, year) ?? '–'}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
    </section>
  );
}
