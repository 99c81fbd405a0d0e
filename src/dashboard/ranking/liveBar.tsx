import { useConnection } from '../connection.ts';
import { useFormats, useLanguage, useWords } from '../language.tsx';
import { useAnnouncement } from './announcement.ts';
import type { LiveRanking } from './liveRanking.ts';
import { type Row } from './row.ts';
import { RANKING_WORDS } from './text.ts';

/** What moves, in words, and what stops it. */
export function LiveBar({
  live,
  rows,
  what,
  isBehind,
  isPaused,
  isStopped,
  pause,
}: {
  readonly live: LiveRanking;
  readonly rows: readonly Row[];
  readonly what: string;
  readonly isBehind: boolean;
  readonly isPaused: boolean;
  /** Nothing is told any more. */
  readonly isStopped: boolean;
  readonly pause: (isPaused: boolean) => void;
}) {
  const say = useWords(RANKING_WORDS);
  const { language } = useLanguage();
  const { time } = useFormats();
  const connection = useConnection();
  const moves = useAnnouncement(live.rows, what);
  const leader = moves?.leader ?? null;
  const name = rows.find(({ id }) => id === leader?.id)?.name;
  const summary = [
    moves === null ? null : say(moves.rankChanges === 1 ? 'movedOne' : 'movedMany', { count: moves.rankChanges }),
    leader === null || name === undefined
      ? null
      : say(leader.isUp ? 'rises' : 'falls', { name, rank: ordinal(leader.rank, language) }),
  ].filter((part) => part !== null);
  return (
    <div className="live-bar">
      <p role="status" className="live-summary">
        {summary.length === 0 ? '' : `${summary.join('; ')}.`}
      </p>
      <p className="soft">
        {isPaused
          ? say(isBehind ? 'behind' : 'paused')
          : live.changedAt === null && connection === 'live' && !isStopped
            ? say('watching')
            : null}{' '}
        {live.changedAt === null ? null : say('changedAt', { time: time(live.changedAt) })}
      </p>
      <button type="button" onClick={() => pause(!isPaused)}>
        {say(isPaused ? 'resume' : 'pause')}
      </button>
    </div>
  );
}

const ENDINGS: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };
const ENGLISH = new Intl.PluralRules('en', { type: 'ordinal' });

/** A place in words: `2nd`; Vietnamese has its word before the number. */
export function ordinal(rank: number, language: 'vi' | 'en'): string {
  return language === 'vi' ? String(rank) : `${rank}${ENDINGS[ENGLISH.select(rank)] ?? 'th'}`;
}
