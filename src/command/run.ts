import { type Command, Option } from 'commander';
import { ask } from './client.js';
import { AnswerError, UsageError } from './failure.js';
import type { Session } from './session.js';
import { table } from './table.js';
import { watch } from './watch.js';
import { type Desk, wholeNumber } from './work.js';

/** A run as {@link RUN_FIELDS} selects it. */
export interface Run {
  readonly id: string;
  readonly status: string;
  readonly source: { readonly key: string };
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly stopReasons: readonly string[];
  /** Why it failed, for integrators. */
  readonly failure?: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly progress?: {
    readonly stream: string | null;
    readonly pages: number;
    readonly records: number;
    readonly share: number | null;
  };
}

const COUNTS = ['read', 'written', 'unchanged', 'superseded', 'tombstoned', 'rejected', 'skipped'] as const;
const PUBLIC_FIELDS = `id status mode period source { key } startedAt finishedAt pages ${COUNTS.join(' ')}
  stopReasons error { code message }`;
/** What is told of a run, for integrators. */
export const RUN_FIELDS = `${PUBLIC_FIELDS} failure`;

const RUN_DOCUMENT = `query ($id: ID!) { node(id: $id) { ... on SyncRun { ${RUN_FIELDS} } } }`;

const STATUSES = ['RUNNING', 'SUCCEEDED', 'SUCCEEDED_WITH_REJECTS', 'FAILED', 'CANCELLED'];

interface ListOptions {
  readonly source?: string;
  readonly status?: string;
  readonly first: number;
}

/** Registers the commands about sync runs. */
export function addRunCommands(program: Command, { act }: Desk): void {
  const run = program.command('run').description('sync runs: what was read, and what came of it');
  run
    .command('list')
    .description('runs, newest first')
    .option('--source <key>', 'only of this source')
    .addOption(new Option('--status <status>', 'only with this status').choices(STATUSES))
    .option('--first <number>', 'how many at most, to 1000', wholeNumber(1), 20)
    .action(act(list));
  run.command('show <id>').description('one run: SyncRun:5, or the number alone').action(act(show, 'integrator'));
  run
    .command('watch [id]')
    .description('runs as they begin, go on and end; with an id until that run has ended')
    .option('--source <key>', 'only of this source')
    .option('--events <number>', 'ends after so many events', wholeNumber(1))
    .action(act(follow));
}

/**
 * Says what came of a run.
 * @param absent said when there is none
 * @returns false when it failed
 */
export async function tellRun(session: Session, run: Run | null, absent: string): Promise<boolean> {
  if (run === null) {
    await session.print({ run }, [absent]);
    return true;
  }
  const counts = Object.entries(run).filter(([name]) => COUNTS.some((each) => each === name));
  const failed = run.error === null ? [] : [`failed: ${run.error.code} ${run.failure ?? run.error.message}`];
  await session.print({ run }, [
    `${run.id}  ${run.status}`,
    counts.map(([name, count]) => `${name} ${count}`).join(', '),
    ...run.stopReasons.map((reason) => `  ${reason}`),
    ...failed,
  ]);
  return run.error === null;
}

/**
 * Follows a run to its end, whatever time it takes.
 * @returns the run as it then is; when the console's signal aborts, as it is by then
 */
export async function followRun(session: Session, id: string): Promise<Run> {
  const query = 'subscription ($id: ID) { syncRunUpdates(id: $id) { id } }';
  await watch(session, { query, variables: { id } }, async () => undefined);
  const { node } = await ask<{ node: Run }>(session, RUN_DOCUMENT, { id });
  return node;
}

async function list(session: Session, { source, status, first }: ListOptions): Promise<boolean> {
  const filter = {
    ...(source === undefined ? {} : { source: { eq: source } }),
    ...(status === undefined ? {} : { status: { eq: status } }),
  };
  const { syncRuns } = await ask<{ syncRuns: { edges: { node: Run & Record<string, unknown> }[] } }>(
    session,
    `query ($filter: SyncRunFilter, $first: Int) { syncRuns(filter: $filter, first: $first) { edges { node {
      ${PUBLIC_FIELDS} } } } }`,
    { filter, first },
  );
  const runs = syncRuns.edges.map(({ node }) => node);
  const rows = runs.map((run) => [
    ...[run.id, run.source.key, run.status, run.startedAt, run.read, run.written, run.rejected],
    run.error?.code ?? null,
  ]);
  await session.print(runs, table(['ID', 'SOURCE', 'STATUS', 'STARTED', 'READ', 'WRITTEN', 'REJECTED', 'ERROR'], rows));
  return true;
}

async function show(session: Session, _: object, id = ''): Promise<boolean> {
  const { node } = await ask<{ node: Run | null }>(session, RUN_DOCUMENT, { id: fullId(id) });
  if (node === null || node.id === undefined) throw new AnswerError('NOT_FOUND', `there is no run ${id}`);
  return tellRun(session, node, '');
}

/** What anybody may see of it is enough. @throws UsageError; AnswerError NOT_FOUND */
async function requireRun(session: Session, id: string): Promise<void> {
  const { node } = await ask<{ node: { id?: string } | null }>(
    session,
    'query ($id: ID!) { node(id: $id) { ... on SyncRun { id } } }',
    { id: fullId(id) },
  );
  if (node?.id === undefined) throw new AnswerError('NOT_FOUND', `there is no run ${id}`);
}

async function follow(
  session: Session,
  { source, events }: { readonly source?: string; readonly events?: number },
  id?: string,
): Promise<boolean> {
  const document = `subscription ($id: ID, $source: String) { syncRunUpdates(id: $id, source: $source) {
    ${PUBLIC_FIELDS} progress { stream pages records share } } }`;
  // Nothing ever comes of a run that is not there.
  if (id !== undefined) await requireRun(session, id);
  let last: Run | null = null;
  const variables = { ...(id === undefined ? {} : { id: fullId(id) }), ...(source === undefined ? {} : { source }) };
  await watch(
    session,
    { query: document, variables, ...(events === undefined ? {} : { events }) },
    async ({ data }) => {
      const run = (data as { syncRunUpdates: Run } | null | undefined)?.syncRunUpdates;
      if (run === undefined) return;
      last = run;
      await session.print(run, [sayProgress(run)]);
    },
  );
  return id === undefined || (last as Run | null)?.error === null;
}

function sayProgress({ id, source, status, progress, error }: Run): string {
  const share =
    progress?.share === null || progress?.share === undefined ? '' : `${Math.round(progress.share * 100)} %  `;
  const stream = progress?.stream === null || progress?.stream === undefined ? '' : `${progress.stream}: `;
  const where = `${share}${stream}page ${progress?.pages}, ${progress?.records} records`;
  return `${id}  ${source.key}  ${status}  ${where}${error === null ? '' : `  ${error.code}`}`;
}

/** @throws UsageError */
function fullId(id: string): string {
  if (/^(SyncRun:)?\d+$/.test(id)) return id.startsWith('SyncRun:') ? id : `SyncRun:${id}`;
  throw new UsageError(`"${id}" is no run; give its number, as dti run list has it`);
}
