import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { claimDuty, leaveDuty } from '../../src/store/duty.js';
import {
  ADVISORY_LOCKS,
  claimRoundStatus,
  holdRoundStatus,
  lockReference,
  lockRound,
  lockSource,
} from '../../src/store/lock.js';
import { nameOwner } from '../../src/store/owner.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { roundOf, rowsOf } from './batch.js';
import { untilBlocked } from './blocked.js';

type Manager = Parameters<typeof lockSource>[0];
let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

const inTransaction = <T>(work: (em: Manager) => Promise<T>) => test.database.fork().transactional(work);

/** Does one thing while a transaction has done another; true = it had to wait for that transaction's end. */
async function mustWait(first: (em: Manager) => Promise<unknown>, second: (em: Manager) => Promise<unknown>) {
  const ended = { first: false };
  let waiting: Promise<boolean> | undefined;
  await inTransaction(async (em) => {
    await first(em);
    waiting = inTransaction(second).then(() => ended.first);
    await Promise.race([untilBlocked(test.database), waiting]);
    ended.first = true;
  });
  return waiting;
}

describe('a named lock', () => {
  it.each([
    ['one source', (em: Manager) => lockSource(em, 1), (em: Manager) => lockSource(em, 1), true],
    ['two sources', (em: Manager) => lockSource(em, 1), (em: Manager) => lockSource(em, 2), false],
    ['one round', (em: Manager) => lockRound(em, 1), (em: Manager) => lockRound(em, 1), true],
    ['a round and a source', (em: Manager) => lockRound(em, 1), (em: Manager) => lockSource(em, 1), false],
    ['the reference data', lockReference, lockReference, true],
  ])('on %s is waited for: %4$s', async (_, first, second, waits) => {
    expect(await mustWait(first, second)).toBe(waits);
  });

  it('has a number of its own, and the migration uses the one of the revision', async () => {
    const numbers = Object.values(ADVISORY_LOCKS);
    expect(new Set(numbers).size).toBe(numbers.length);
    const [row] = await rowsOf<{ text: string }>(
      test.database,
      `select prosrc as text from pg_proc where proname = 'take_revision'`,
    );
    expect(row?.text).toContain(`pg_advisory_xact_lock(${ADVISORY_LOCKS.REVISION})`);
  });
});

describe('the status of a round', () => {
  it('is held by many who write into it, and waited for by who publishes', async () => {
    const id = roundOf(catalogue, 'PROVINCE-2026');
    const hold = (em: Manager) => holdRoundStatus(em, [id]);
    const claim = (em: Manager) => claimRoundStatus(em, id);
    expect(await mustWait(hold, hold)).toBe(false);
    expect(await mustWait(hold, claim)).toBe(true);
    expect(await mustWait(claim, hold)).toBe(true);
    expect(await inTransaction(hold)).toEqual(new Map([[id, 'OPEN']]));
    expect(await inTransaction((em) => holdRoundStatus(em, [-1]))).toEqual(new Map());
    expect(await inTransaction(claim)).toBe('OPEN');
    expect(await inTransaction((em) => claimRoundStatus(em, -1))).toBeNull();
  });
});

describe('a duty', () => {
  const NAME = 'COMPUTATION';
  const claim = (owner: string, leaseMs = 60_000) => claimDuty(test.database.fork(), NAME, owner, leaseMs);

  it('is one owner’s, however many ask, until it is left', async () => {
    const owners = Array.from({ length: 8 }, nameOwner);
    const answers = await Promise.all(owners.map((owner) => claim(owner)));
    expect(answers.filter((isMine) => isMine)).toHaveLength(1);
    const holder = owners[answers.indexOf(true)] ?? '';
    const other = owners[answers.indexOf(false)] ?? '';
    expect([await claim(holder), await claim(other)]).toEqual([true, false]);
    await leaveDuty(test.database.fork(), NAME, other);
    expect(await claim(other)).toBe(false);
    await leaveDuty(test.database.fork(), NAME, holder);
    expect([await claim(other), await claim(holder)]).toEqual([true, false]);
    await leaveDuty(test.database.fork(), NAME, other);
  });

  it('of an owner on another machine goes on when its lease has passed, of one that has gone from this machine at once', async () => {
    const next = nameOwner();
    expect(await claim('elsewhere 1 a')).toBe(true);
    expect(await claim(next)).toBe(false);
    await rowsOf(test.database, `update duty set expires_at = now()`);
    const answers = await Promise.all([claim(next), claim('elsewhere 2 b')]);
    expect(answers.filter((isMine) => isMine)).toHaveLength(1);
    // No process has this number.
    const gone = nameOwner().replace(/ \d+ /, ' 99999999 ');
    await rowsOf(test.database, 'update duty set owner = ?', [gone]);
    expect(await claim(next)).toBe(true);
    await leaveDuty(test.database.fork(), NAME, next);
  });
});
