import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { QueryExecutorProvider } from 'kysely';

/**
 * What hand-written SQL that only reads is run with. Any entity manager is one; a function that writes asks for an entity manager, so that it cannot be
 * given what may be a replica.
 */
export interface Reader {
  getKysely(): QueryExecutorProvider;
}

/** A revision as a server has it, with its change: two histories of databases that are older than numbers by the clock may share a number. */
export interface Mark {
  /** 0 = before the first revision. */
  readonly id: number;
  readonly changeId: number;
}

/**
 * Where rows are read that carry a revision, or belong to a row that does: always a server that has every revision which was shown here. What has no
 * revision, such as sync runs, keys or hosts, is read where it is written, so that whoever wrote it finds it.
 */
export interface Reading extends Reader {
  /** Reads through the ORM or in a transaction; `work` is done again elsewhere when its server goes away, so it must not write. */
  read<Result>(work: (em: SqlEntityManager) => Promise<Result>): Promise<Result>;
  /** Says that readers are about to see this revision: from now on nothing is read from a server without it. */
  show(mark: Mark): void;
  /** Says that the primary has told of this revision. A replica that does not get it in time is left. */
  expect(revision: number): void;
  /** Which kind of server is read now; `none` = no server that may be read has what was shown. */
  readonly from: 'primary' | 'replica' | 'none';
  /** How many replicas there are to read from. */
  readonly replicaCount: number;
}

/** Reads from the primary, which needs no care. */
export function readPrimary(fork: () => SqlEntityManager): Reading {
  return {
    getKysely: () => fork().getKysely(),
    read: (work) => work(fork()),
    show: () => undefined,
    expect: () => undefined,
    from: 'primary',
    replicaCount: 0,
  };
}
