import type { Catalogue } from '../domain/catalogue.js';
import { describeError, PlatformError } from '../domain/errors.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import { resultHash, resultHashForm } from '../snapshot/resultHash.js';
import type { Database } from '../store/orm.js';
import { readColumns, readSnapshotHeads } from '../store/snapshot.js';
import { recomputeSnapshot } from './compute.js';
import { keyOf } from './heldRound.js';

/** What was found of one snapshot. */
export interface Verdict {
  readonly snapshotId: number;
  readonly round: string;
  readonly status: string;
  readonly revision: number;
  readonly resultHash: string;
  /** Whether the stored scores have the hash; null = they are not kept any more. */
  readonly isStoredEqual: boolean | null;
  /** Whether the scores computed again from the observations have the hash. */
  readonly isRecomputedEqual: boolean;
  /** What is wrong; null = nothing. */
  readonly problem: string | null;
}

/** Which snapshots. */
export type VerifyScope = 'NEWEST_AND_PUBLISHED' | 'ALL';

/**
 * Proves results: the stored scores of each snapshot, and those computed again from the observations of its time, must have the hash that it states.
 * @param scope of open rounds the newest and of closed ones the published, or every one that there is
 * @param onVerdict told of each, in the order of their revisions
 * @returns all that was found
 */
export async function verifyResults(
  database: Database,
  catalogue: Catalogue,
  scope: VerifyScope,
  onVerdict: (verdict: Verdict, at: number, count: number) => void = () => undefined,
): Promise<Verdict[]> {
  const all = await database.reading.read((em) => readSnapshotHeads(em, 0));
  const newest = new Map(all.map((head) => [head.roundId, head.id]));
  const heads = all.filter(
    ({ id, roundId, status }) => scope === 'ALL' || status === 'PUBLISHED' || newest.get(roundId) === id,
  );
  const verdicts: Verdict[] = [];
  for (const [at, head] of heads.entries()) {
    const verdict = await verify(database, catalogue, head);
    verdicts.push(verdict);
    onVerdict(verdict, at, heads.length);
  }
  return verdicts;
}

async function verify(database: Database, catalogue: Catalogue, head: SnapshotHead): Promise<Verdict> {
  const problems: string[] = [];
  const note = (error: unknown): false => {
    if (!(error instanceof PlatformError)) throw error;
    problems.push(describeError(error));
    return false;
  };
  const isStoredEqual = await readColumns(database.reading, head.id).then((held) => {
    if (held === null) return null;
    if (hashOf(catalogue, head, held.columns) === head.resultHash) return true;
    problems.push('the stored scores have another hash');
    return false;
  }, note);
  const isRecomputedEqual = await recomputeSnapshot(database, catalogue, head).then(() => true, note);
  return {
    ...{ snapshotId: head.id, round: catalogue.round(head.roundId)?.code ?? '', status: head.status },
    ...{ revision: head.revision, resultHash: head.resultHash, isStoredEqual, isRecomputedEqual },
    problem: problems.length === 0 ? null : problems.join('; '),
  };
}

function hashOf(catalogue: Catalogue, head: SnapshotHead, columns: SnapshotColumns): string {
  const measures = catalogue.framework(head.frameworkCode)?.measures ?? [];
  const keys = [...columns.entityIds].map((id) => keyOf({ catalogue }, id));
  return resultHash(
    columns,
    keys,
    measures.map(({ code }) => code),
    resultHashForm(head.engineVersion),
  );
}
