import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { periodYear } from '../domain/period.js';
import type { ReadPage, ReadRecord } from '../source/readPage.js';
import { type ReadResume, readSource, type StreamResume } from '../source/readSource.js';
import { countStaged, readPageMemory, type StagedRecord, stagePage } from '../store/stage.js';
import { StreamCursorTable } from '../store/tables/source.js';
import { type HeldRun, LeaseLost, restartRun, StageLost, type SyncOptions } from './heldRun.js';
import { type Patience, withPatience } from './patience.js';
import { recordLookupIn } from './recordLookup.js';
import { advance, type RunState, total } from './syncState.js';

const compress = promisify(gzip);

/**
 * Reads a source into the stage, page by page, from where the run stands. A page is kept before the next one is asked for, so that at most one is read
 * twice after a kill.
 * @returns how far it came: to the end
 */
export async function readIntoStage(options: SyncOptions, held: HeldRun, patience: Patience): Promise<RunState> {
  const { database, catalogue, connector, period } = options;
  const { streams } = connector;
  const { run, lease } = held;
  const mode = run.mode === 'FULL_REFRESH' ? 'FULL_REFRESH' : 'INCREMENTAL';
  let { state } = held;
  let isSuspect = false;
  const keep = {
    ...patience,
    onLost: () => {
      isSuspect = true;
    },
  };
  const rows = await withPatience(patience, () => database.fork().find(StreamCursorTable, { sourceId: run.sourceId }));
  const cursors = Object.fromEntries(rows.map(({ stream, cursor }) => [stream, cursor]));
  const isWhole = new Map(
    streams.map(({ name, incremental }) => [
      name,
      mode === 'FULL_REFRESH' || period !== undefined || !incremental || cursors[name] === undefined,
    ]),
  );
  const onRestart = async (stream: string) => {
    state = await withPatience(keep, () => restartRun(database, { ...held, state }, stream));
  };
  const resume = await withPatience(patience, () => describeResume(options, { ...held, state }, onRestart));
  const pages = readSource(connector, {
    ...options,
    ...{ mode, cursors, checksUnique: false },
    lookup: recordLookupIn(catalogue),
    ...(resume === null ? {} : { resume }),
  });
  for await (const page of pages) {
    state = advance(state, page, isWhole.get(page.stream) ?? true);
    const staged = await toStaged(page, state);
    if (!(await withPatience(keep, () => stagePage(database, lease, staged)))) throw new LeaseLost();
    if (!isSuspect) continue;
    const count = await withPatience(patience, () => countStaged(database.fork(), run.id));
    if (count !== total(state, 'staged')) throw new StageLost();
    isSuspect = false;
  }
  return state;
}

async function describeResume(
  { database }: SyncOptions,
  { run, state }: HeldRun,
  onRestart: ReadResume['onRestart'],
): Promise<ReadResume | null> {
  const begun = Object.entries(state.streams);
  if (begun.length === 0) return null;
  const streams = new Map<string, StreamResume>();
  for (const [name, { rows, firstSequence, fields, stopReason, checkpoint }] of begun) {
    const isDone = stopReason !== null;
    const guard = isDone ? { fingerprints: [], counts: [] } : await readPageMemory(database.fork(), run.id, name);
    streams.set(name, { isDone, rows, firstSequence, fields, guard, checkpoint: checkpoint ?? {} });
  }
  return {
    sequence: total(state, 'pages'),
    rows: total(state, 'rows'),
    records: total(state, 'read'),
    rejected: total(state, 'rejected'),
    streams,
    onRestart,
  };
}

async function toStaged(page: ReadPage, state: RunState) {
  const { stream, sequence, mapContext } = page;
  return {
    page: {
      ...{ stream, sequence, request: page.request, httpStatus: page.status, retrievedAt: page.retrievedAt },
      ...{ bodySha256: page.bodySha256, bodyGzip: await compress(page.body), partition: page.partition },
      ...{ rowCount: page.rowCount, declaredTotal: page.declaredTotal, fingerprint: page.fingerprint },
    },
    rejects: page.rejected.map(({ row, raw, rule, message }) => ({
      ...{ pageSequence: sequence, stream, rowNumber: row, raw, rule, message, mapContext },
    })),
    records: toRecords(page),
    checkpoint: { ...state },
    pages: total(state, 'pages'),
  };
}

function toRecords({ records, rawRows }: ReadPage): StagedRecord[] {
  let row = -1;
  let ordinal = 0;
  return records.map((record) => {
    ordinal = record.row === row ? ordinal + 1 : 0;
    row = record.row;
    return toRecord(record, ordinal, ordinal === 0 ? (rawRows[row] ?? null) : null);
  });
}

function toRecord(record: ReadRecord, ordinal: number, raw: string | null): StagedRecord {
  return {
    rowNumber: record.row,
    ordinal,
    entityId: record.entityId,
    indicatorId: record.indicatorId,
    year: periodYear(record.period),
    period: record.period,
    value: record.value,
    numerator: record.numerator,
    denominator: record.denominator,
    obsStatus: record.obsStatus,
    tombstone: record.deleted,
    publishedAt: record.publishedAt,
    revision: record.revision,
    rowHash: record.rowHash,
    raw,
  };
}
