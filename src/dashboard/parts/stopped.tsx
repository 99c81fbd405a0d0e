import { useFormats, useWords } from '../language.tsx';
import type { Refusal } from '../refusal.ts';
import { FRAME_WORDS } from '../text.ts';
import { Reasons } from './asyncState.tsx';

/** Beside figures that are not kept up to date any more: since when, why, and what to do. */
export function Stopped({ refusal, again }: { readonly refusal: Refusal | null; readonly again: () => void }) {
  const say = useWords(FRAME_WORDS);
  const { time } = useFormats();
  if (refusal === null) return null;
  return (
    <div className="stopped" role="alert">
      <p>
        <strong>{say('stoppedSince', { time: time(refusal.since) })}</strong>
      </p>
      <Reasons error={refusal.error} />
      <button type="button" onClick={again}>
        {say('again')}
      </button>
    </div>
  );
}
