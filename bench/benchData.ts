import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { computeRound, recomputeSnapshot } from '../src/pipeline/compute.js';
import { registerSource } from '../src/pipeline/source.js';
import { readCatalogue } from '../src/store/catalogue.js';
import { type Database, openDatabase } from '../src/store/orm.js';
import { nextChangeId, takeRevision } from '../src/store/revision.js';
import { SnapshotLibrary } from '../src/store/snapshotLibrary.js';
import { readEntityIds, readIndicatorIds, writeBenchReference } from './benchReference.js';
import { BENCH_SIZES, BENCH_SOURCE, type BenchSize, benchRound, lastYear, yearsOf } from './benchSize.js';
import { figureOf, rawOf } from './figure.js';
import { PEER_INDEXES, PEER_TABLES } from './peerSchema.js';

/** Above so many rows the indexes are made after the rows, in a fifth of the time. */
const MANY_ROWS = 500_000;
const CHUNK_BYTES = 256 * 1024;

/**
 * Fills an empty database with everything that a bench reads: our tables with entities, a framework, rounds, observations and their snapshots (all but the
 * last year published), and the schema `peers` of the peers with the same scores, so that both give the same answers. The same at every run.
 * National takes about five seconds; communes (10.4 million observations) some minutes and 5 GB.
 * @param url of a database whose role may switch off foreign keys while communes are loaded: the owner of an embedded server
 */
export async function prepareBench(
  url: string,
  size: keyof typeof BENCH_SIZES,
  log: (message: string) => void = () => undefined,
): Promise<void> {
  const database = await openDatabase({ url });
  try {
    await fill(database, BENCH_SIZES[size], log);
  } finally {
    await database.close();
  }
}

async function fill(database: Database, size: BenchSize, log: (message: string) => void): Promise<void> {
  await database.fork().transactional(async (em) => {
    await writeBenchReference(em, size);
    await takeRevision(em, { changeId: await nextChangeId(em), kind: 'REFERENCE', roundIds: [] });
  });
  const sourceId = await registerSource(
    database,
    {
      ...{ key: BENCH_SOURCE, name: { vi: 'Nguồn đo', en: 'Bench source' }, owner: 'bench', kind: 'NATIONAL_DATABASE' },
      ...{ simulated: true, version: 1, citation: 'Generated.', licence: 'None', freshnessLimitSeconds: null },
    },
    'ACTIVE',
    new Date(),
  );
  const em = database.fork();
  const ids = { entities: await readEntityIds(em), indicators: await readIndicatorIds(em) };
  const isBig = ids.entities.length * ids.indicators.length * size.years > MANY_ROWS;
  const indexes = isBig ? await dropIndexes(database) : [];
  for (const year of yearsOf(size)) {
    await copyYear(database, ids, sourceId, year, isBig);
    log(`observations of ${year}`);
  }
  for (const statement of indexes) await em.execute(statement);
  await em.execute('vacuum analyze observation');
  if (isBig) log('indexes');
  const catalogue = await readCatalogue(database.fork());
  for (const year of yearsOf(size)) {
    const publish = year !== lastYear(size);
    await computeRound({ database, catalogue, roundCode: benchRound(year), publish, now: () => new Date() });
    log(`scores of ${year}`);
  }
  await copyPeers(database, size, ids, log);
}

interface Ids {
  readonly entities: readonly number[];
  readonly indicators: readonly number[];
}

/** Drops what each row would have to be entered in, and returns how to make it again. */
async function dropIndexes(database: Database): Promise<string[]> {
  const em = database.fork();
  const rows: { name: string; definition: string }[] = await em.execute(
    `select indexname as name, indexdef as definition from pg_indexes where schemaname = 'public' and tablename = 'observation' and indexname <> 'observation_pkey'`,
  );
  for (const { name } of rows) await em.execute(`drop index public."${name}"`);
  return rows.map(({ definition }) => definition);
}

