import { useEffect, useRef } from 'react';
import type { CombinedError } from 'urql';
import { useFormats, useName, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { Contributions } from './contributions.tsx';
import type { ExplainedScore } from './entity.ts';
import { type Figure, wayTo } from './figures.ts';
import { Indicator } from './indicator.tsx';
import { References } from './references.tsx';
import { useWhy, WHY_ID } from './way.ts';
import { WHY_WORDS } from './whyText.ts';

/** Why a figure is what it is: from the index over a main index and an indicator down to the row of the source. */
export function Why({
  measure,
  score,
  isAsking,
  error,
  retry,
  figures,
}: {
  readonly measure: string;
  /** The figure that is explained; another one until it is answered, null = it has none. */
  readonly score: ExplainedScore | null;
  readonly isAsking: boolean;
  readonly error: CombinedError | undefined;
  readonly retry: () => void;
  readonly figures: ReadonlyMap<string, Figure>;
}) {
  const say = useWords(WHY_WORDS);
  const name = useName();
  const { open } = useWhy();
  const section = useRef<HTMLElement>(null);
  const way = wayTo(measure, figures);
  useEffect(() => {
    // Whoever comes by a link to a figure wants to see that figure.
    if (new URLSearchParams(location.search).has('why')) section.current?.scrollIntoView({ block: 'start' });
  }, []);
  return (
    <section ref={section} id={WHY_ID} className="why" tabIndex={-1} aria-labelledby={`${WHY_ID}-title`}>
      <h2 id={`${WHY_ID}-title`}>{say('title')}</h2>
      <nav aria-label={say('way')}>
        <ol className="why-way">
          {way.map(({ measure: step }, index) => (
            <li key={step.code}>
              {index === way.length - 1 ? (
                <strong aria-current="location">{name(step)}</strong>
              ) : (
                <button type="button" className="quiet" onClick={() => open(step.code)}>
                  {name(step)}
                </button>
              )}
            </li>
          ))}
        </ol>
      </nav>
      {score?.measure.code === measure ? (
        <Explanation key={measure} score={score} figures={figures} />
      ) : isAsking ? (
        <Waiting />
      ) : error ? (
        <Failure error={error} retry={retry} />
      ) : (
        <Empty>{say('noValue')}</Empty>
      )}
    </section>
  );
}

function Explanation({
  score,
  figures,
}: {
  readonly score: ExplainedScore;
  readonly figures: ReadonlyMap<string, Figure>;
}) {
  const say = useWords(WHY_WORDS);
  const { score: format } = useFormats();
  return (
    <>
      <p className="why-value">
        {score.rank === null
          ? format(score.value)
          : say('valueOf', { value: format(score.value), rank: score.rank, count: score.peerCount })}
      </p>
      {/* Those of the index stand in the headline. */}
      {score.measure.kind === 'INDEX' ? null : <References references={score.references} />}
      {score.measure.kind === 'INDICATOR' ? (
        <Indicator score={score} />
      ) : (
        <Contributions score={score} figures={figures} />
      )}
    </>
  );
}
