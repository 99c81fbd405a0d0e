import type { SnapshotColumns } from '../../src/domain/snapshot.js';
import { encodeColumns } from '../../src/snapshot/encode.js';
import type { Database } from '../../src/store/orm.js';
import { nextChangeId, takeRevision } from '../../src/store/revision.js';
import { insertSnapshot, type NewSnapshot } from '../../src/store/snapshot.js';
import { NOW } from './batch.js';

/** Columns of one entity and some measures, whose values all are the given one. */
export function columnsOf(value: number, measures = 2): SnapshotColumns {
  return {
    entityIds: Int32Array.of(7),
    groupOf: Int32Array.of(1),
    measureIds: Int32Array.from({ length: measures }, (_, at) => at + 1),
    maxPoints: new Float64Array(measures).fill(10),
    value: new Float64Array(measures).fill(value),
    points: new Float64Array(measures),
    rank: new Int32Array(measures),
    coverage: new Float64Array(measures),
    automaticShare: new Float64Array(measures),
    observationId: new Float64Array(measures),
  };
}

/** Inserts a snapshot with a revision, as a computation does. */
export async function addSnapshot(
  database: Database,
  roundId: number,
  parts: Partial<NewSnapshot> = {},
): Promise<{ id: number; revision: number }> {
  return database.fork().transactional(async (em) => {
    const changeId = await nextChangeId(em);
    const id = await insertSnapshot(em, {
      ...{ roundId, status: 'PROVISIONAL', inputRevision: 1, frameworkId: 1, policyCode: 'test', policyVersion: 3 },
      ...{
        engineVersion: 'e1',
        inputHash: 'in',
        resultHash: 'out',
        problems: [],
        columns: encodeColumns(columnsOf(1)),
      },
      ...{ computedAt: NOW, changeId },
      ...parts,
    });
    const change = { changeId, kind: 'SNAPSHOT' as const, roundIds: [roundId], snapshotId: id };
    return { id, revision: await takeRevision(em, change) };
  });
}
