import './profile.css';
import './print.css';
import { useMemo, useState } from 'react';
import { useQuery } from 'urql';
import { Link, useParams } from 'wouter';
import { useAddress } from '../address.ts';
import { useRankAlerts } from '../alerts/rankAlerts.ts';
import { EntityDocument, HistoryDocument, ProfileDocument, type ProfileQuery } from '../generated/operations.ts';
import { useName, useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { Downloads } from '../parts/downloads.tsx';
import { useSealed } from '../sealed.ts';
import { useTitle } from '../title.ts';
import { earlierChange } from './change.ts';
import type { ProfileEntity, SameCode } from './entity.ts';
import { Extremes } from './extremes.tsx';
import { type Figure, figuresOf } from './figures.ts';
import { Head } from './head.tsx';
import { Headline } from './headline.tsx';
import { History } from './history.tsx';
import { Announcement } from './live.tsx';
import { Strips } from './strips.tsx';
import { PROFILE_WORDS } from './text.ts';
import { useWhy } from './way.ts';
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
    variables: { entities, level },
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
        <Profile key={round} entity={entity} entities={entities} round={round} />
      )}
    </article>
  );
}

function Profile({
  entity,
  entities,
  round,
}: {
  readonly entity: ProfileEntity;
  /** Keys of the entity, and of those that it came from and became. */
  readonly entities: string[];
  readonly round: string;
}) {
  const say = useWords(PROFILE_WORDS);
  const { codeSystem, code, level } = entity;
  const { code: asked } = useWhy();
  const [data, show] = useState<ProfileQuery>();
  const figures = useMemo(() => (data ? figuresOf(data) : new Map<string, Figure>()), [data]);
  // A link may name a measure of another framework: the index is always there.
  const measure = data === undefined || figures.has(asked) ? asked : 'INDEX';
  const [{ data: answered, error, fetching, stale }, ask] = useQuery({
    query: ProfileDocument,
    variables: { codeSystem, code, round, measure, level, entities },
  });
  // What was answered when a figure was last looked at is older than what is shown now.
  if (answered !== undefined && answered !== data && (data === undefined || !stale)) show(answered);
  const isSealed = data?.entity?.index?.snapshot.status === 'PUBLISHED';
  useSealed(isSealed);
  const own = useMemo(() => [`${codeSystem}:${code}`], [codeSystem, code]);
  const { alerts, again: watchAlerts } = useRankAlerts(round, own, data === undefined || isSealed);
  const history = useMemo(() => data?.history.edges.map(({ node }) => node) ?? [], [data]);
  const earlier = useMemo(() => (data ? earlierChange(data) : null), [data]);
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
        watchAgain={watchAlerts}
      />
      <Headline
        index={index}
        earlier={earlier}
        round={data.round}
        peerGroup={peerGroup}
        alert={alerts.get(entity.id) ?? null}
      />
      <div className="profile-columns">
        <section className="profile-strips">
          <Strips entity={entity} figures={figures} kind="MAIN_INDEX" />
          <History entity={entity} history={history} />
        </section>
        <section className="profile-side">
          <Strips entity={entity} figures={figures} kind="PILLAR" />
          <Extremes figures={figures} />
        </section>
        <Why
          measure={measure}
          score={data.entity.why}
          isAsking={fetching || stale}
          error={error}
          retry={ask}
          figures={figures}
        />
      </div>
      <Downloads
        table="scores"
        parameters={{ round, filter: JSON.stringify({ entity: { eq: `${codeSystem}:${code}` } }) }}
      />
    </>
  );
}
