import * as Plot from '@observablehq/plot';
import { LETTER_PX, NARROW_PX, widthOf, wrap } from './wrap.ts';

/** From this on rows have more room between them. */
const WIDE_PX = 760;
/** Above the rows where the signs are explained, and below them, with the scale. */
const [LEGEND_PX, SCALE_PX] = [36, 46];
/** Names beside their rows that are wider than this go on in another line. */
const NAME_PX = 190;

/** What {@link rowPlot} draws. */
export interface Rows {
  /** Of the whole chart, in pixels. */
  readonly width: number;
  /** What each row is called, by the key that `y` of the marks has; from the top. */
  readonly names: ReadonlyMap<string, string>;
  /** What the values are, with their range. */
  readonly axis: string;
  readonly number: (value: number, decimals: number) => string;
  /** What is drawn on the rows, at `y` by their key and at `x` from 0 to 1. */
  readonly marks: Plot.Markish[];
  /** What stands at the end of each row, by its key. */
  readonly ends?: ReadonlyMap<string, string>;
  /** What the signs mean. */
  readonly legend?: string;
}

/** The height of such a chart without a legend, in pixels, for what stands beside it. */
export function rowsHeight(width: number, rows: number): number {
  return rows * (width < NARROW_PX ? 54 : width < WIDE_PX ? 38 : 46) + 8 + SCALE_PX;
}

/** The frame of charts that have a named row for each thing and one scale of scores from 0 to 1. */
export function rowPlot({ width, names, axis, number, marks, ends, legend }: Rows): Plot.PlotOptions {
  // The names then stand above their rows, since beside them no row would be left.
  const isNarrow = width < NARROW_PX;
  const lines = new Map([...names].map(([key, name]) => [key, wrap(name, NAME_PX)]));
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => widthOf(text)));
  const marginLeft = isNarrow ? 6 : widest([...lines.values()].flat()) + 16;
  const endPx = ends ? widest([...ends.values()]) : 0;
  const marginTop = legend === undefined ? 8 : LEGEND_PX;
  const keys = [...names.keys()];
  // Above the band that the marks have to themselves.
  const above = { y: (key: string) => key, dy: -24, fill: 'currentColor' } as const;
  const endOf = (key: string) => ends?.get(key) ?? '';
  return {
    height: rowsHeight(width, keys.length) - 8 + marginTop,
    marginLeft,
    marginRight: isNarrow || endPx === 0 ? 14 : endPx + 24,
    marginTop,
    marginBottom: SCALE_PX,
    style: { fontSize: `${LETTER_PX}px`, fontFamily: 'var(--font)', overflow: 'visible' },
    x: {
      domain: [0, 1],
      label: axis,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 5,
      tickSize: 0,
      tickFormat: (value: number) => number(value, 1),
    },
    y: { domain: keys, label: null, axis: null, padding: isNarrow ? 0.56 : 0.4 },
    marks: [
      Plot.gridX({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
      isNarrow
        ? [
            Plot.text(keys, { ...above, text: (key: string) => names.get(key), frameAnchor: 'left', dx: -6 }),
            Plot.text(keys, { ...above, text: endOf, frameAnchor: 'right', dx: 14, fontVariant: 'tabular-nums' }),
          ]
        : [
            Plot.axisY({ tickSize: 0, tickFormat: (key: string) => lines.get(key)?.join('\n') ?? key }),
            Plot.text(keys, {
              y: (key: string) => key,
              text: endOf,
              frameAnchor: 'right',
              dx: endPx + 20,
              fontVariant: 'tabular-nums',
            }),
          ],
      marks,
      legend === undefined
        ? null
        : Plot.text([legend], {
            frameAnchor: 'top-left',
            dy: -marginTop + 6,
            dx: -marginLeft,
            fill: 'var(--ink-soft)',
          }),
    ],
  };
}
