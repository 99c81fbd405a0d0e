import { useState } from 'react';
import { useFormats, useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

/** Smaller revisions are from before they were numbered by the clock, in microseconds since 1970: they are short, and tell no time. */
const FIRST_BY_CLOCK = 1e15;

/** A revision as the moment that it was taken at, with its number on request. */
export function Revision({ of }: { readonly of: string }) {
  const { time } = useFormats();
  const millis = Number(of) / 1000;
  return (
    <>
      {Number(of) < FIRST_BY_CLOCK ? null : <time dateTime={new Date(millis).toISOString()}>{time(millis)}</time>}{' '}
      <RevisionNumber of={of} />
    </>
  );
}

/** The number of a revision, which `asOf` and `since` take: sixteen digits that nobody reads, so they are shown on request. */
export function RevisionNumber({ of }: { readonly of: string }) {
  const say = useWords(FRAME_WORDS);
  const [isOpen, setOpen] = useState(false);
  const number = say('revision', { number: of });
  if (Number(of) < FIRST_BY_CLOCK) return number;
  return (
    <button type="button" className="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
      {isOpen ? number : say('revisionNumber')}
    </button>
  );
}
