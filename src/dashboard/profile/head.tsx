import { Fragment } from 'react';
import { Link } from 'wouter';
import { useLanguage, useName, useWords } from '../language.tsx';
import { useRoundName } from '../roundName.ts';
import type { ProfileEntity, SameCode } from './entity.ts';
import { PROFILE_WORDS } from './text.ts';

const KINDS = [
  'province',
  'municipality',
  'ministry',
  'ministerial_level_agency',
  'government_attached_agency',
] as const;

/** Who it is: name, type, region, validity, what it came from and became; and the choice of the round. */
export function Head({
  entity,
  sameCode,
  rounds,
  round,
  setRound,
}: {
  readonly entity: ProfileEntity;
  readonly sameCode: readonly SameCode[];
  readonly rounds: readonly { readonly code: string; readonly year: number }[];
  readonly round: string;
  readonly setRound: (round: string) => void;
}) {
  const say = useWords(PROFILE_WORDS);
  const name = useName();
  const roundName = useRoundName();
  const { language } = useLanguage();
  const { code, codeSystem, region, validFrom, validTo, predecessors, successors } = entity;
  const kind = KINDS.find((known) => known === entity.kind) ?? 'other';
  const date = (text: string): string =>
    language === 'vi'
      ? new Date(text).toLocaleDateString('vi-VN', {
          day: 'numeric',
          month: 'numeric',
          year: 'numeric',
          timeZone: 'UTC',
        })
      : new Date(text).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  const facts = [
    say(`kind_${kind}`),
    region ? say('region', { name: name(region) }) : null,
    say('code', { code, codeSystem }),
    say(validTo ? (validFrom ? 'validBetween' : 'validUntil') : validFrom ? 'validFrom' : 'inForce', {
      from: validFrom ? date(validFrom) : '',
      until: validTo ? date(validTo) : '',
    }),
  ];
  const changed = sameCode.filter((other) => other.name_vi !== entity.name_vi && !isContinued(entity, other));
  return (
    <header className="profile-head">
      <div>
        <h1>{name(entity)}</h1>
        <p className="soft">
          {facts
            .flatMap((fact) => fact || [])
            .map((fact, index) => (
              <Fragment key={fact}>
                {index > 0 ? ' · ' : ''}
                <span className="profile-fact">{fact}</span>
              </Fragment>
            ))}
        </p>
        <Relations title={say('predecessors')} entities={predecessors} />
        <Relations title={say('successors')} entities={successors} />
        {changed.map((other) => (
          <p key={other.id} className="profile-caution">
            {say('otherCode', { code, codeSystem: other.codeSystem, name: name(other) })}
          </p>
        ))}
      </div>
      <div className="filters">
        <label>
          {say('round')}
          <select value={round} onChange={(event) => setRound(event.target.value)}>
            {rounds.map((each) => (
              <option key={each.code} value={each.code}>
                {roundName(entity.level, each.year)}
              </option>
            ))}
            {round === '' || rounds.some((each) => each.code === round) ? null : <option>{round}</option>}
          </select>
        </label>
        <Link className="button" href={`/compare?entities=${codeSystem}:${code}&round=${round}`}>
          {say('compare')}
        </Link>
        <button type="button" onClick={() => print()}>
          {say('print')}
        </button>
      </div>
    </header>
  );
}

/** Whether one of the two is all that the other came from: the same place, which may have got another name, as Huế has. */
function isContinued(entity: ProfileEntity, other: SameCode): boolean {
  return [
    [entity, other],
    [other, entity],
  ].some(([after, before]) => after?.predecessors.length === 1 && after.predecessors[0]?.id === before?.id);
}

function Relations({ title, entities }: { readonly title: string; readonly entities: ProfileEntity['successors'] }) {
  const name = useName();
  if (entities.length === 0) return null;
  return (
    <p>
      {title}{' '}
      {entities.map((entity, index) => (
        <span key={entity.id}>
          {index > 0 ? ', ' : ''}
          <Link href={`/entity/${entity.codeSystem}/${entity.code}`}>{name(entity)}</Link>{' '}
          <small className="soft profile-fact">
            {entity.codeSystem}:{entity.code}
          </small>
        </span>
      ))}
    </p>
  );
}
