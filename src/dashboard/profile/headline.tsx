import type { ReactNode } from 'react';
import { AlertSign } from '../alerts/alertSign.tsx';
import type { RankAlert } from '../alerts/rankAlerts.ts';
import type { ProfileQuery } from '../generated/operations.ts';
import { inSentence, useFormats, useName, useWords } from '../language.tsx';
import type { Change } from '../ranking/history.ts';
import { RANKING_WORDS } from '../ranking/text.ts';
import { useRoundName } from '../roundName.ts';
import { References } from './references.tsx';
import { PROFILE_WORDS } from './text.ts';
import { useWhy } from './way.ts';

type Round = NonNullable<ProfileQuery['round']>;
type Index = NonNullable<NonNullable<ProfileQuery['entity']>['index']>;
type Group = NonNullable<ProfileQuery['entity']>['peerGroup'];

/** Rank, score, change, automatic share and coverage, what was published, and which computation it is. */
export function Headline({
  index,
  earlier,
  round,
  peerGroup,
  alert,
}: {
  readonly index: Index;
  /** The change since an earlier year than the one before; null = there is none. */
  readonly earlier: Change | null;
  readonly round: Round;
  readonly peerGroup: Group;
  /** An open one about its rank; null = none. */
  readonly alert: RankAlert | null;
}) {
  const say = useWords(PROFILE_WORDS);
  const name = useName();
  const roundName = useRoundName();
  const { score, share, change, time } = useFormats();
  const sayRanking = useWords(RANKING_WORDS);
  const { open } = useWhy();
  const { snapshot } = index;
  const moved = index.change ?? earlier;
  const termOf = (of: Change | null): string =>
    of === null ? say('change') : `${say('changeSince', { year: of.since })}${of.isDerived ? '*' : ''}`;
  return (
    <section className="profile-headline" aria-label={roundName(round.level, round.year)}>
      <dl>
        <Fact
          term={
            <>
              {say('rank')} {snapshot.status === 'PUBLISHED' ? null : <AlertSign alert={alert} />}
            </>
          }
          note={peerGroup ? say('peerGroup', { name: inSentence(name(peerGroup)) }) : ''}
        >
          {index.rank === null ? '–' : say('rankOf', { rank: index.rank, count: index.peerCount })}
        </Fact>
        <Fact
          term={say('score')}
          note={
            <button type="button" className="quiet" onClick={() => open('INDEX')}>
              {say('whyScore')}
            </button>
          }
        >
          {score(index.value)}
        </Fact>
        <Fact term={termOf(earlier)} note={moved === null ? say('noChange') : <Places of={moved.rank} />}>
          {moved === null ? '–' : change(moved.value)}
        </Fact>
        <Fact term={say('automaticShare')} note={say('automaticShareWhy')}>
          {share(index.automaticShare)}
        </Fact>
        <Fact term={say('coverage')} note={say('coverageWhy')}>
          {share(index.coverage)}
        </Fact>
      </dl>
      <p className="soft profile-state">
        <span className="mark">{say(snapshot.status === 'PUBLISHED' ? 'published' : 'provisional')}</span>{' '}
        {say('snapshot', {
          id: snapshot.id.replace('Snapshot:', ''),
          time: time(snapshot.computedAt),
          engine: snapshot.engineVersion,
          hash: `${snapshot.resultHash.slice(0, 12)}…`,
        })}
      </p>
      {earlier?.isDerived ? (
        <p className="soft">{sayRanking('derivedNote', { count: round.entities.length })}</p>
      ) : null}
      <References references={index.references} />
      {round.illustrative ? (
        <p className="profile-caution">
          <strong>{say('illustrative')}.</strong> {say('illustrativeRound')}
        </p>
      ) : null}
    </section>
  );
}

function Fact({
  term,
  note,
  children,
}: {
  readonly term: ReactNode;
  readonly note: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div>
      <dt>{term}</dt>
      <dd className="profile-figure">{children}</dd>
      <dd className="soft">{note}</dd>
    </div>
  );
}

/** Places won or lost, with an arrow, so that colour is not the only sign. */
function Places({ of }: { readonly of: number | null }) {
  const say = useWords(PROFILE_WORDS);
  const sayRanking = useWords(RANKING_WORDS);
  if (of === null) return null;
  if (of === 0) return <span className="soft">{say('rankSame')}</span>;
  const isUp = of > 0;
  const places = Math.abs(of);
  return (
    <span className={isUp ? 'up' : 'down'}>
      <span aria-hidden="true">
        {isUp ? '▲' : '▼'}&nbsp;{say('rankChange', { places })}
      </span>
      <span className="hidden">{sayRanking(isUp ? 'rankUp' : 'rankDown', { places })}</span>
    </span>
  );
}
