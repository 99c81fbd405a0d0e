import * as Plot from '@observablehq/plot';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';
import { saveImage } from './saveImage.ts';
import { Scroll } from './scroll.tsx';

/** What {@link Chart} draws. */
export interface ChartProps {
  /** What the chart shows; read out, and written above it and on saved images. */
  readonly title: string;
  /** What one sees in it, for those who do not; for example the first and the last. */
  readonly description: string;
  /** Name of saved files, without an ending. */
  readonly name: string;
  /** The plot for a width in pixels. Keep it stable (useCallback), since each new one draws again. */
  readonly plot: (width: number) => Plot.PlotOptions;
  /** The same figures as a table, for screen readers and for who wants numbers. */
  readonly table: ReactNode;
  /** Whether the figures are simulated, which is then written on saved images too. */
  readonly simulated: boolean;
}

/** A chart by Observable Plot, with the same figures as a table, and saved as SVG or PNG. */
export function Chart({ title, description, name, plot, table, simulated }: ChartProps) {
  const say = useWords(FRAME_WORDS);
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [isTable, showTable] = useState(false);
  const id = useId();
  const mark = simulated ? say('simulated') : null;

  useEffect(() => {
    if (frame.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (frame.current === null || width === 0 || isTable) return;
    const drawn = Plot.plot({ width, ...plot(width) });
    // The figure says what it shows; what is inside repeats it in pieces.
    drawn.setAttribute('aria-hidden', 'true');
    frame.current.replaceChildren(drawn);
    return () => drawn.remove();
  }, [width, plot, isTable]);

  const save = (kind: 'png' | 'svg'): void => {
    const svg = frame.current?.querySelector('svg');
    if (svg) void saveImage(svg, { kind, title, name, mark });
  };
  return (
    <figure className="chart" aria-labelledby={`${id}-title`} aria-describedby={`${id}-description`}>
      <figcaption>
        <span id={`${id}-title`} className="chart-title">
          {title}
        </span>
        {mark === null ? null : <span className="mark">{mark}</span>}
        <span id={`${id}-description`} className="hidden">
          {description}
        </span>
        <span className="chart-tools">
          <button type="button" aria-pressed={isTable} onClick={() => showTable(!isTable)}>
            {isTable ? say('asChart') : say('asTable')}
          </button>
          <button type="button" disabled={isTable} onClick={() => save('svg')} aria-label={`SVG: ${title}`}>
            SVG
          </button>
          <button type="button" disabled={isTable} onClick={() => save('png')} aria-label={`PNG: ${title}`}>
            PNG
          </button>
        </span>
      </figcaption>
      <div ref={frame} className="chart-frame" hidden={isTable} />
      {isTable ? <Scroll label={title}>{table}</Scroll> : null}
    </figure>
  );
}
