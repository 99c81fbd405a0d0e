import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type LinkageOrigin, type NewLinkage, writeLinkages } from '../store/linkage.js';
import { type Reject, writeRejects } from '../store/page.js';
import { readPageBodies } from '../store/pageBody.js';
import type { SyncOptions } from './heldRun.js';

const decompress = promisify(gunzip);

/** What became of the linkages of a run. */
export interface LinkageAccount {
  /** New ones and corrections. */
  readonly written: number;
  /** Linkages of bodies that nobody knows, in quarantine. */
  readonly rejected: number;
}

/**
 * Keeps the linkages that the pages of a run state. They are read from the pages as they were kept, so that a run that was killed and taken over has all of
 * them. In the account of the run they are records skipped by the rule `linkage`, for they are no observations; those of unknown bodies are rejected.
 */
export async function keepLinkages(
  em: SqlEntityManager,
  { connector, catalogue }: SyncOptions,
  origin: LinkageOrigin,
): Promise<LinkageAccount> {
  const known = new Map<string, NewLinkage>();
  const rejects: Reject[] = [];
  for (const { name, statesLinkages } of connector.streams) {
    if (statesLinkages === undefined) continue;
    for (const { sequence, bodyGzip } of await readPageBodies(em, origin.runId, name)) {
      const body = (await decompress(bodyGzip)).toString('utf8');
      for (const linkage of statesLinkages(body)) {
        const { database, codeSystem, entityCode, period, row } = linkage;
        const entityId = catalogue.entityByKey(`${codeSystem}:${entityCode}`)?.id;
        if (entityId === undefined) {
          const message = `there is no entity "${entityCode}" in the code system ${codeSystem}`;
          const place = { pageSequence: sequence, stream: name, rowNumber: row, mapContext: null };
          rejects.push({ ...place, raw: { ...linkage }, rule: 'entity', message });
        } else {
          // The report states a linkage once; were it twice, the later row would be the newer.
          known.set(`${database} ${entityId} ${period}`, { ...linkage, entityId, page: sequence });
        }
      }
    }
  }
  await writeRejects(em, origin.runId, rejects);
  const written = known.size === 0 ? 0 : await writeLinkages(em, origin, [...known.values()]);
  return { written, rejected: rejects.length };
}
