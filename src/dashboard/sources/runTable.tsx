import { useFormats, useWords } from '../language.tsx';
import { countOf, FATES, FateHeads, Progress } from './account.tsx';
import { Badge } from './badge.tsx';
import { numberOfRun } from './liveRuns.ts';
import type { ShownRun } from './shownRun.ts';
import { SOURCE_WORDS } from './text.ts';

/** The runs of a source with their accounts; one of them is looked at closely. */
export function RunTable({
  runs,
  chosen,
  choose,
}: {
  readonly runs: readonly ShownRun[];
  readonly chosen: string;
  readonly choose: (id: string) => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const { number, time } = useFormats();
  return (
    <div className="scroll">
      <table className="run-table">
        <thead>
          <tr>
            <th scope="col">{say('run')}</th>
            <th scope="col" className="number">
              {say('read')}
            </th>
            <FateHeads />
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id} className={run.id === chosen ? 'is-chosen' : undefined}>
              <th scope="row">
                <button
                  type="button"
                  className="as-link"
                  aria-current={run.id === chosen ? 'true' : undefined}
                  onClick={() => choose(run.id)}
                >
                  {numberOfRun(run)}
                </button>{' '}
                <Badge name={run.status} /> {run.error === null ? null : <code>{run.error.code}</code>}
                <span className="under soft">
                  <span className="part">{time(run.startedAt)}</span> ·{' '}
                  <span className="part">
                    {say(run.mode)}
                    {run.period ? ` · ${run.period}` : ''}
                    {run.finishedAt === null ? null : <Duration run={run} />}
                  </span>
                </span>
                {run.status === 'RUNNING' ? <Progress run={run} /> : null}
              </th>
              <td className="number">{run.status === 'RUNNING' ? '' : number(run.read, 0)}</td>
              {FATES.map((fate) => (
                <td key={fate} className={`number from-middle${countOf(run, fate) === 0 ? ' soft' : ''}`}>
                  {run.status === 'RUNNING' ? '' : number(countOf(run, fate), 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Duration({ run: { startedAt, finishedAt } }: { readonly run: ShownRun }) {
  const { number } = useFormats();
  const seconds = (Date.parse(finishedAt ?? startedAt) - Date.parse(startedAt)) / 1000;
  return <> · {number(seconds, seconds < 10 ? 1 : 0)} s</>;
}
