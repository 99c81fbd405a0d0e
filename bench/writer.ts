import pg from 'pg';
import { BENCH_SIZES, BENCH_SOURCE, benchRound, lastYear } from './benchSize.js';

/** Writes one observation after the other into the open round. */
export interface Writer {
  /**
   * Changes one figure that every entity of the round is compared with, so that all their scores move.
   * @returns when it was committed, in milliseconds since 1970
   */
  writeBest(): Promise<number>;
  /** Changes the ratio of one entity, each time of another one. */
  writeOne(): Promise<number>;
  /** When the newest snapshot was committed, in milliseconds since 1970. */
  newestSnapshot(): Promise<number>;
  close(): Promise<void>;
}

/** The indicator that is relative to the best, and one that is a ratio; see figure.ts. */
const [RELATIVE, RATIO] = ['I009', 'I001'];

/** Opens a writer on a copy of the bench's data. */
export async function openWriter(url: string, sizeKey: keyof typeof BENCH_SIZES): Promise<Writer> {
  const size = BENCH_SIZES[sizeKey];
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const year = lastYear(size);
  const { rows } = await pool.query<{
    round: number;
    source: number;
    relative: number;
    ratio: number;
    entities: number[];
  }>(
    `select (select id from round where code = $1) round, (select id from source where key = $2) source,
      (select id from peers.indicator where code = $3) relative, (select id from peers.indicator where code = $4) ratio,
      (select array_agg(id order by id) from peers.entity) entities`,
    [benchRound(year), BENCH_SOURCE, RELATIVE, RATIO],
  );
  const [ids] = rows;
  if (ids === undefined) throw new Error('the database holds no data of the bench');
  let written = 0;
  const write = async (entityId: number, indicatorId: number, figure: readonly (number | null)[]) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query(
        `with change as (select nextval('change_id') id), row as (
          insert into observation (source_id, entity_id, indicator_id, year, period, value, numerator, denominator, obs_status, tombstone,
            retrieved_at, change_id, stream)
          select $1::int, $2::int, $3::int, $4::int, ($4::int)::text, $5::numeric, $6::numeric, $7::numeric, 'A', false, now(), id, 'rows' from change returning change_id)
        select take_revision(change_id, 'OBSERVATIONS', array[$8::int], $1::int, null) from row`,
        [ids.source, entityId, indicatorId, year, ...figure, ids.round],
      );
      await client.query('commit');
      return performance.timeOrigin + performance.now();
    } finally {
      client.release();
    }
  };
  return {
    writeBest() {
      written += 1;
      return write(ids.entities[0] ?? 0, ids.relative, [2000 + written, null, null]);
    },
    writeOne() {
      written += 1;
      return write(ids.entities[written % ids.entities.length] ?? 0, ids.ratio, [null, (written * 37) % 1000, 1000]);
    },
    async newestSnapshot() {
      const { rows: found } = await pool.query<{ at: string }>(
        `select extract(epoch from committed_at) * 1000 as at from revision where kind = 'SNAPSHOT' order by id desc limit 1`,
      );
      return Number(found[0]?.at);
    },
    close: () => pool.end(),
  };
}
