import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { ApiKey, Credential } from '../domain/credential.js';
import type { Database } from './orm.js';

interface Row {
  id: string;
  hash: string;
  role: string;
  entity_key: string | null;
  name: string;
  created_by: string;
  created_at: Date | string;
  expires_at: Date | string | null;
  revoked_at: Date | string | null;
  last_used_at: Date | string | null;
}

const COLUMNS = sql`id, hash, role, entity_key, name, created_by, created_at, expires_at, revoked_at, last_used_at`;

/** An API key with the hash of its secret; null = there is none. */
export async function findApiKey(em: SqlEntityManager, id: string): Promise<(ApiKey & { hash: string }) | null> {
  const { rows } = await sql<Row>`select ${COLUMNS} from api_key where id = ${id}`.execute(em.getKysely());
  const [row] = rows;
  return row === undefined ? null : { ...toKey(row), hash: row.hash };
}

/** API keys by id, without their hashes, in any order; unknown ids are left out. */
export async function readApiKeys(em: SqlEntityManager, ids: readonly string[]): Promise<ApiKey[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from api_key where id = any(${ids}::text[])`.execute(
    em.getKysely(),
  );
  return rows.map(toKey);
}

/** API keys without their hashes, by id, at most `limit`, after the id `after` (null = from the first). */
export async function listApiKeys(em: SqlEntityManager, after: string | null, limit: number): Promise<ApiKey[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from api_key
    where id collate "C" > coalesce(${after}, '') order by id collate "C" limit ${limit}`.execute(em.getKysely());
  return rows.map(toKey);
}

/** How many API keys there are, revoked ones among them. */
export async function countApiKeys(em: SqlEntityManager): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count from api_key`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/** Stores a new key by the hash of its secret; false = there is one of this id already, which stays as it is. */
export async function insertApiKey(
  em: SqlEntityManager,
  key: Pick<ApiKey, 'id' | 'role' | 'entityKey' | 'name' | 'createdBy' | 'expiresAt'> & { readonly hash: string },
): Promise<boolean> {
  const { rows } = await sql`insert into api_key (id, hash, role, entity_key, name, created_by, expires_at)
    values (${key.id}, ${key.hash}, ${key.role}, ${key.entityKey}, ${key.name}, ${key.createdBy},
      ${key.expiresAt?.toISOString() ?? null}::timestamptz)
    on conflict (id) do nothing returning id`.execute(em.getKysely());
  return rows.length > 0;
}

/** Revokes a key for good; one that was revoked already keeps its time. Null = there is none. */
export async function revokeApiKey(em: SqlEntityManager, id: string): Promise<ApiKey | null> {
  const { rows } = await sql<Row>`update api_key set revoked_at = coalesce(revoked_at, clock_timestamp())
    where id = ${id} returning ${COLUMNS}`.execute(em.getKysely());
  return rows[0] === undefined ? null : toKey(rows[0]);
}

/** Revokes a token by its `jti` for good; false = it was revoked already. */
export async function revokeToken(em: SqlEntityManager, jti: string, revokedBy: string): Promise<boolean> {
  const { rows } = await sql`insert into revoked_token (jti, revoked_by) values (${jti}, ${revokedBy})
    on conflict (jti) do nothing returning jti`.execute(em.getKysely());
  return rows.length > 0;
}

/** What authentication asks of the database. */
export function openCredentials(database: Database) {
  return {
    findKey: (id: string) => findApiKey(database.fork(), id),
    async touchKey(id: string): Promise<void> {
      await sql`update api_key set last_used_at = date_trunc('hour', clock_timestamp())
        where id = ${id} and last_used_at is distinct from date_trunc('hour', clock_timestamp())`.execute(
        database.fork().getKysely(),
      );
    },
    async findRevoked(credentials: readonly Credential[]): Promise<readonly Credential[]> {
      const idsOf = (kind: Credential['kind']) => credentials.filter((each) => each.kind === kind).map(({ id }) => id);
      const { rows } = await sql<Credential>`
        select 'token' as kind, jti as id from revoked_token where jti = any(${idsOf('token')}::text[])
        union all
        select 'key' as kind, id from api_key where id = any(${idsOf('key')}::text[]) and revoked_at is not null`.execute(
        database.fork().getKysely(),
      );
      return rows;
    },
  };
}

function toKey(row: Row): ApiKey {
  const { id, role, name } = row;
  const time = (value: Date | string | null) => (value === null ? null : new Date(value));
  return {
    ...{ id, role, name, entityKey: row.entity_key, createdBy: row.created_by, createdAt: new Date(row.created_at) },
    ...{ expiresAt: time(row.expires_at), revokedAt: time(row.revoked_at), lastUsedAt: time(row.last_used_at) },
  };
}
