import { randomUUID } from 'node:crypto';
import { appendStaged, markRepeats, prepareToJudge, readTouched } from '../src/store/judge.js';
import type { Database } from '../src/store/orm.js';
import { nextChangeId, takeRevision } from '../src/store/revision.js';
import { clearStage, countStaged, stagePage } from '../src/store/stage.js';
import type { PlainObservation } from './copyObservations.js';

/** The write step of a run without its reading: pages of records into the stage, then judged, appended and cleared in one transaction. */
export async function stageAndJudge(
  database: Database,
  sourceId: number,
  rows: readonly PlainObservation[],
  pageRows: number,
): Promise<void> {
  const owner = randomUUID();
  const [run] = (await database
    .fork()
    .execute(
      `insert into sync_run (source_id, source_version, mode, status, started_at, owner) values (?, 1, 'FULL_REFRESH', 'RUNNING', now(), ?) returning id`,
      [sourceId, owner],
    )) as { id: string }[];
  const runId = Number(run?.id);
  for (let at = 0, sequence = 0; at < rows.length; at += pageRows, sequence += 1) {
    await stagePage(
      database,
      { runId, owner },
      {
        page: {
          ...{ stream: 'rows', sequence, request: 'GET /', httpStatus: 200, retrievedAt: new Date(), bodySha256: '' },
          ...{ bodyGzip: new Uint8Array(), partition: null, rowCount: pageRows, declaredTotal: null, fingerprint: '' },
        },
        rejects: [],
        records: rows.slice(at, at + pageRows).map((row) => ({
          ...{
            rowNumber: row.rowNumber,
            ordinal: 0,
            entityId: row.entityId,
            indicatorId: row.indicatorId,
            year: row.year,
          },
          ...{
            period: row.period,
            value: null,
            numerator: row.numerator,
            denominator: row.denominator,
            obsStatus: 'A' as const,
          },
          ...{ tombstone: false, publishedAt: null, revision: null, rowHash: row.rowHash },
          raw: `{"indicator":"GOV_ACTIVITY.12","part":${row.numerator},"period":"${row.period}","province":"01","whole":1000}`,
        })),
        checkpoint: {},
        pages: sequence + 1,
      },
    );
  }
  await database.fork().transactional(async (em) => {
    await prepareToJudge(em);
    await countStaged(em, runId);
    await markRepeats(em, runId);
    const changeId = await nextChangeId(em);
    const { written } = await appendStaged(em, { sourceId, runId, retrievedAt: new Date(), changeId });
    if (written !== rows.length) throw new Error(`${written} of ${rows.length} were written`);
    await em.execute(`update sync_run set status = 'SUCCEEDED' where id = ?`, [runId]);
    await clearStage(em, runId);
    await readTouched(em, changeId);
    await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds: [], sourceId });
  });
}
