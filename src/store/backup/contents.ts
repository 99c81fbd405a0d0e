import type pg from 'pg';
import type { BackupResult, BackupSequence, BackupTable, Partition } from './manifest.js';

/** Where the migrator keeps what it has done; see orm.ts. */
export const MIGRATION_TABLE = 'migration';

/**
 * Tables that say how things are at this moment, and mean nothing elsewhere: places at hosts, held by processes, and circuits. Unlogged tables, which hold
 * what runs have read and not yet judged, are left out as well: a run that misses it begins again. So are jobs, which lie in a schema of their own;
 * schedules are made anew from the sources.
 */
const OF_THE_MOMENT = ['host_slot', 'host_state'];

/** A table with what orders its rows. */
export interface TableInDatabase extends BackupTable {
  /** Columns of the primary key; none = there is none. */
  readonly key: readonly string[];
}

/** All tables that belong into a backup, each after those that it refers to, and their partitions. */
export async function readTables(
  client: pg.ClientBase,
): Promise<{ tables: TableInDatabase[]; partitions: Partition[] }> {
  const { rows: tables } = await client.query<TableInDatabase & { oid: string }>(
    `select c.oid::text, c.relname::text as name,
      array(select attname::text from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns,
      array(select a.attname::text from pg_index i, unnest(i.indkey) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary order by k.place) as key
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relpersistence = 'p' and c.relname <> all($1)
    order by c.relname`,
    [OF_THE_MOMENT],
  );
  const { rows: references } = await client.query<{ from: string; to: string }>(
    `select conrelid::text as "from", confrelid::text as "to" from
      (select conrelid::oid, confrelid::oid from pg_constraint where contype = 'f' and conrelid <> confrelid) as f`,
  );
  const { rows: partitions } = await client.query<Partition>(
    `select c.relname::text as name, p.relname::text as table, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
    where c.relispartition and c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace order by c.relname`,
  );
  const needs = Map.groupBy(references, ({ from }) => from);
  const ordered: TableInDatabase[] = [];
  const seen = new Set<string>();
  const visit = ({ oid, name, columns, key }: TableInDatabase & { oid: string }): void => {
    if (seen.has(oid)) return;
    seen.add(oid);
    for (const { to } of needs.get(oid) ?? []) {
      const other = tables.find((table) => table.oid === to);
      if (other !== undefined) visit(other);
    }
    ordered.push({ name, columns, key });
  };
  for (const table of tables) visit(table);
  return { tables: ordered, partitions };
}

/** Where all sequences stand. They belong to no snapshot: read after one was taken, they are where it needs them or beyond. */
export async function readSequences(client: pg.ClientBase): Promise<BackupSequence[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class
    where relkind = 'S' and relpersistence = 'p' and relnamespace = current_schema()::regnamespace order by relname`,
  );
  const sequences: BackupSequence[] = [];
  for (const { name } of rows) {
    const found = await client.query<{ value: string; is_called: boolean }>(
      `select last_value::text as value, is_called from ${client.escapeIdentifier(name)}`,
    );
    const [state] = found.rows;
    if (state !== undefined) sequences.push({ name, value: state.value, isCalled: state.is_called });
  }
  return sequences;
}

/** Names of the migrations that the tables have, in order; none = there are no tables of the platform. */
export async function readMigrations(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ found: string | null }>(
    `select to_regclass('${MIGRATION_TABLE}')::text as found`,
  );
  if (rows[0]?.found === null) return [];
  const { rows: migrations } = await client.query<{ name: string }>(`select name from ${MIGRATION_TABLE} order by id`);
  return migrations.map(({ name }) => name);
}

/** The newest result of each round and each published one. */
export async function readResults(client: pg.ClientBase): Promise<BackupResult[]> {
  const { rows } = await client.query<{
    round: string;
    id: string;
    status: string;
    input_hash: string;
    result_hash: string;
  }>(
    `select d.code as round, s.id, s.status, s.input_hash, s.result_hash from snapshot s join round d on d.id = s.round_id
    where s.status = 'PUBLISHED' or s.id = (select max(id) from snapshot n where n.round_id = s.round_id) order by s.id`,
  );
  return rows.map((row) => ({
    ...{ round: row.round, snapshotId: Number(row.id), status: row.status },
    ...{ inputHash: row.input_hash, resultHash: row.result_hash },
  }));
}

/** The newest revision, decimal digits. */
export async function readRevision(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ id: string }>('select coalesce(max(id), 0)::text as id from revision');
  return rows[0]?.id ?? '0';
}
