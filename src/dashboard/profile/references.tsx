import { useFormats, useWords } from '../language.tsx';
import { PROFILE_WORDS } from './text.ts';

/** How sure a published row is, in the words of the reference data. */
const CERTAINTIES = ['certainty_published', 'certainty_derived', 'certainty_approximate'] as const;

/** A published result as the graph tells it. */
export interface Reference {
  readonly value: string | null;
  readonly rank: number | null;
  readonly citation: string;
  readonly url: string | null;
  readonly certainty: string;
}

/** What the owner of the index published for the same figure, each with its citation; nothing when nothing was. */
export function References({ references }: { readonly references: readonly Reference[] }) {
  const say = useWords(PROFILE_WORDS);
  const { score } = useFormats();
  return references.map(({ value, rank, citation, url, certainty }) => (
    <p key={`${citation} ${value} ${rank}`} className="profile-reference">
      <strong>{say('reference')}:</strong>{' '}
      {[
        rank === null ? null : say('referenceRank', { rank }),
        value === null ? null : say('referenceScore', { value: score(Number(value)) }),
      ]
        .filter(Boolean)
        .join(', ')}{' '}
      <span className="soft">
        ({say(CERTAINTIES.find((known) => known === `certainty_${certainty}`) ?? 'certainty_other')};{' '}
        {url === null ? citation : <a href={url}>{citation}</a>})
      </span>
    </p>
  ));
}
