import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import { useFormats, useWords } from '../language.tsx';
import { Chart } from '../parts/chart.tsx';
import { useSimulated } from '../simulated.ts';
import type { NamedGroup } from './group.ts';
import { FigureTable } from './groupTable.tsx';
import { REGION_WORDS } from './text.ts';

/** Below this the names stand above their rows. */
const NARROW_PX = 520;

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
  const { score, number } = useFormats();
  const isSimulated = useSimulated();
  const plot = useCallback(
    (width: number): Plot.PlotOptions => {
      const isNarrow = width < NARROW_PX;
      const labels = new Map(groups.map(({ key, label }) => [key, label]));
      const rows = groups.map(({ key, group }) => ({ key, count: group.count, ...group.value }));
      const y = 'key';
      return {
        height: groups.length * (isNarrow ? 58 : 44) + 66,
        marginLeft: isNarrow ? 6 : 190,
        marginRight: 66,
        marginTop: 34,
        marginBottom: 28,
        style: { fontSize: '13px', fontFamily: 'var(--font)', overflow: 'visible' },
        x: { domain: [0, 1], label: null, ticks: 5, tickSize: 0, tickFormat: (value: number) => number(value, 1) },
        y: { domain: [...labels.keys()], label: null, axis: null, padding: isNarrow ? 0.6 : 0.5 },
        marks: [
          Plot.gridX({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
          isNarrow
            ? Plot.text(rows, {
                y,
                text: ({ key }: (typeof rows)[number]) => labels.get(key) ?? '',
                frameAnchor: 'left',
                dy: -22,
                fill: 'currentColor',
              })
            : Plot.axisY({ tickSize: 0, tickFormat: (key: string) => labels.get(key) ?? key, lineWidth: 13 }),
          Plot.ruleY(rows, { y, x1: 'min', x2: 'max', stroke: 'var(--line-strong)', strokeWidth: 2 }),
          Plot.barX(rows, {
            y,
            x1: 'low',
            x2: 'high',
            fill: 'var(--accent-soft)',
            stroke: 'var(--series-1)',
          }),
          Plot.tickX(rows, { y, x: 'median', stroke: 'var(--ink)', strokeWidth: 3 }),
          Plot.dot(rows, { y, x: 'average', r: 5, fill: 'var(--series-1)', stroke: 'var(--ground)' }),
          Plot.text(rows, {
            y,
            text: ({ median }: (typeof rows)[number]) => score(median),
            frameAnchor: 'right',
            dx: 60,
            fontVariant: 'tabular-nums',
          }),
          Plot.text([say('legend')], {
            frameAnchor: 'top-left',
            dy: -32,
            dx: isNarrow ? 0 : -190,
            fill: 'var(--ink-soft)',
          }),
        ],
      };
    },
    [groups, score, number, say],
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
