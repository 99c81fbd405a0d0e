import { useQuery } from 'urql';
import { RunFailureDocument } from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { useViewer } from '../viewer.tsx';
import { AccountSum, Progress } from './account.tsx';
import { Badge } from './badge.tsx';
import { numberOfRun } from './liveRuns.ts';
import { Replayed } from './replayed.tsx';
import { RunPages } from './runPages.tsx';
import { RunRejects } from './runRejects.tsx';
import type { ShownRun } from './shownRun.ts';
import { SOURCE_WORDS } from './text.ts';

/**
 * One run closely: its account as a sum, why it failed and who must act, what it refused, the pages that it read, and how its fields changed.
 * @param replay the newest run that mapped refused records again since; absent or null = none, or this is an earlier run
 * @param choose looks at another run
 * @param stay keeps this run in view when a newer one begins
 */
export function RunDetail({
  run,
  replay = null,
  choose,
  sourceKey,
  stay,
}: {
  readonly run: ShownRun;
  readonly replay?: ShownRun | null;
  readonly choose?: (id: string) => void;
  readonly sourceKey: string;
  readonly stay: () => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const { time } = useFormats();
  const { mayReadRejects, mayReadPages } = useViewer();
  const isRunning = run.status === 'RUNNING';
  const withdrawn = run.withdrawnByDifference ?? 0;
  return (
    <section className="run-detail" aria-label={say('runNumber', { number: numberOfRun(run) })}>
      <h2>
        {say('runNumber', { number: numberOfRun(run) })} <Badge name={run.status} />
      </h2>
      <p className="soft">
        {say(run.mode)} · {time(run.startedAt)}
        {run.finishedAt === null ? '' : ` – ${time(run.finishedAt)}`} · {say('pagesCount', { count: run.pages })}
      </p>
      {isRunning ? <Progress run={run} /> : <AccountSum run={run} />}
      <Replayed replay={replay} {...(choose === undefined ? {} : { choose })} />
      {withdrawn > 0 ? <p className="help">{say('byDifference', { count: withdrawn })}</p> : null}
      {run.error === null ? null : <Failed run={run} error={run.error} />}
      <Lines title={say('schemaChanges')} help={say('schemaHelp')} lines={run.schemaChanges} />
      <Lines title={say('skippedRules')} lines={run.skippedRules ?? []} />
      <Lines title={say('stopReasons')} lines={run.stopReasons ?? []} />
      {mayReadRejects && run.rejected > 0 ? (
        <RunRejects id={run.id} sourceKey={sourceKey} stay={stay} />
      ) : run.rejected > 0 ? (
        <p className="help">{say('rejectsFor')}</p>
      ) : null}
      {mayReadPages && !isRunning && run.pages > 0 ? <RunPages id={run.id} /> : null}
    </section>
  );
}

function Failed({ run, error }: { readonly run: ShownRun; readonly error: NonNullable<ShownRun['error']> }) {
  const say = useWords(SOURCE_WORDS);
  const { mayReadFailure } = useViewer();
  const [{ data }] = useQuery({ query: RunFailureDocument, variables: { id: run.id }, pause: !mayReadFailure });
  const found = data?.node && 'failure' in data.node ? data.node.failure : null;
  const type = error.failureType;
  const isKnown = type === 'config_error' || type === 'transient_error' || type === 'system_error';
  return (
    <div className="problem">
      <p>
        <code>{error.code}</code> {error.message}
      </p>
      {found ? (
        <p>
          <strong>{say('found_failure')}</strong> {found}
        </p>
      ) : null}
      {isKnown ? (
        <p>
          <strong>{say('whatToDo')}</strong> {say(type)}
        </p>
      ) : null}
    </div>
  );
}

function Lines({
  title,
  help,
  lines,
}: {
  readonly title: string;
  readonly help?: string;
  readonly lines: readonly string[];
}) {
  if (lines.length === 0) return null;
  return (
    <details className="lines" open={help !== undefined}>
      <summary>
        {title} ({lines.length})
      </summary>
      {help === undefined ? null : <p className="help">{help}</p>}
      <ul>
        {lines.map((line) => (
          <li key={line}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}
