import { useFormats, useWords } from '../language.tsx';
import { numberOfRun, type Replay } from './liveRuns.ts';
import { SOURCE_WORDS } from './text.ts';

/**
 * What became of refused records, of whatever run, when they were mapped again after the source was last read.
 * @param replay the newest such run; null = nothing was mapped again
 * @param choose absent = the run cannot be looked at from here
 */
export function Replayed({
  replay,
  choose,
}: {
  readonly replay: Replay | null;
  readonly choose?: (id: string) => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const { number } = useFormats();
  if (replay === null) return null;
  return (
    <span className="under replayed">
      <span aria-hidden="true">↻</span> {say('replayed')}:{' '}
      {say('replayedCounts', {
        // What the platform knew already, and what the source withdraws, is accepted too.
        accepted: number(replay.read - replay.rejected - replay.skipped, 0),
        rejected: number(replay.rejected, 0),
        skipped: number(replay.skipped, 0),
      })}
      {choose === undefined ? null : (
        <>
          {' · '}
          <button type="button" className="as-link" onClick={() => choose(replay.id)}>
            {say('replayedAs', { number: numberOfRun(replay) })}
          </button>
        </>
      )}
    </span>
  );
}
