import { useEffect, useRef } from 'react';
import { useQuery } from 'urql';
import { WhyDocument } from '../generated/operations.ts';
import { useFormats, useName, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { Contributions } from './contributions.tsx';
import type { ProfileEntity } from './entity.ts';
import { type Figure, wayTo } from './figures.ts';
import { Indicator } from './indicator.tsx';
import { References } from './references.tsx';
import { useWhy, WHY_ID } from './way.ts';
import { WHY_WORDS } from './whyText.ts';

/** Why a figure is what it is: from the index over a main index and an indicator down to the row of the source. */
export function Why({
  entity,
  round,
  revision,
  figures,
}: {
  readonly entity: ProfileEntity;
  readonly round: string;
  readonly revision: string;
  readonly figures: ReadonlyMap<string, Figure>;
}) {
  const say = useWords(WHY_WORDS);
  const name = useName();
  const { code: asked, open } = useWhy();
  const section = useRef<HTMLElement>(null);
  // A link may name a measure of another framework: the index is always there.
  const measure = figures.has(asked) ? asked : 'INDEX';
  const way = wayTo(measure, figures);
  const { codeSystem, code } = entity;
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
      <Explanation
        key={measure}
        variables={{ codeSystem, code, round, measure }}
        revision={revision}
        figures={figures}
      />
    </section>
  );
}

function Explanation({
  variables,
  revision,
  figures,
}: {
  readonly variables: {
    readonly codeSystem: string;
    readonly code: string;
    readonly round: string;
    readonly measure: string;
  };
  readonly revision: string;
  readonly figures: ReadonlyMap<string, Figure>;
}) {
  const say = useWords(WHY_WORDS);
  const { score: format } = useFormats();
  const [{ data, error }, ask] = useQuery({ query: WhyDocument, variables });
  const shown = useRef(revision);
  useEffect(() => {
    // The headline has moved: so has what explains it.
    if (shown.current === revision) return;
    shown.current = revision;
    ask({ requestPolicy: 'network-only' });
  }, [revision, ask]);
  if (error && !data) return <Failure error={error} retry={ask} />;
  if (!data) return <Waiting />;
  const score = data.entity?.score;
  if (!score) return <Empty>{say('noValue')}</Empty>;
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
