import { useFormats, useWords } from '../language.tsx';
import { countOf } from './account.tsx';
import { type LiveRun, numberOfRun } from './liveRuns.ts';
import { SOURCE_WORDS } from './text.ts';

/**
 * What became of refused records when they were mapped again after the source was last read.
 * @param replay the newest such run; null = nothing was mapped again
 * @param choose absent = the run cannot be looked at from here
 */
export function Replayed({
  replay,
  choose,
}: {
  readonly replay: LiveRun | null;
  readonly choose?: (id: string) => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const { number } = useFormats();
  if (replay === null) return null;
  return (
    <span className="under">
      <span aria-hidden="true">↻</span>{' '}
      {choose === undefined ? (
        say('replayed')
      ) : (
        <button type="button" className="as-link" onClick={() => choose(replay.id)}>
          {say('replayedAs', { number: numberOfRun(replay) })}
        </button>
      )}
      :{' '}
      {say('replayedCounts', {
        accepted: number(countOf(replay, 'accepted') + replay.unchanged, 0),
        rejected: number(replay.rejected, 0),
      })}
    </span>
  );
}
