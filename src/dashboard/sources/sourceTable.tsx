import { Fragment } from 'react';
import { Link } from 'wouter';
import { useFormats, useLanguage, useWords } from '../language.tsx';
import { Ago } from '../parts/when.tsx';
import { AccountBar, countOf, FATES, FateHeads, Progress } from './account.tsx';
import { Badge, SimulatedMark } from './badge.tsx';
import type { ListedSource } from './listedSource.ts';
import { Replayed } from './replayed.tsx';
import { Schedule } from './schedule.tsx';
import { SOURCE_WORDS } from './text.ts';

/** Sources with the account of their newest run. Narrow windows leave out what the page of a source has as well. */
export function SourceTable({
  sources,
  twins,
}: {
  readonly sources: readonly ListedSource[];
  /** Keys of those that another source has the name of. */
  readonly twins: ReadonlySet<string>;
}) {
  const say = useWords(SOURCE_WORDS);
  return (
    <div className="scroll">
      <table className="source-table">
        <caption>
          <span className="caption-text from-middle">{say('tableCaption')}</span>
          <span className="caption-text to-middle">
            {say('barCaption')}{' '}
            {FATES.map((fate) => (
              <Fragment key={fate}>
                <span className="part">
                  <span className={`dot fate-${fate}`} aria-hidden="true" />
                  {say(fate)}
                </span>{' '}
              </Fragment>
            ))}
          </span>
        </caption>
        <thead>
          <tr>
            <th scope="col">{say('source')}</th>
            <th scope="col">{say('stateAndSchedule')}</th>
            <th scope="col" className="from-narrow">
              {say('lastRun')}
            </th>
            <th scope="col" className="number from-middle">
              {say('read')}
            </th>
            <FateHeads />
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <Row key={source.key} source={source} hasTwin={twins.has(source.key)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ source, hasTwin }: { readonly source: ListedSource; readonly hasTwin: boolean }) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const { number } = useFormats();
  const { lastReading: run } = source;
  const isRunning = run?.status === 'RUNNING';
  return (
    <tr>
      <th scope="row">
        <Link href={`/sources/${source.key}`}>{language === 'vi' ? source.name_vi : source.name_en}</Link>{' '}
        {hasTwin ? <code className="twin">{source.key}</code> : null} <SimulatedMark simulated={source.simulated} />
        <span className="under soft">
          {say(source.kind)}&nbsp;· {source[`owner_${language}`]}
        </span>
        <span className="to-narrow">
          <LastRun source={source} />
        </span>
      </th>
      <td className="state-cell">
        <Badge name={source.status} />
        <span className="under">
          {source.freshnessLimitSeconds === null ? null : (
            <>
              <Badge name={source.stale ? 'isStale' : 'isFresh'} />{' '}
            </>
          )}
          {/* Of a source without a run its last run says so. */}
          {run === null ? null : (
            <span className="soft good-run">
              {say('goodRun')} {source.lastGoodRunAt === null ? say('noGoodRun') : <Ago time={source.lastGoodRunAt} />}
            </span>
          )}
        </span>
        <span className="under soft">
          <Schedule cron={source.schedule} />
        </span>
      </td>
      <td className="last-run from-narrow">
        <LastRun source={source} />
      </td>
      <td className="number from-middle">{run === null || isRunning ? '' : number(run.read, 0)}</td>
      {FATES.map((fate) => {
        const count = run === null || isRunning ? null : countOf(run, fate);
        return (
          <td key={fate} className={`number from-middle${count === 0 ? ' soft' : ''}`}>
            {count === null ? '' : number(count, 0)}
          </td>
        );
      })}
    </tr>
  );
}

function LastRun({ source: { lastReading: run, replay } }: { readonly source: ListedSource }) {
  const say = useWords(SOURCE_WORDS);
  if (run === null) return <span className="soft">{say('noRun')}</span>;
  return (
    <>
      <Badge name={run.status} />
      {run.status === 'RUNNING' ? <Progress run={run} /> : <AccountBar run={run} />}
      {run.error === null ? null : (
        <span className="under">
          <code>{run.error.code}</code>
        </span>
      )}
      <Replayed replay={replay} />
    </>
  );
}
