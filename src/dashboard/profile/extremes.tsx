import { useMemo } from 'react';
import { useFormats, useName, useWords } from '../language.tsx';
import { extremesOf, type Figure, figuresIn, pointsOf } from './figures.ts';
import { PROFILE_WORDS } from './text.ts';
import { useWhy } from './way.ts';

const SHOWN = 5;

/** The indicators that lift the entity above its peers, and those that hold it back; each opens why. */
export function Extremes({ figures }: { readonly figures: ReadonlyMap<string, Figure> }) {
  const say = useWords(PROFILE_WORDS);
  const { strengths, weaknesses } = useMemo(() => extremesOf(figuresIn(figures, 'INDICATOR'), SHOWN), [figures]);
  const most = Math.max(...[...strengths, ...weaknesses].map((figure) => Math.abs(pointsOf(figure))), 0);
  return (
    <>
      <h2>{say('extremes')}</h2>
      <p className="soft">
        {say('extremesWhy')} <span className="mark">{say('illustrative')}</span> {say('illustrativeMeasures')}
      </p>
      <div className="profile-extremes">
        <Ends title={say('strengths')} figures={strengths} most={most} way="up" />
        <Ends title={say('weaknesses')} figures={weaknesses} most={most} way="down" />
      </div>
    </>
  );
}

function Ends({
  title,
  figures,
  most,
  way,
}: {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly most: number;
  readonly way: 'up' | 'down';
}) {
  const say = useWords(PROFILE_WORDS);
  const name = useName();
  const { score, change } = useFormats();
  const { open } = useWhy();
  return (
    <div>
      <h3>{title}</h3>
      {figures.length === 0 ? <p className="soft">{say('none')}</p> : null}
      <ol>
        {figures.map((figure) => (
          <li key={figure.measure.code}>
            <button type="button" className="quiet" onClick={() => open(figure.measure.code)}>
              {name(figure.measure)}
            </button>
            <span className={`profile-gap ${way}`}>
              <span style={{ inlineSize: `${(100 * Math.abs(pointsOf(figure))) / most}%` }} />
            </span>
            <span className="soft">
              <strong className={way}>{say('pointsGap', { points: change(pointsOf(figure), 1) })}</strong>{' '}
              {say('againstMedian', { value: score(figure.value), median: score(figure.median) })}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
