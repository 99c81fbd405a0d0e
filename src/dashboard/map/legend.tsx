import { useFormats, useWords } from '../language.tsx';
import { LEGEND } from './frame.ts';
import type { ValueClass } from './scale.ts';
import { MAP_WORDS } from './text.ts';

/** What the colours mean, the greatest values first; a part of the picture, so that saved images have it too. */
export function Legend({
  classes,
  hasNone,
  pattern,
  letter,
}: {
  readonly classes: readonly ValueClass[];
  readonly hasNone: boolean;
  /** Id of the pattern for no figure. */
  readonly pattern: string;
  /** Size of letters, in units of the picture. */
  readonly letter: number;
}) {
  const say = useWords(MAP_WORDS);
  const { score } = useFormats();
  const step = letter * 1.6;
  const labels = [...classes].reverse().map(({ low, high, count, tone }) => ({
    key: `tone-${tone}`,
    fill: undefined,
    label: `${low === high ? score(low) : say('range', { low: score(low), high: score(high) })} (${count})`,
  }));
  const none = { key: 'tone-0', fill: `url(#${pattern})`, label: say('noData') };
  return (
    <g className="map-legend" fontSize={letter}>
      <text x={LEGEND.x} y={LEGEND.y} fontWeight="bold">
        {say('legend')}
      </text>
      {[...labels, ...(hasNone ? [none] : [])].map(({ key, fill, label }, index) => (
        <g key={key} transform={`translate(${LEGEND.x} ${LEGEND.y + (index + 0.4) * step})`}>
          <rect className={`map-unit ${key}`} style={{ fill }} width={letter * 1.5} height={letter * 1.2} />
          <text x={letter * 1.9} y={letter}>
            {label}
          </text>
        </g>
      ))}
    </g>
  );
}
