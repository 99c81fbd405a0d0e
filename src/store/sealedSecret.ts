import { sql } from 'kysely';
import type { Reader } from './reading.js';

/** A secret as it is stored. */
export interface SealedSecret {
  /** Whose it is, for people: `source einvoice`, `webhook 0123456789ab`. */
  readonly owner: string;
  readonly sealed: string;
}

/** All secrets that somebody may still need, by owner: those of sources that are not retired, and of webhooks that are not removed. */
export async function readSealedSecrets(em: Reader): Promise<SealedSecret[]> {
  const { rows } = await sql<SealedSecret>`
    select 'source ' || s.key as owner, x.sealed from source_secret x join source s on s.id = x.source_id where s.status <> 'RETIRED'
    union all select 'webhook ' || w.id, w.sealed_secret from webhook w where w.status <> 'REMOVED'
    order by owner`.execute(em.getKysely());
  return rows;
}
