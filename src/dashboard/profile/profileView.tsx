import './profile.css';
import './print.css';
import { useMemo } from 'react';
import { useQuery } from 'urql';
import { Link, useParams } from 'wouter';
import { useAddress } from '../address.ts';
import { EntityDocument, HistoryDocument, ProfileDocument } from '../generated/operations.ts';
import { useName, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { Downloads } from '../parts/downloads.tsx';
import { useSealed } from '../sealed.ts';
import { useTitle } from '../title.ts';
import type { ProfileEntity, ProfileHistory, SameCode } from './entity.ts';
import { Extremes } from './extremes.tsx';
import { figuresOf } from './figures.ts';
import { Head } from './head.tsx';
import { Headline } from './headline.tsx';
import { History } from './history.tsx';
import { Announcement } from './live.tsx';
import { Strips } from './strips.tsx';
import { PROFILE_WORDS } from './text.ts';
import { Why } from './why.tsx';

/** Everything about one entity in one round: `/entity/GSO-2004/74?round=PROVINCE-2022`, or by its key, `/entity/GSO-2004:74`. */
export default function ProfileView() {
  const params = useParams<{ readonly codeSystem?: string; readonly code?: string; readonly key?: string }>();
  const [ofSystem = '', ofCode = ''] = params.key?.split(':') ?? [];
  const { codeSystem = ofSystem, code = ofCode } = params;
  const say = useWords(PROFILE_WORDS);
  const name = useName();
  const [{ data, error }, retry] = useQuery({ query: EntityDocument, variables: { codeSystem, code } });
  const missing = say('notFound', { code: params.key ?? `${codeSystem}:${code}` });
  useTitle(data ? (data.entity ? name(data.entity) : missing) : null);
  if (error && !data) return <Failure error={error} retry={retry} />;
  if (!data) return <Waiting />;
  if (!data.entity) {
    return (
      <>
        <h1>{missing}</h1>
        <p>
          <Link href="/">{say('toRanking')}</Link>
        </p>
      </>
    );
  }
  const { entity, sameCode } = data;
  return <Rounds key={entity.id} entity={entity} sameCode={sameCode.edges.map(({ node }) => node)} />;
}

function Rounds({ entity, sameCode }: { readonly entity: ProfileEntity; readonly sameCode: readonly SameCode[] }) {
  const { predecessors, successors, level } = entity;
  const entities = useMemo(
    () => [entity, ...predecessors, ...successors].map((each) => `${each.codeSystem}:${each.code}`),
    [entity, predecessors, successors],
  );
  const [{ data, error }, retry] = useQuery({
    query: HistoryDocument,
    variables: { entities, level, measure: 'INDEX' },
  });
  const [asked, setRound] = useAddress('round', '');
  const history = data?.scoreGroups.edges.map(({ node }) => node) ?? [];
  const own = history.flatMap(({ key }) => (key.entity?.id === entity.id && key.round ? key.round : []));
  const round = asked === '' ? (own.at(-1)?.code ?? '') : asked;
  if (error && !data) return <Failure error={error} retry={retry} />;
  return (
    <article className="profile">
      <Head entity={entity} sameCode={sameCode} rounds={own} round={round} setRound={setRound} />
      {round === '' ? (
        data === undefined ? (
          <Waiting />
        ) : (
          <Empty />
        )
      ) : (
        <Profile key={round} entity={entity} round={round} history={history} />
      )}
    </article>
  );
}

function Profile({
  entity,
  round,
  history,
}: {
  readonly entity: ProfileEntity;
  readonly round: string;
  readonly history: ProfileHistory;
}) {
  const say = useWords(PROFILE_WORDS);
  const { codeSystem, code } = entity;
  const [{ data, error, fetching }, ask] = useQuery({ query: ProfileDocument, variables: { codeSystem, code, round } });
  const isSealed = data?.entity?.index?.snapshot.status === 'PUBLISHED';
  useSealed(isSealed);
  const figures = useMemo(() => (data ? figuresOf(data) : new Map()), [data]);
  const now = data?.entity?.index ?? null;
  // The round that is looked at moves with the page; the other rounds stand.
  const years = useMemo(
    () =>
      history.map((each) =>
        now !== null && each.key.entity?.id === entity.id && each.key.round?.code === round
          ? { ...each, score: now }
          : each,
      ),
    [history, now, entity, round],
  );
  if (error && !data) return <Failure error={error} retry={ask} />;
  if (!data) return <Waiting />;
  if (!data.round || !data.entity?.index) return <Empty>{say('notTaking', { round })}</Empty>;
  const { index, peerGroup } = data.entity;
  const revision = index.snapshot.revision;
  return (
    <>
      <Announcement
        entity={entity}
        round={round}
        revision={revision}
        isAsking={fetching}
        isSealed={isSealed}
        ask={() => ask({ requestPolicy: 'network-only' })}
      />
      <Headline entity={entity} index={index} round={data.round} peerGroup={peerGroup} />
      <div className="profile-columns">
        <section className="profile-strips">
          <Strips entity={entity} figures={figures} kind="MAIN_INDEX" />
          <History entity={entity} history={years} />
        </section>
        <section className="profile-side">
          <Strips entity={entity} figures={figures} kind="PILLAR" />
          <Extremes figures={figures} />
        </section>
        <Why entity={entity} round={round} revision={revision} figures={figures} />
      </div>
      <Downloads
        table="scores"
        parameters={{ round, filter: JSON.stringify({ entity: { eq: `${codeSystem}:${code}` } }) }}
      />
    </>
  );
}
