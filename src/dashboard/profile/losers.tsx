import { useState } from 'react';
import { useName, useWords } from '../language.tsx';
import { Candidate, type CandidateFact, FigureText } from './candidate.tsx';
import { WHY_WORDS } from './whyText.ts';

/** So many are shown at first; a monthly source has eleven more of each year. */
const SHOWN = 6;

/** The figures that were not chosen, each with the reason, and where it comes from on demand. */
export function Losers({ losers }: { readonly losers: readonly CandidateFact[] }) {
  const say = useWords(WHY_WORDS);
  const name = useName();
  const [isAll, showAll] = useState(false);
  if (losers.length === 0) return null;
  // A figure that another kind of source told says more than the earlier months of the same one.
  const sorted = [...losers].sort(
    (a, b) => Number(a.reason === 'EARLIER_PERIOD') - Number(b.reason === 'EARLIER_PERIOD'),
  );
  const shown = isAll ? sorted : sorted.slice(0, SHOWN);
  return (
    <>
      <h3>{say('losers', { count: losers.length })}</h3>
      <ul className="losers">
        {shown.map(({ reason, observation }) => (
          <li key={observation.id}>
            <details>
              <summary>
                <strong>
                  <FigureText of={observation} />
                </strong>{' '}
                <span>
                  {name(observation.source)}, {observation.period}
                </span>{' '}
                {observation.source.simulated ? <span className="mark">{say('simulated')}</span> : null}
                <span className="losers-reason">
                  {say(reason)} <code className="soft">{reason}</code>
                </span>
              </summary>
              <Candidate observation={observation} />
            </details>
          </li>
        ))}
      </ul>
      {isAll || sorted.length <= SHOWN ? null : (
        <button type="button" onClick={() => showAll(true)}>
          {say('more', { count: sorted.length - SHOWN })}
        </button>
      )}
    </>
  );
}