async function copyYear(database: Database, ids: Ids, sourceId: number, year: number, isBig: boolean): Promise<void> {
  const em = database.fork();
  const changeId = await nextChangeId(em);
  const [round] = (await em.execute('select id from round where code = ?', [benchRound(year)])) as { id: number }[];
  const now = new Date().toISOString();
  function* lines(): Generator<string> {
    for (const [entityAt, entityId] of ids.entities.entries()) {
      for (const [indicatorAt, indicatorId] of ids.indicators.entries()) {
        const figure = figureOf(entityAt, indicatorAt, year);
        if (figure === null) continue;
        const numbers = [figure.value, figure.numerator, figure.denominator].map((each) => each ?? '\\N').join('\t');
        yield `${sourceId}\t${entityId}\t${indicatorId}\t${year}\t${year}\t${numbers}\tA\tf\t${now}\t${changeId}\trows\n`;
      }
    }
  }
  await database.transact(async (client) => {
    // Four look-ups a row otherwise, of ids that come from these tables.
    if (isBig) await client.query('set local session_replication_role = replica');
    const columns =
      'source_id, entity_id, indicator_id, year, period, value, numerator, denominator, obs_status, tombstone, retrieved_at, change_id, stream';
    await copy(client, `observation (${columns})`, lines());
    await client.query(`select take_revision($1, 'OBSERVATIONS', $2::int[], $3, null)`, [
      changeId,
      [round?.id],
      sourceId,
    ]);
  });
}

/** The tables of the peers, with the scores that our snapshots hold. */
async function copyPeers(database: Database, size: BenchSize, ids: Ids, log: (message: string) => void): Promise<void> {
  const em = database.fork();
  for (const statement of PEER_TABLES) await em.execute(statement);
  const catalogue = await readCatalogue(database.fork());
  const library = new SnapshotLibrary(database, (head) => recomputeSnapshot(database, catalogue, head));
  await library.refresh();
  const [entityAts, indicatorAts] = [ids.entities, ids.indicators].map(
    (list) => new Map(list.map((id, at) => [id, at])),
  );
  for (const year of yearsOf(size)) {
    const round = catalogue.roundByCode(benchRound(year));
    const head = library.find(round?.id ?? 0, { revision: Number.MAX_SAFE_INTEGER, provisional: true });
    if (head === undefined) throw new Error(`${benchRound(year)} has no snapshot`);
    const { columns } = await library.load(head);
    const measures = Array.from(columns.measureIds, (id) => catalogue.measure(id));
    const lines = function* (kind: string): Generator<string> {
      for (const [measureAt, measure] of measures.entries()) {
        if (measure?.kind !== kind) continue;
        for (const [entityAt, entityId] of columns.entityIds.entries()) {
          const cell = measureAt * columns.entityIds.length + entityAt;
          const [value, rank] = [columns.value[cell] ?? Number.NaN, columns.rank[cell] ?? 0];
          if (kind === 'INDEX') yield `${entityId}\t${year}\t${value}\t${rank}\n`;
          if (kind === 'MAIN_INDEX') yield `${entityId}\t${measure.id}\t${year}\t${value}\t${rank}\n`;
          if (kind !== 'INDICATOR') continue;
          const figure = figureOf(entityAts?.get(entityId) ?? 0, indicatorAts?.get(measure.id) ?? 0, year);
          const scored = figure === null ? '\\N\t\\N' : `${rawOf(figure)}\t${value}`;
          yield `${entityId}\t${measure.id}\t${year}\t${scored}\t${BENCH_SOURCE}\n`;
        }
      }
    };
    await database.transact(async (client) => {
      await copy(client, 'peers.score', lines('INDEX'));
      await copy(client, 'peers.pillar_score', lines('MAIN_INDEX'));
      await copy(client, 'peers.indicator_value', lines('INDICATOR'));
    });
    log(`peers' data of ${year}`);
  }
  await em.execute(`set maintenance_work_mem = '512MB'`);
  for (const statement of PEER_INDEXES) await em.execute(statement);
  await em.execute('vacuum analyze');
}

async function copy(client: ClientBase, target: string, lines: Iterable<string>): Promise<void> {
  await pipeline(
    Readable.from(chunks(lines), { objectMode: true }),
    client.query(copyFrom(`copy ${target} from stdin`)),
  );
}

/** A write for each line would cost more than making it. */
function* chunks(lines: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < CHUNK_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
