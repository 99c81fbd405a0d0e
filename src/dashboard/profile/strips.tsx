import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import { useAddress } from '../address.ts';
import type { MeasureKind } from '../generated/operations.ts';
import { useFormats, useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { rowPlot } from '../parts/rowPlot.ts';
import { useSimulated } from '../simulated.ts';
import { FRAME_WORDS } from '../text.ts';
import type { ProfileEntity } from './entity.ts';
import { type Figure, type FigureOrder, figuresIn } from './figures.ts';
import { PROFILE_WORDS } from './text.ts';

const ORDERS: readonly FigureOrder[] = ['framework', 'weight', 'gap'];

/** Each measure of a kind as a strip: every peer a tick, the median heavy, the entity a dot. */
export function Strips({
  entity,
  figures,
  kind,
}: {
  readonly entity: ProfileEntity;
  readonly figures: ReadonlyMap<string, Figure>;
  readonly kind: MeasureKind & ('MAIN_INDEX' | 'PILLAR');
}) {
  const say = useWords(PROFILE_WORDS);
  const sayFrame = useWords(FRAME_WORDS);
  const name = useName();
  const { score, change, number } = useFormats();
  const [asked, setOrder] = useAddress('order', 'framework');
  const order = ORDERS.find((known) => known === asked) ?? 'framework';
  const shown = useMemo(() => figuresIn(figures, kind, order), [figures, kind, order]);
  const byGap = useMemo(() => figuresIn(figures, kind, 'gap'), [figures, kind]);
  const labels = useMemo(
    () => new Map(shown.map(({ measure }) => [measure.code, name(measure)] as const)),
    [shown, name],
  );

  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): Plot.PlotOptions => {
      const y = (figure: { readonly measure: { readonly code: string } }) => figure.measure.code;
      const ticks = shown.flatMap(({ measure, peers }) => peers.map((peer) => ({ measure, ...peer })));
      const known = shown.filter(({ value }) => value !== null);
      return rowPlot({
        width,
        names: labels,
        axis: sayFrame('scoreAxis'),
        number,
        legend: say('stripsLegend'),
        ends: new Map(
          shown.map(({ measure, value, rank }) => [
            measure.code,
            `${score(value)}  ${rank === null ? '' : `#${rank}`}`,
          ]),
        ),
        marks: [
          Plot.tickX(ticks, { x: 'value', y, stroke: 'var(--line-strong)', strokeOpacity: 0.55 }),
          Plot.tickX(shown, { x: 'median', y, stroke: 'var(--ink)', strokeWidth: 3, insetTop: -3, insetBottom: -3 }),
          Plot.dot(known, { x: 'value', y, r: 7, fill: 'var(--series-1)', stroke: 'var(--ground)', strokeWidth: 1.5 }),
          Plot.tip(
            ticks,
            Plot.pointer({
              x: 'value',
              y,
              title: (tick: (typeof ticks)[number]) => `${name(tick.named)}\n${score(tick.value)}`,
              fill: 'var(--ground-raised)',
              stroke: 'var(--line-strong)',
            }),
          ),
        ],
      });
    },
    [shown, labels, name, say, sayFrame, score, number],
  );

  if (shown.length === 0) return null;
  const best = byGap.at(-1);
  const worst = byGap[0];
  return (
    <>
      <h2 className="hidden">{say(kind === 'PILLAR' ? 'pillars' : 'mainIndexes')}</h2>
      {kind === 'PILLAR' ? null : (
        <div className="filters">
          <label>
            {say('order')}
            <select value={order} onChange={(event) => setOrder(event.target.value, { replace: true })}>
              {ORDERS.map((each) => (
                <option key={each} value={each}>
                  {say(`order_${each}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
      <Chart
        title={`${name(entity)}: ${say(kind === 'PILLAR' ? 'pillars' : 'mainIndexes')}`}
        description={say('stripsAbout', {
          name: name(entity),
          best: best ? name(best.measure) : '–',
          worst: worst ? name(worst.measure) : '–',
        })}
        name={`${entity.codeSystem}-${entity.code}-${kind.toLowerCase()}`}
        plot={plot}
        simulated={isSimulated}
        table={
          <table>
            <thead>
              <tr>
                <th>{say('measure')}</th>
                <th className="number">{say('value')}</th>
                <th className="number">{say('rank')}</th>
                <th className="number">{say('median')}</th>
                <th className="number">{say('gap')}</th>
                <th className="number">{say('weight')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ measure, value, rank, median, gap }) => (
                <tr key={measure.code}>
                  <th scope="row">{name(measure)}</th>
                  <td className="number">{score(value)}</td>
                  <td className="number">{rank ?? '–'}</td>
                  <td className="number">{score(median)}</td>
                  <td className="number">{change(gap)}</td>
                  <td className="number">{number(measure.maxPoints)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
      {kind === 'PILLAR' ? <p className="soft">{say('pillarsWhy')}</p> : null}
    </>
  );
}
