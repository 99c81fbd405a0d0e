import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import { useAddress } from '../address.ts';
import type { MeasureKind } from '../generated/operations.ts';
import { useFormats, useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { useSimulated } from '../simulated.ts';
import type { ProfileEntity } from './entity.ts';
import { type Figure, type FigureOrder, figuresIn } from './figures.ts';
import { PROFILE_WORDS } from './text.ts';

const ORDERS: readonly FigureOrder[] = ['framework', 'weight', 'gap'];
/** Below this the names stand above their strips, since beside them no strip would be left. */
const NARROW_PX = 520;

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
      const isNarrow = width < NARROW_PX;
      const codes = [...labels.keys()];
      const y = (figure: { readonly measure: { readonly code: string } }) => figure.measure.code;
      const ticks = shown.flatMap(({ measure, peers }) => peers.map((peer) => ({ measure, ...peer })));
      const known = shown.filter(({ value }) => value !== null);
      return {
        height: codes.length * (isNarrow ? 58 : 40) + 62,
        marginLeft: isNarrow ? 6 : 190,
        marginRight: 92,
        marginTop: 34,
        marginBottom: 28,
        style: { fontSize: '13px', fontFamily: 'var(--font)', overflow: 'visible' },
        x: { domain: [0, 1], label: null, ticks: 5, tickSize: 0, tickFormat: (value: number) => number(value, 1) },
        y: { domain: codes, label: null, axis: null, padding: isNarrow ? 0.58 : 0.4 },
        marks: [
          Plot.gridX({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
          isNarrow
            ? Plot.text(shown, {
                y,
                text: ({ measure }: Figure) => labels.get(measure.code) ?? '',
                frameAnchor: 'left',
                dy: -23,
                fill: 'currentColor',
              })
            : Plot.axisY({ tickSize: 0, tickFormat: (code: string) => labels.get(code) ?? code, lineWidth: 13 }),
          Plot.tickX(ticks, { x: 'value', y, stroke: 'var(--line-strong)', strokeOpacity: 0.55 }),
          Plot.tickX(shown, { x: 'median', y, stroke: 'var(--ink)', strokeWidth: 3, insetTop: -3, insetBottom: -3 }),
          Plot.dot(known, { x: 'value', y, r: 7, fill: 'var(--series-1)', stroke: 'var(--ground)', strokeWidth: 1.5 }),
          Plot.text(shown, {
            y,
            text: ({ value, rank }: Figure) => `${score(value)}  ${rank === null ? '' : `#${rank}`}`,
            frameAnchor: 'right',
            dx: 88,
            fontVariant: 'tabular-nums',
          }),
          Plot.text([say('stripsLegend')], {
            frameAnchor: 'top-left',
            dy: -32,
            dx: isNarrow ? 0 : -190,
            fill: 'var(--ink-soft)',
          }),
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
      };
    },
    [shown, labels, name, say, score, number],
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
