import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import type { EntityLevel, RankHistoryQuery } from '../generated/operations.ts';
import { useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { useSimulated } from '../simulated.ts';
import type { Chosen, ComparisonData, KnownEntity } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

/** The first year of the 34 provinces. */
const REFORM = 2025;

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
  level,
}: {
  readonly history: readonly RankHistoryQuery['scoreGroups']['edges'][number]['node'][];
  readonly entities: readonly KnownEntity[];
  readonly chosen: readonly Chosen[];
  readonly measure: string;
  readonly data: ComparisonData | undefined;
  readonly level: EntityLevel;
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
  const title = say('bump', { measure: known ? name(known) : measure });

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
          const next = points.find((point) => point.id === id);
          return last && next ? [{ one, points: [last, next] }] : [];
        });
      });
      const shown = new Set(chosen.map(({ entity }) => entity.id));
      const margin = width < 520 ? 84 : 130;
      const firstYear = years[0];
      return {
        height: most > 40 ? 760 : 460,
        marginLeft: margin,
        marginRight: margin,
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
            [10, 20, 30, 40, 50, 60].filter((rank) => rank <= most),
            {
              label: null,
              tickSize: 0,
              dx: 10,
              fill: 'var(--ink-soft)',
            },
          ),
          Plot.line(points, { x: at, y: 'rank', z: 'id', curve: 'bump-x', stroke: 'var(--line)', strokeWidth: 1.5 }),
          Plot.dot(points, { x: at, y: 'rank', r: 2, fill: 'var(--line)' }),
          reform > 0 && level === 'PROVINCE'
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
              r: 9,
              fill: one.colour,
            }),
            Plot.text(own, {
              x: at,
              y: 'rank',
              text: ({ rank }: Point) => String(rank),
              fill: 'var(--ground)',
              fontSize: 11,
              fontWeight: 600,
            }),
            Plot.text(own.slice(0, 1), {
              x: at,
              y: 'rank',
              text: () => `${one.glyph} ${name(one.entity)}`,
              // Those that are younger than the first year have no room on the left.
              textAnchor: own[0]?.year === firstYear ? 'end' : 'start',
              dx: own[0]?.year === firstYear ? -24 : 13,
              lineWidth: 9,
              fill: one.colour,
              fontWeight: 600,
              stroke: 'var(--ground)',
              strokeWidth: 4,
            }),
          ]),
          Plot.text(
            leads
              .map(({ points: ends }) => ends[1])
              .filter((end) => end !== undefined && !shown.has(end.id)) as Point[],
            {
              x: at,
              y: 'rank',
              text: ({ id, rank }: Point) => `${rank} ${labelOf(id)}`,
              textAnchor: 'start',
              dx: 10,
              lineWidth: 8,
              fill: 'var(--ink-soft)',
            },
          ),
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
    [points, years, named, chosen, name, say, level],
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
