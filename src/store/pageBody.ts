import { constants, createGunzip } from 'node:zlib';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** Characters of a stored body that are shown. */
export const SHOWN_BODY_CHARS = 262_144;

/** Bytes that surely hold one character more than is shown: UTF-8 takes three at most for each UTF-16 unit. */
const HEAD_BYTES = 3 * (SHOWN_BODY_CHARS + 2);
/** What gzip may add to data that it cannot make smaller: headers, and a few bytes for each block. */
const GZIP_EXCESS_BYTES = 65_536;

/** A page of a run. */
export interface PageKey {
  readonly runId: number;
  /** Number within the run. */
  readonly sequence: number;
}

/** The beginning of a body as it was stored. */
export interface PageBodyHead {
  /** Text, or a data URL where the source sent none; at most {@link SHOWN_BODY_CHARS}. */
  readonly text: string;
  /** True when there is more of it. */
  readonly isCut: boolean;
}

/** The beginnings of the bodies of pages, in the order of the keys; null = the page is not kept any more. */
export async function readPageBodyHeads(
  em: SqlEntityManager,
  keys: readonly PageKey[],
): Promise<(PageBodyHead | null)[]> {
  const { rows } = await sql<{ place: number; head: Uint8Array }>`
    select k.ordinality::int as place, substring(p.body_gzip from 1 for ${HEAD_BYTES + GZIP_EXCESS_BYTES}::int) as head
    from unnest(${keys.map(({ runId }) => runId)}::bigint[], ${keys.map(({ sequence }) => sequence)}::int[])
      with ordinality as k (run_id, sequence, ordinality)
    join page p on p.sync_run_id = k.run_id and p.sequence = k.sequence`.execute(em.getKysely());
  const heads = new Map<number, PageBodyHead>();
  // One by one: many of them would take memory and threads from everybody.
  for (const { place, head } of rows) heads.set(place, await unpackHead(head));
  return keys.map((_, index) => heads.get(index + 1) ?? null);
}

async function unpackHead(bytes: Uint8Array): Promise<PageBodyHead> {
  // What is cut off by us is no damage.
  const stream = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  stream.end(bytes);
  for await (const chunk of stream) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > SHOWN_BODY_CHARS) break;
  }
  if (text.length <= SHOWN_BODY_CHARS) return { text, isCut: false };
  // Half a character is none.
  return { text: text.slice(0, SHOWN_BODY_CHARS).replace(/[\uD800-\uDBFF]$/, ''), isCut: true };
}

/** The bodies of one stream's pages, compressed, in the order in which they were read. */
export async function readPageBodies(
  em: SqlEntityManager,
  runId: number,
  stream: string,
): Promise<{ readonly sequence: number; readonly bodyGzip: Uint8Array }[]> {
  const { rows } = await sql<{ sequence: number; body_gzip: Uint8Array }>`
    select sequence, body_gzip from page where sync_run_id = ${runId} and stream = ${stream} order by sequence`.execute(
    em.getKysely(),
  );
  return rows.map(({ sequence, body_gzip: bodyGzip }) => ({ sequence, bodyGzip }));
}
