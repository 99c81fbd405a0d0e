import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import { useFormats, useName, useWords } from '../language.tsx';
import { useIsNarrow } from '../narrow.ts';
import { Chart } from '../parts/chart.tsx';
import { spread } from '../parts/spread.ts';
import { LETTER_PX, LINE_PX, NARROW_PX, wrap } from '../parts/wrap.ts';
import { REFORM } from '../reform.ts';
import { useSimulated } from '../simulated.ts';
import { FRAME_WORDS } from '../text.ts';
import type { ProfileEntity, ProfileHistory } from './entity.ts';
import { PROFILE_WORDS } from './text.ts';

interface Point {
  readonly id: string;
  readonly label: string;
  readonly year: number;
  readonly value: number;
  readonly rank: number | null;
  readonly peerCount: number;
  readonly illustrative: boolean;
}

/** A rank says something only with the number of those that it is among: 63 before the reform, 34 after it. */
function placeOf({ rank, peerCount }: Pick<Point, 'rank' | 'peerCount'>): string {
  return `#${rank ?? '–'}/${peerCount}`;
}

/** Score and rank by round, of the entity and of those that it came from and became; what joins two territories is dashed. */
export function History({ entity, history }: { readonly entity: ProfileEntity; readonly history: ProfileHistory }) {
  const say = useWords(PROFILE_WORDS);
  const sayFrame = useWords(FRAME_WORDS);
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
  const isNarrow = useIsNarrow();
  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): Plot.PlotOptions => {
      const own = points.filter(({ id }) => id === entity.id);
      const others = points.filter(({ id }) => id !== entity.id);
      const years = [...new Set(points.map(({ year }) => year))].sort();
      const at = ({ year }: Point) => years.indexOf(year);
      const reform = years.findIndex((year) => year >= REFORM);
      const [marginLeft, marginRight, marginTop, marginBottom] = [34, 20, 48, 30];
      const height = width < NARROW_PX ? 280 : 380;
      // One pixel on the scale of scores.
      const pixel = 1 / (height - marginTop - marginBottom);
      const namePx = Math.max(84, (0.85 * (width - marginLeft - marginRight)) / Math.max(years.length, 1));
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
      // A phone has no room for names between the years: they stand below the chart.
      const names = lasts.map((point) =>
        width < NARROW_PX ? [placeOf(point)] : wrap(`${point.label} ${placeOf(point)}`, namePx),
      );
      const rooms = names.map(({ length }) => length * LINE_PX * pixel);
      // Below their points.
      const places = spread(
        lasts.map(({ value }, index) => (rooms[index] ?? 0) / 2 + 8 * pixel - value),
        rooms,
      );
      const ends = lasts.map((point, index) => ({ point, lines: names[index] ?? [], at: -(places[index] ?? 0) }));
      return {
        ...{ height, marginLeft, marginRight, marginTop, marginBottom },
        style: { fontSize: `${LETTER_PX}px`, fontFamily: 'var(--font)', overflow: 'visible' },
        x: {
          domain: [-0.4, years.length - 0.4],
          ticks: years.map((_year, index) => index),
          tickFormat: (index: number) => String(years[index] ?? ''),
          label: null,
          tickSize: 0,
        },
        y: {
          domain: [0, 1],
          label: sayFrame('scoreAxis'),
          labelArrow: 'none',
          labelOffset: 34,
          ticks: 5,
          tickSize: 0,
          tickFormat: (value: number) => number(value, 1),
        },
        marks: [
          Plot.gridY({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
          reform > 0
            ? [
                Plot.ruleX([reform - 0.5], { stroke: 'var(--line-strong)', strokeDasharray: '2 4' }),
                Plot.text([say('territory')], {
                  x: [reform - 0.5],
                  frameAnchor: 'top',
                  dy: -18,
                  fill: 'var(--ink-soft)',
                }),
              ]
            : null,
          Plot.line(links, {
            x: at,
            y: 'value',
            z: 'joint',
            stroke: 'var(--line-strong)',
            strokeDasharray: '4 4',
          }),
          Plot.line(points, { x: at, y: 'value', z: 'id', stroke: colour, strokeWidth: 2.5 }),
          Plot.dot(points, {
            x: at,
            y: 'value',
            r: 5,
            stroke: colour,
            strokeWidth: 2,
            fill: (point: Point) => (point.illustrative ? 'var(--ground)' : colour(point)),
          }),
          Plot.text(own, {
            x: at,
            y: 'value',
            text: ({ value, ...point }: Point) => `${score(value)}\n${placeOf(point)}`,
            dy: -24,
            fontWeight: 600,
            fill: 'currentColor',
            stroke: 'var(--ground)',
            strokeWidth: 4,
          }),
          Plot.text(ends, {
            x: ({ point }) => at(point),
            y: 'at',
            text: ({ lines }) => lines.join('\n'),
            lineHeight: LINE_PX / LETTER_PX,
            textAnchor: entity.successors.length > 0 ? 'end' : 'start',
            dx: entity.successors.length > 0 ? 10 : 4,
            fill: 'var(--ink-soft)',
            stroke: 'var(--ground)',
            strokeWidth: 4,
          }),
        ],
      };
    },
    [points, entity, say, sayFrame, score, number],
  );
  if (points.length === 0) return null;
  const others = [...new Set(points.filter(({ id }) => id !== entity.id).map(({ label }) => label))];
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
      {isNarrow && others.length > 0 ? <p className="soft">{say('greyLines', { names: others.join(', ') })}</p> : null}
    </>
  );
}
