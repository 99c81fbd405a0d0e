import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/**
 * Tells the planner how full the tables of observations are. PostgreSQL finds out by itself within a minute or so; until then, after many rows at once, it
 * sorts all observations for each page of them (measured: 650 ms instead of 50 ms for 1,000 of 80,000).
 */
export async function refreshStatistics(em: SqlEntityManager): Promise<void> {
  await sql`analyze observation, revision, source`.execute(em.getKysely());
}
