import { useFormats, useWords } from '../language.tsx';
import type { Refusal } from '../refusal.ts';
import { FRAME_WORDS } from '../text.ts';
import { Reasons } from './asyncState.tsx';

/** What keeps figures up to date, or does not any more. */
export interface Watch {
  /** Null = it does. */
  readonly refusal: Refusal | null;
  readonly again: () => void;
}

/** Beside figures that are not kept up to date any more: since when, why, and what to do; once for all that has stopped. */
export function Stopped({ of }: { readonly of: readonly Watch[] }) {
  const say = useWords(FRAME_WORDS);
  const { time } = useFormats();
  const stopped = of.flatMap(({ refusal, again }) => (refusal === null ? [] : [{ refusal, again }]));
  const [first] = stopped.sort((one, other) => one.refusal.since - other.refusal.since);
  if (first === undefined) return null;
  return (
    <div className="stopped" role="alert">
      <p>
        <strong>{say('stoppedSince', { time: time(first.refusal.since) })}</strong>
      </p>
      <Reasons error={first.refusal.error} />
      <button type="button" onClick={() => stopped.forEach(({ again }) => void again())}>
        {say('again')}
      </button>
    </div>
  );
}
