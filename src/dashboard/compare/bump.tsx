import type { PlotOptions } from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import type { RankHistoryQuery } from '../generated/operations.ts';
import { type Named, useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { rowsHeight } from '../parts/rowPlot.ts';
import { NARROW_PX } from '../parts/wrap.ts';
import { RANKING_WORDS } from '../ranking/text.ts';
import { useSimulated } from '../simulated.ts';
import { bumpPlot, type Point } from './bumpPlot.ts';
import { comparedMeasures } from './heatTable.tsx';
import type { Chosen, ComparisonData, KnownEntity } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

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
  const sayRanking = useWords(RANKING_WORDS);
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
  const rows = data ? comparedMeasures(data).length : 0;
  const title = [
    say('bump', { measure: known ? name(known) : measure === 'INDEX' ? sayRanking('measureIndex') : measure }),
    group ? name(group) : null,
  ]
    .filter(Boolean)
    .join(' · ');

  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): PlotOptions => {
      const nameOf = (id: string): string => {
        const entity = named.get(id);
        return entity ? name(entity) : '';
      };
      return bumpPlot({
        width,
        // As high as the chart beside it, which has a row for each measure; a phone has it alone.
        height: Math.max(320, width < NARROW_PX ? 0 : rowsHeight(width, rows)),
        points,
        chosen,
        nameOf,
        territory: group === null ? say('territory') : null,
        further: (rank) => say('further', { rank }),
        tip: ({ id, rank, year }) => `${nameOf(id)}\n${year}: ${say('rank', { rank })}`,
      });
    },
    [points, named, chosen, name, say, group, rows],
  );
  if (points.length === 0) return null;
  const rankOf = (id: string, year: number): number | null =>
    points.find((point) => point.id === id && point.year === year)?.rank ?? null;
  // Where the entity is no more, that of its successor, as the dashed line says it.
  const placeOf = ({ entity }: Chosen, year: number): string => {
    const own = rankOf(entity.id, year);
    if (own !== null) return String(own);
    const last = points.findLast(({ id }) => id === entity.id)?.year;
    if (last === undefined || year < last) return '–';
    const next = entity.successors.map(({ id }) => ({ rank: rankOf(id, year), successor: named.get(id) }));
    const found = next.find(({ rank }) => rank !== null);
    if (found?.successor === undefined || found.rank === null) return '–';
    return say('continued', { rank: found.rank, name: name(found.successor) });
  };
  const list = chosen
    .map((one) => {
      const ranks = years.map((year) => `${year}: ${placeOf(one, year)}`);
      return `${name(one.entity)} ${ranks.join(', ')}`;
    })
    .join('; ');
  return (
    <section>
      <Chart
        title={title}
        description={say('bumpAbout', { list: list && ` ${list}.` })}
        name={`dti-ranks-${measure}`.toLowerCase()}
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
                  {chosen.map((one) => (
                    <td key={one.key} className="number">
                      {placeOf(one, year)}
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
