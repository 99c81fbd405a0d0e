import { setTimeout as sleep } from 'node:timers/promises';
import { writeObservations } from '../../src/store/observation.js';
import type { Database } from '../../src/store/orm.js';
import { nextChangeId, takeRevision } from '../../src/store/revision.js';
import { NOW, record } from '../store/batch.js';

/** What a writer writes: figures that nobody else writes, so that no two writers have to wait for each other. */
export interface Cell {
  readonly sourceId: number;
  readonly roundId: number;
  readonly entityId: number;
  readonly indicatorId: number;
}

/** What became of its transactions. */
export interface WriterAccount {
  committed: number;
  rolledBack: number;
  /** Cut off by the restart of the database; whether they count, the database alone knows. */
  cutOff: number;
}

class RolledBack extends Error {}

/** Longest pause between two transactions, and longest stall within one. */
const PAUSE_MS = 1500;
const STALL_MS = 800;
const ROLL_BACK_SHARE = 0.2;

/**
 * Writes one figure after another until the signal aborts: begins, takes the number of its change, writes, stalls, and commits or rolls back, as
 * chance has it.
 */
export async function write(database: Database, cell: Cell, signal: AbortSignal): Promise<WriterAccount> {
  const account: WriterAccount = { committed: 0, rolledBack: 0, cutOff: 0 };
  const { sourceId, roundId, entityId, indicatorId } = cell;
  await pause(PAUSE_MS, signal);
  while (!signal.aborted) {
    try {
      await database.fork().transactional(async (em) => {
        const changeId = await nextChangeId(em);
        const numerator = String(Math.floor(Math.random() * 1_000_000));
        const figure = record({ entityId, indicatorId, numerator, denominator: '1000000' });
        await writeObservations(em, { sourceId, syncRunId: null, retrievedAt: NOW, changeId }, [figure]);
        // Not cut short by the signal: who has begun comes to its end, late ones too.
        await sleep(Math.random() ** 3 * STALL_MS);
        if (Math.random() < ROLL_BACK_SHARE) throw new RolledBack();
        await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds: [roundId], sourceId });
      });
      account.committed += 1;
    } catch (error) {
      if (error instanceof RolledBack) account.rolledBack += 1;
      else account.cutOff += 1;
    }
    await pause(PAUSE_MS, signal);
  }
  return account;
}

async function pause(longestMs: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.random() * longestMs, undefined, { signal }).catch(() => undefined);
}
