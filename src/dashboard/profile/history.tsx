import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import { useFormats, useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { spread } from '../parts/spread.ts';
import { useSimulated } from '../simulated.ts';
import type { ProfileEntity, ProfileHistory } from './entity.ts';
import { PROFILE_WORDS } from './text.ts';

/** Between the last year of the 63 provinces and the first of the 34. */
const REFORM = 2024.5;

interface Point {
  readonly id: string;
  readonly label: string;
  readonly year: number;
  readonly value: number;
  readonly rank: number | null;
  readonly peerCount: number;
  readonly illustrative: boolean;
}

/** Room of one line of text on the scale of scores. */
const LINE = 0.075;

/** A rank says something only with the number of those that it is among: 63 before the reform, 34 after it. */
function placeOf({ rank, peerCount }: Pick<Point, 'rank' | 'peerCount'>): string {
  return `#${rank ?? '–'}/${peerCount}`;
}

/** Score and rank by round, of the entity and of those that it came from and became; what joins two territories is dashed. */
export function History({ entity, history }: { readonly entity: ProfileEntity; readonly history: ProfileHistory }) {
  const say = useWords(PROFILE_WORDS);
  const name = useName();
  const { score, number } = useFormats();
  const points = useMemo(() => {
    const all = history.flatMap(({ key, score: result }): Point[] =>
      key.entity && key.round && result?.value != null
        ? [
            {
              id: key.entity.id,
              label: name(key.entity),
              year: key.round.year,
              value: result.value,
              rank: result.rank,
              peerCount: result.peerCount,
              illustrative: key.round.illustrative,
            },
          ]
        : [],
    );
    // A body that took the entity in may have been there all along: only what came before or after the entity continues it.
    const own = new Set(all.filter(({ id }) => id === entity.id).map(({ year }) => year));
    return all.filter(({ id, year }) => id === entity.id || !own.has(year));
  }, [history, name, entity]);
  const isSimulated = useSimulated();
  const plot = useCallback((): Plot.PlotOptions => {
    const own = points.filter(({ id }) => id === entity.id);
    const others = points.filter(({ id }) => id !== entity.id);
    const years = [...new Set(points.map(({ year }) => year))].sort();
    const first = years[0] ?? 0;
    const last = years.at(-1) ?? 0;
    const joints = entity.successors.length > 0 ? [own.at(-1), others[0]] : [];
    const links =
      entity.successors.length > 0
        ? joints.filter((point) => point !== undefined).map((point) => ({ ...point, joint: entity.id }))
        : entity.predecessors.flatMap(({ id }) => {
            const before = others.findLast((point) => point.id === id);
            return before && own[0] ? [before, own[0]].map((point) => ({ ...point, joint: id })) : [];
          });
    const colour = ({ id }: Point) => (id === entity.id ? 'var(--series-1)' : 'var(--line-strong)');
    const lasts = [...new Map(others.map((point) => [point.id, point])).values()];
    // Below their points.
    const places = spread(
      lasts.map(({ value }) => LINE - value),
      LINE,
    );
    const ends = lasts.map((point, index) => ({ ...point, at: -(places[index] ?? 0) }));
    return {
      height: 260,
      marginLeft: 34,
      marginRight: 20,
      marginTop: 26,
      marginBottom: 30,
      style: { fontSize: '13px', fontFamily: 'var(--font)', overflow: 'visible' },
      x: {
        domain: [first - 0.4, last + 0.6],
        ticks: years,
        tickFormat: (year: number) => String(year),
        label: null,
        tickSize: 0,
      },
      y: { domain: [0, 1], label: null, ticks: 5, tickSize: 0, tickFormat: (value: number) => number(value, 1) },
      marks: [
        Plot.gridY({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
        first < REFORM && last > REFORM
          ? [
              Plot.ruleX([REFORM], { stroke: 'var(--line-strong)', strokeDasharray: '2 4' }),
              Plot.text([say('territory')], { x: [REFORM], frameAnchor: 'top', dy: -16, fill: 'var(--ink-soft)' }),
            ]
          : [],
        Plot.line(links, {
          x: 'year',
          y: 'value',
          z: 'joint',
          stroke: 'var(--line-strong)',
          strokeDasharray: '4 4',
        }),
        Plot.line(points, { x: 'year', y: 'value', z: 'id', stroke: colour, strokeWidth: 2.5 }),
        Plot.dot(points, {
          x: 'year',
          y: 'value',
          r: 5,
          stroke: colour,
          strokeWidth: 2,
          fill: (point: Point) => (point.illustrative ? 'var(--ground)' : colour(point)),
        }),
        Plot.text(own, {
          x: 'year',
          y: 'value',
          text: ({ value, ...point }: Point) => `${score(value)}\n${placeOf(point)}`,
          dy: -24,
          fontWeight: 600,
          fill: 'currentColor',
          stroke: 'var(--ground)',
          strokeWidth: 4,
        }),
        Plot.text(ends, {
          x: 'year',
          y: 'at',
          text: ({ label, ...point }: Point) => `${label} ${placeOf(point)}`,
          textAnchor: entity.successors.length > 0 ? 'end' : 'start',
          dx: entity.successors.length > 0 ? 10 : 4,
          fill: 'var(--ink-soft)',
          stroke: 'var(--ground)',
          strokeWidth: 4,
        }),
      ],
    };
  }, [points, entity, say, score, number]);
  if (points.length === 0) return null;
  const list = points
    .map(({ label, year, value, rank, peerCount }) => `${label} ${year}: ${score(value)}, ${rank ?? '–'}/${peerCount}`)
    .join('; ');
  return (
    <>
      <h2 className="hidden">{say('history')}</h2>
      <Chart
        title={`${name(entity)}: ${say('history').toLowerCase()}`}
        description={say('historyAbout', { list })}
        name={`${entity.codeSystem}-${entity.code}-history`}
        plot={plot}
        simulated={isSimulated}
        table={
          <table>
            <thead>
              <tr>
                <th>{say('year')}</th>
                <th>{say('entity')}</th>
                <th className="number">{say('score')}</th>
                <th className="number">{say('rank')}</th>
              </tr>
            </thead>
            <tbody>
              {points.map(({ id, label, year, value, rank, peerCount, illustrative }) => (
                <tr key={`${id} ${year}`}>
                  <td>
                    {year} {illustrative ? <span className="mark">{say('illustrative')}</span> : null}
                  </td>
                  <th scope="row">{label}</th>
                  <td className="number">{score(value)}</td>
                  <td className="number">{rank === null ? '–' : say('rankOf', { rank, count: peerCount })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
    </>
  );
}
