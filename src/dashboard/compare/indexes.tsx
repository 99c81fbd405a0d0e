import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import { useFormats, useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { rowPlot } from '../parts/rowPlot.ts';
import { useSimulated } from '../simulated.ts';
import { FRAME_WORDS } from '../text.ts';
import { comparedMeasures, HeatTable, resultsOf } from './heatTable.tsx';
import type { Chosen, ComparisonData } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

interface Dot {
  /** Of the measure. */
  readonly code: string;
  readonly one: Chosen;
  readonly value: number;
  /** How far beside its row it stands, in pixels. */
  readonly shift: number;
}

/** Radius of a symbol. */
const DOT_PX = 6;

/** The index, its pillars and main indexes of the chosen entities: a row each, as symbols on one scale and as a table. */
export function Indexes({
  data,
  chosen,
  round,
}: {
  readonly data: ComparisonData;
  readonly chosen: readonly Chosen[];
  /** Its name. */
  readonly round: string;
}) {
  const say = useWords(COMPARE_WORDS);
  const sayFrame = useWords(FRAME_WORDS);
  const name = useName();
  const { score, number } = useFormats();
  const measures = useMemo(() => comparedMeasures(data), [data]);
  const results = useMemo(() => resultsOf(data), [data]);
  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): Plot.PlotOptions => {
      const labels = new Map(measures.map((measure) => [measure.code, name(measure)]));
      // How much of the scale a dot covers, or a little more.
      const near = (2 * DOT_PX) / (0.6 * width);
      const dots = measures.flatMap(({ code }): Dot[] => {
        const row = chosen.flatMap((one) => {
          const value = results.get(`${one.entity.id} ${code}`)?.value;
          return value == null ? [] : [{ code, one, value }];
        });
        return row.map((dot, index) => {
          const isFree = row.every((other) => other === dot || Math.abs(other.value - dot.value) > near);
          const step = Math.min(6, 18 / row.length);
          return { ...dot, shift: isFree ? 0 : (index - (row.length - 1) / 2) * step };
        });
      });
      return rowPlot({
        width,
        names: labels,
        axis: sayFrame('scoreAxis'),
        number,
        marks: [
          Plot.ruleY(
            dots,
            Plot.groupY(
              { x1: 'min', x2: 'max' },
              { y: 'code', x1: 'value', x2: 'value', stroke: 'var(--line-strong)' },
            ),
          ),
          // Values that are equal, or nearly so, do not hide each other.
          [...Map.groupBy(dots, ({ shift }) => shift)].map(([dy, level]) =>
            Plot.dot(level, {
              x: 'value',
              y: 'code',
              dy,
              fill: ({ one }: Dot) => one.colour,
              symbol: ({ one }: Dot) => one.symbol,
              r: DOT_PX,
              stroke: 'var(--ground)',
              strokeWidth: 1,
            }),
          ),
          Plot.tip(
            dots,
            Plot.pointer({
              x: 'value',
              y: 'code',
              title: (dot: Dot) => `${name(dot.one.entity)}\n${labels.get(dot.code) ?? ''}\n${score(dot.value)}`,
              fill: 'var(--ground-raised)',
              stroke: 'var(--line-strong)',
            }),
          ),
        ],
      });
    },
    [measures, chosen, results, name, sayFrame, score, number],
  );
  if (measures.length === 0 || chosen.length === 0) return null;
  return (
    <section>
      {data.round?.illustrative ? (
        <p>
          <span className="mark">{say('illustrative')}</span> {say('illustrativeRound')}
        </p>
      ) : null}
      <Chart
        title={say('indexes', { round })}
        description={say('indexesAbout', { list: chosen.map(({ entity }) => name(entity)).join(', ') })}
        name={`dti-compare-${data.round?.code ?? ''}`.toLowerCase()}
        plot={plot}
        simulated={isSimulated}
        table={<HeatTable data={data} chosen={chosen} />}
      />
    </section>
  );
}
