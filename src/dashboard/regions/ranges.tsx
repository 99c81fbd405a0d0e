import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import { useFormats, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { rowPlot } from '../parts/rowPlot.ts';
import { useSimulated } from '../simulated.ts';
import { FRAME_WORDS } from '../text.ts';
import type { NamedGroup } from './group.ts';
import { FigureTable } from './groupTable.tsx';
import { REGION_WORDS } from './text.ts';

/** Each group as a range: from the least to the greatest, the middle half, the median and the average. */
export function Ranges({
  groups,
  title,
  name,
}: {
  readonly groups: readonly NamedGroup[];
  readonly title: string;
  readonly name: string;
}) {
  const say = useWords(REGION_WORDS);
  const sayFrame = useWords(FRAME_WORDS);
  const { score, number } = useFormats();
  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): Plot.PlotOptions => {
      const rows = groups.map(({ key, group }) => ({ key, ...group.value }));
      const y = 'key';
      return rowPlot({
        width,
        names: new Map(groups.map(({ key, label }) => [key, label])),
        axis: sayFrame('scoreAxis'),
        number,
        legend: say('legend'),
        ends: new Map(rows.map(({ key, median }) => [key, score(median)])),
        marks: [
          Plot.ruleY(rows, { y, x1: 'min', x2: 'max', stroke: 'var(--line-strong)', strokeWidth: 2 }),
          Plot.barX(rows, { y, x1: 'low', x2: 'high', fill: 'var(--accent-soft)', stroke: 'var(--series-1)' }),
          Plot.tickX(rows, { y, x: 'median', stroke: 'var(--ink)', strokeWidth: 3 }),
          Plot.dot(rows, { y, x: 'average', r: 5, fill: 'var(--series-1)', stroke: 'var(--ground)' }),
        ],
      });
    },
    [groups, score, number, say, sayFrame],
  );
  const list = groups.map(({ label, group }) => `${label}: ${score(group.value.median)}`).join('; ');
  return (
    <Chart
      title={title}
      description={say('about', { list })}
      name={name}
      plot={plot}
      simulated={isSimulated}
      table={<FigureTable groups={groups} by={say('group')} />}
    />
  );
}
