import { useEffect, useRef, useState } from 'react';
import { useSubscription } from 'urql';
import { ScoreLiveDocument } from '../generated/operations.ts';
import { useFormats, useName, useWords } from '../language.tsx';
import { Stopped } from '../parts/stopped.tsx';
import { useRefusal } from '../refusal.ts';
import type { ProfileEntity } from './entity.ts';
import { PROFILE_WORDS } from './text.ts';

/**
 * Watches the scores of the entity and asks for the profile again when they have moved: every figure on the page is then of one state. Says aloud what
 * became of the rank or the score. When the platform refuses to tell, it says so.
 * @param revision of what is shown
 * @param isSealed what is shown is published and does not change
 * @param watchAgain whatever else is to be heard again when somebody asks for it
 */
export function Announcement({
  entity,
  round,
  revision,
  isAsking,
  isSealed,
  ask,
  watchAgain,
}: {
  readonly entity: ProfileEntity;
  readonly round: string;
  readonly revision: string;
  readonly isAsking: boolean;
  readonly isSealed: boolean;
  readonly ask: () => void;
  readonly watchAgain: () => void;
}) {
  const say = useWords(PROFILE_WORDS);
  const name = useName();
  const { score } = useFormats();
  const [said, setSaid] = useState('');
  const [newest, setNewest] = useState('0');
  const asked = useRef('0');
  const [{ error }, watchScores] = useSubscription(
    { query: ScoreLiveDocument, variables: { round, entities: [`${entity.codeSystem}:${entity.code}`] } },
    (_previous, event) => {
      const update = event.scoreUpdates;
      setNewest(update.revision);
      const row = update.complete ? undefined : update.rows[0];
      if (row?.rank != null && row.previousRank != null && row.rank !== row.previousRank) {
        setSaid(say('live', { name: name(entity), from: row.previousRank, to: row.rank }));
      } else if (row?.value != null) setSaid(say('liveScore', { name: name(entity), score: score(row.value) }));
      return event;
    },
  );
  useEffect(() => {
    // While an answer is awaited the next question waits too: updates coalesce.
    if (isAsking || BigInt(newest) <= BigInt(revision) || newest === asked.current) return;
    asked.current = newest;
    ask();
  }, [isAsking, newest, revision, ask]);
  const refusal = useRefusal(isSealed ? null : error);
  return (
    <>
      <p role="status" className="hidden">
        {said}
      </p>
      <Stopped
        of={[
          {
            refusal,
            again: () => {
              watchScores({ requestPolicy: 'network-only' });
              watchAgain();
              ask();
            },
          },
        ]}
      />
    </>
  );
}
