import type { Catalogue } from '../../src/domain/catalogue.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { type NewObservation, type WriteAccount, writeObservations } from '../../src/store/observation.js';
import type { Database } from '../../src/store/orm.js';
import { nextChangeId, takeRevision } from '../../src/store/revision.js';

/** When everything in a test was retrieved. */
export const NOW = new Date('2026-11-22T00:00:00Z');

/** Registers a source of a test's own. */
export function addSource(database: Database, key: string): Promise<number> {
  return registerSource(database, { ...SELF_REPORT, key, kind: 'NATIONAL_DATABASE' }, 'ACTIVE', NOW);
}

/** The id of an entity, `GSO-2025:48`; fails when the reference data has none. */
export function entityOf(catalogue: Catalogue, key: string): number {
  const entity = catalogue.entityByKey(key);
  if (entity === undefined) throw new Error(`there is no entity ${key}`);
  return entity.id;
}

/** The id of an indicator of the provincial framework. */
export function indicatorOf(catalogue: Catalogue, code: string): number {
  const measure = catalogue.measureByCode('PDTI-922', code);
  if (measure === undefined) throw new Error(`there is no indicator ${code}`);
  return measure.id;
}

/** The id of a round. */
export function roundOf(catalogue: Catalogue, code: string): number {
  const round = catalogue.roundByCode(code);
  if (round === undefined) throw new Error(`there is no round ${code}`);
  return round.id;
}

/** A record about one entity and indicator, by default of 2026 and without a value. */
export function record(
  parts: Partial<NewObservation> & Pick<NewObservation, 'entityId' | 'indicatorId'>,
): NewObservation {
  return {
    ...{ year: 2026, period: '2026', value: null, numerator: null, denominator: null, obsStatus: 'A' },
    ...{ tombstone: false, publishedAt: null, pageSequence: null, rowNumber: null, rowHash: null },
    submissionItemId: null,
    ...parts,
  };
}

/** Writes a batch in a transaction of its own, as the pipeline does. */
export async function writeBatch(
  database: Database,
  sourceId: number,
  records: readonly NewObservation[],
  roundIds: readonly number[] = [],
): Promise<WriteAccount & { readonly revision: number }> {
  return database.fork().transactional(async (em) => {
    const changeId = await nextChangeId(em);
    const account = await writeObservations(em, { sourceId, syncRunId: null, retrievedAt: NOW, changeId }, records);
    return { ...account, revision: await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds, sourceId }) };
  });
}

/** Runs a statement and returns its rows. */
export async function rowsOf<Row>(database: Database, statement: string, values: unknown[] = []): Promise<Row[]> {
  return (await database.fork().execute(statement, values)) as Row[];
}
