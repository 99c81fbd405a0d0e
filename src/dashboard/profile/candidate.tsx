import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useFormats, useLanguage, useName, useWords } from '../language.tsx';
import { languageOf } from '../parts/english.tsx';
import { Revision } from '../parts/revision.tsx';
import type { ExplainedScore } from './entity.ts';
import { SourceRow } from './sourceRow.tsx';
import { WHY_WORDS } from './whyText.ts';

/** One figure that was looked at, and what became of it. */
export type CandidateFact = NonNullable<ExplainedScore['provenance']>['candidates'][number];
/** The figure itself. */
export type ObservationFact = CandidateFact['observation'];

/** A figure as it was told: a value, or two counts with their quotient. */
export function FigureText({
  of,
}: {
  readonly of: {
    readonly value: string | null;
    readonly numerator: string | null;
    readonly denominator: string | null;
  };
}) {
  const { number } = useFormats();
  const { value, numerator, denominator } = of;
  if (value !== null) return number(Number(value), 6);
  if (numerator === null || denominator === null) return '–';
  return `${number(Number(numerator), 6)} ÷ ${number(Number(denominator), 6)} = ${number(Number(numerator) / Number(denominator), 4)}`;
}

/** Where a figure comes from: source, period, revision, and the run with page, row and hash, or the reviewed report. */
export function Candidate({ observation }: { readonly observation: ObservationFact }) {
  const say = useWords(WHY_WORDS);
  const name = useName();
  const { language } = useLanguage();
  const { time } = useFormats();
  const { source, submission, syncRun, page, row } = observation;
  return (
    <>
      <dl className="why-facts">
        <Fact term={say('source')}>
          <Link href={`/sources/${source.key}`}>{name(source)}</Link> ({say(`kind_${source.kind}`)}){' '}
          {source.simulated ? <span className="mark">{say('simulated')}</span> : null}{' '}
          {observation.stale ? <span className="mark">{say('stale')}</span> : null}
        </Fact>
        <Fact term={say('period')}>{observation.period}</Fact>
        <Fact term={say('status')}>
          {observation.obsStatus}: {say(`obs_${observation.obsStatus}`)}
        </Fact>
        {observation.publishedAt === null ? null : (
          <Fact term={say('publishedAt')}>{time(observation.publishedAt)}</Fact>
        )}
        <Fact term={say('retrievedAt')}>{time(observation.retrievedAt)}</Fact>
        <Fact term={say('revision')}>
          <Revision of={observation.revision} />
        </Fact>
        {syncRun === null ? null : (
          <Fact term={say('run')}>
            {syncRun.id}, {time(syncRun.startedAt)}
          </Fact>
        )}
        {page === null || row === null ? null : (
          <Fact term={say('place')}>{say('pageRow', { page: page + 1, row: row + 1 })}</Fact>
        )}
        {observation.rowHash === null ? null : (
          <Fact term={say('hash')}>
            <code>{observation.rowHash}</code>
          </Fact>
        )}
        {submission === null ? null : (
          <>
            <Fact term={say('submission')}>
              {say(`submission_${submission.state}`)}, {time(submission.submittedAt)}
            </Fact>
            <Fact term={say('claimed')}>
              <FigureText of={submission.claimed} />
            </Fact>
            {submission.reviewer === null ? null : (
              <Fact term={say('reviewer')}>
                {submission.reviewer} {submission.reviewNote ?? ''}
              </Fact>
            )}
            <Fact term={say('evidence')}>
              {submission.evidence.map(({ title, reference }) => `${title}, ${reference}`).join('; ') || '–'}
            </Fact>
          </>
        )}
        <Fact term={say('citation')}>
          {source[`citation_${language}`]}{' '}
          <span lang={languageOf(source)} className="soft">
            ({source.licence})
          </span>
        </Fact>
      </dl>
      {syncRun === null || page === null || row === null ? null : <SourceRow run={syncRun.id} page={page} row={row} />}
    </>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
