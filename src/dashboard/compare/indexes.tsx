import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'react';
import { useFormats, useName, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { useSimulated } from '../simulated.ts';
import { comparedMeasures, HeatTable, resultsOf } from './heatTable.tsx';
import type { Chosen, ComparisonData } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

/** Below this the names stand above their rows. */
const NARROW_PX = 520;

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
  const name = useName();
  const { score, number } = useFormats();
  const measures = useMemo(() => comparedMeasures(data), [data]);
  const results = useMemo(() => resultsOf(data), [data]);
  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): Plot.PlotOptions => {
      const isNarrow = width < NARROW_PX;
      const labels = new Map(measures.map((measure) => [measure.code, name(measure)]));
      const dots = measures.flatMap(({ code }) =>
        chosen.flatMap(({ entity, key }) => {
          const value = results.get(`${entity.id} ${code}`)?.value;
          return value == null ? [] : [{ code, key, value, label: name(entity) }];
        }),
      );
      const keys = chosen.map(({ key }) => key);
      return {
        height: measures.length * (isNarrow ? 50 : 36) + 40,
        marginLeft: isNarrow ? 6 : 190,
        marginRight: 14,
        marginTop: isNarrow ? 20 : 8,
        marginBottom: 28,
        style: { fontSize: '13px', fontFamily: 'var(--font)', overflow: 'visible' },
        x: { domain: [0, 1], label: null, ticks: 5, tickSize: 0, tickFormat: (value: number) => number(value, 1) },
        y: { domain: [...labels.keys()], label: null, axis: null, type: 'point', padding: 0.6 },
        color: { domain: keys, range: chosen.map(({ colour }) => colour) },
        symbol: { domain: keys, range: chosen.map(({ symbol }) => symbol) },
        marks: [
          Plot.gridX({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
          isNarrow
            ? Plot.text([...labels.keys()], {
                y: (code: string) => code,
                text: (code: string) => labels.get(code) ?? code,
                frameAnchor: 'left',
                dy: -17,
                fill: 'currentColor',
              })
            : Plot.axisY({ tickSize: 0, tickFormat: (code: string) => labels.get(code) ?? code, lineWidth: 13 }),
          Plot.ruleY(
            dots,
            Plot.groupY(
              { x1: 'min', x2: 'max' },
              { y: 'code', x1: 'value', x2: 'value', stroke: 'var(--line-strong)' },
            ),
          ),
          Plot.dot(dots, {
            x: 'value',
            y: 'code',
            fill: 'key',
            symbol: 'key',
            r: 6,
            stroke: 'var(--ground)',
            strokeWidth: 1,
          }),
          Plot.tip(
            dots,
            Plot.pointer({
              x: 'value',
              y: 'code',
              title: (dot: (typeof dots)[number]) => `${dot.label}\n${labels.get(dot.code) ?? ''}\n${score(dot.value)}`,
              fill: 'var(--ground-raised)',
              stroke: 'var(--line-strong)',
            }),
          ),
        ],
      };
    },
    [measures, chosen, results, name, score, number],
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
        name={`compare-${data.round?.code ?? ''}`}
        plot={plot}
        simulated={isSimulated}
        table={<HeatTable data={data} chosen={chosen} />}
      />
    </section>
  );
}
