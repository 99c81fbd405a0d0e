import type { CombinedError } from 'urql';
import { useWords } from '../language.tsx';
import { Reasons } from '../parts/asyncState.tsx';
import { SOURCE_WORDS } from './text.ts';

/** Why something that was asked for could not be done: the platform's code and what it says to do. */
export function Problem({ error }: { readonly error: CombinedError }) {
  const say = useWords(SOURCE_WORDS);
  return (
    <div className="problem" role="alert">
      {error.networkError === undefined ? null : <p>{say('noAnswer')}</p>}
      <Reasons error={error} />
    </div>
  );
}
