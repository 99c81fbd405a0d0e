import { Link } from 'wouter';
import type { RoundsQuery } from '../generated/operations.ts';
import { inSentence, useFormats, useLanguage, useWords } from '../language.tsx';
import { useSealed } from '../sealed.ts';
import { useTitle } from '../title.ts';
import { type Measure, nameIn, type Round } from './row.ts';
import { RANKING_WORDS } from './text.ts';

type RoundHead = RoundsQuery['rounds']['nodes'][number]['node'];

/** What is ranked, and how official it is. */
export function Heading({
  leads,
  here,
  round,
  group,
  measure,
  latestPublished,
}: {
  readonly leads: 'table' | 'map';
  readonly here: RoundHead;
  readonly round: Round | null;
  readonly group: string;
  readonly measure: Measure | null;
  /** A published round to look at instead of an open one, with its address; null = this one is published, or none is. */
  readonly latestPublished: { readonly year: number; readonly href: string } | null;
}) {
  const say = useWords(RANKING_WORDS);
  const { language } = useLanguage();
  const { time } = useFormats();
  const peers = here.peerGroups.find(({ code }) => code === group);
  const { year } = here;
  const names = { group: peers === undefined ? '' : inSentence(nameIn(language, peers)), year };
  const title =
    measure === null || measure.kind === 'INDEX'
      ? say('heading', names)
      : say('headingOf', { ...names, measure: nameIn(language, measure) });
  useTitle(leads === 'map' ? `${say('map')}: ${title}` : title);
  useSealed(here.status === 'PUBLISHED');
  const published = round?.published ?? null;
  return (
    <header className="ranking-head">
      <h1>{title}</h1>
      <p>
        <strong className={`chip is-${here.status}`}>{say(`status_${here.status}`)}</strong>{' '}
        {here.status === 'OPEN' ? say('openWhy') : null}
        {here.status === 'VERIFYING' ? say('verifyingWhy') : null}
        {published === null
          ? null
          : say('publishedWhy', {
              date: time(published.publishedAt),
              snapshot: published.id.replace(/^\w+:/, ''),
            })}{' '}
        {latestPublished === null ? null : (
          <Link href={latestPublished.href}>{say('latestPublished', { year: latestPublished.year })}</Link>
        )}
      </p>
      {round?.illustrative ? (
        <p>
          <strong className="mark">{say('illustrative')}</strong>{' '}
          {say('illustrativeWhy', { basis: round.framework.legalBasis.split(',')[0] ?? '' })}
        </p>
      ) : null}
      {measure?.certainty === 'ILLUSTRATIVE' ? (
        <p>
          <strong className="mark">{say('illustrative')}</strong> {say('measureCertainty')}
        </p>
      ) : null}
      {measure?.maxPoints === 0 ? <p>{say('notScored')}</p> : null}
    </header>
  );
}
