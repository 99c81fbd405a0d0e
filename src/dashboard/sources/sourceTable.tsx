import { Link } from 'wouter';
import { useFormats, useLanguage, useWords } from '../language.tsx';
import { Ago } from '../parts/when.tsx';
import { AccountBar, countOf, FATES, FateHeads, Progress } from './account.tsx';
import { Badge, SimulatedMark } from './badge.tsx';
import type { ListedSource } from './listedSource.ts';
import { Schedule } from './schedule.tsx';
import { SOURCE_WORDS } from './text.ts';

/** Sources with the account of their newest run. Narrow windows leave out what the page of a source has as well. */
export function SourceTable({ sources }: { readonly sources: readonly ListedSource[] }) {
  const say = useWords(SOURCE_WORDS);
  return (
    <div className="scroll">
      <table className="source-table">
        <caption>
          <span className="caption-text">{say('tableCaption')}</span>
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
            <Row key={source.key} source={source} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ source }: { readonly source: ListedSource }) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  const { number } = useFormats();
  const { lastRun: run } = source;
  const isRunning = run?.status === 'RUNNING';
  return (
    <tr>
      <th scope="row">
        <Link href={`/sources/${source.key}`}>{language === 'vi' ? source.name_vi : source.name_en}</Link>{' '}
        <SimulatedMark simulated={source.simulated} />
        <span className="under soft">
          {say(source.kind)} · {source[`owner_${language}`]}
        </span>
        <span className="to-narrow">
          <LastRun run={run} />
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
          <span className="soft">
            <Ago time={source.lastGoodRunAt} />
          </span>
        </span>
        <span className="under soft">
          <Schedule cron={source.schedule} />
        </span>
      </td>
      <td className="last-run from-narrow">
        <LastRun run={run} />
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

function LastRun({ run }: { readonly run: ListedSource['lastRun'] }) {
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
    </>
  );
}
