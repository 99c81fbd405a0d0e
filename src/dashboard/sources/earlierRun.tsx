import { useQuery } from 'urql';
import { SourceRunDocument } from '../generated/operations.ts';
import { useWords } from '../language.tsx';
import { Empty, Failure, Waiting } from '../parts/asyncState.tsx';
import { RunDetail } from './runDetail.tsx';
import { SOURCE_WORDS } from './text.ts';

/**
 * A run that an address names and that is older than those of the list; says so when the source has none such.
 * @param id as the graph has it, such as `SyncRun:5`; whatever somebody typed
 * @param stay keeps this run in view
 */
export function EarlierRun({
  id,
  sourceKey,
  stay,
}: {
  readonly id: string;
  readonly sourceKey: string;
  readonly stay: () => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const isRun = /^SyncRun:\d+$/.test(id);
  const [{ data, error }, ask] = useQuery({ query: SourceRunDocument, variables: { id }, pause: !isRun });
  if (isRun && !data) return error ? <Failure error={error} retry={ask} /> : <Waiting />;
  const run = data?.node?.__typename === 'SyncRun' ? data.node : null;
  if (run?.source.key !== sourceKey) return <Empty>{say('noSuchRun', { run: id })}</Empty>;
  return <RunDetail run={run} sourceKey={sourceKey} stay={stay} />;
}
