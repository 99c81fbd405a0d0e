import { useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { ReplayRejectedDocument, RunRejectsDocument } from '../generated/operations.ts';
import { useWords } from '../language.tsx';
import { Failure, Waiting } from '../parts/asyncState.tsx';
import { useViewer } from '../viewer.tsx';
import { AccountSum } from './account.tsx';
import { numberOfRun } from './liveRuns.ts';
import { Problem } from './problem.tsx';
import { SOURCE_WORDS } from './text.ts';

const FIRST = 50;

/**
 * What a run refused, with the rule, the reason and the raw row; it can be mapped again once the manifest is mended.
 * @param stay keeps this run in view when a newer one begins
 */
export function RunRejects({
  id,
  sourceKey,
  stay,
}: {
  readonly id: string;
  readonly sourceKey: string;
  readonly stay: () => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const { mayReplay } = useViewer();
  const [first, setFirst] = useState(FIRST);
  const [{ data, error }, ask] = useQuery({ query: RunRejectsDocument, variables: { id, first } });
  const [replayed, replay] = useMutation(ReplayRejectedDocument);
  const run = replayed.data?.replayRejected.run;
  if (error && !data) return <Failure error={error} retry={ask} />;
  if (!data) return <Waiting />;
  const rejects = data.node && 'rejects' in data.node ? data.node.rejects : null;
  if (rejects === null || rejects === undefined) return null;
  const again = async (): Promise<void> => {
    // The replay is a run of its own, which would take the place of this one.
    stay();
    await replay({ key: sourceKey, run: id });
    ask({ requestPolicy: 'network-only' });
  };
  return (
    <section aria-label={say('rejects')}>
      <h3>{say('rejectsCount', { count: rejects.totalCount })}</h3>
      {mayReplay ? (
        <p className="actions">
          <button type="button" disabled={replayed.fetching} onClick={() => void again()}>
            {say(replayed.fetching ? 'working' : 'replay')}
          </button>
          <span className="help">{say('replayHelp')}</span>
        </p>
      ) : null}
      <div role="status">
        {replayed.error ? <Problem error={replayed.error} /> : null}
        {replayed.data === undefined || replayed.fetching ? null : run ? (
          <>
            <p>{say('replayedIn', { number: numberOfRun(run) })}</p>
            <AccountSum run={run} />
          </>
        ) : (
          <p>{say('nothingToReplay')}</p>
        )}
      </div>
      <p className="help">{say('fromOne')}</p>
      <div className="scroll">
        <table className="reject-table">
          <thead>
            <tr>
              <th scope="col">{say('rule')}</th>
              <th scope="col">{say('reason')}</th>
              <th scope="col">{say('place')}</th>
              <th scope="col">{say('rawRow')}</th>
            </tr>
          </thead>
          <tbody>
            {rejects.edges.map(({ node }) => (
              <tr key={`${node.stream} ${node.page} ${node.row} ${node.rule} ${node.message}`}>
                <td>
                  <code>{node.rule}</code>
                  {node.replayedBy === null ? null : (
                    // No mapping mends figures that contradict each other: those are closed by reading again.
                    <span className="under soft">{say(node.rule === 'unique' ? 'wasReadAgain' : 'wasReplayed')}</span>
                  )}
                </td>
                <td>{node.message}</td>
                <td>
                  <code>{node.stream}</code>
                  <span className="under soft">{say('pageAndRow', { page: node.page + 1, row: node.row + 1 })}</span>
                </td>
                <td>
                  <code>{JSON.stringify(node.raw)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rejects.totalCount > first ? (
        <button type="button" onClick={() => setFirst(1000)}>
          {say('moreRejects')}
        </button>
      ) : null}
    </section>
  );
}
