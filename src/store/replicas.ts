import { setTimeout as sleep } from 'node:timers/promises';
import type { MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { describeError, PlatformError } from '../domain/errors.js';
import type { Mark, Reading } from './reading.js';

/** How often replicas are looked at while the primary is read, and for one that lags. */
const LOOK_MS = 1000;
/** Longest wait for a server to say what it has. */
const ASK_MS = 2000;
/** How often a server is asked in a row whether it has what was shown, while that moves on. */
const MOST_TRIES = 20;
/**
 * How long the primary may lack what a replica has shown. With synchronous replication a replica shows a commit a moment before the primary does.
 */
const PRIMARY_LAG_MS = 2000;

/** How replicas are used. */
export interface ReplicaOptions {
  /** Addresses of single servers: behind a name that stands for several, a reader would jump between states. */
  readonly urls: readonly string[];
  /** Whether the primary is read while no replica can be. */
  readonly fallback: boolean;
  /** How long a replica may lack what the primary has told of before another server is read, in milliseconds. */
  readonly maxLagMs: number;
  readonly log: (message: string) => void;
}

/** What is needed to be one of the servers that are read. */
export interface ServerParts {
  readonly orm: MikroORM;
  readonly pool: pg.Pool;
}

interface Server extends ServerParts {
  /** For people: never an address, which may hold a password. */
  readonly name: string;
}

/** Opens a replica; `admit` judges every connection before it is used. */
export type OpenServer = (url: string, admit: (client: pg.ClientBase) => Promise<void>) => Promise<ServerParts>;

/** What is opened with {@link openReplicas}. */
export interface Replicas extends Reading {
  close(): Promise<void>;
}

/**
 * Reads from one replica at a time, and from another one, or the primary, when it cannot be read or lags. A server is read only if it has the revision
 * that was last shown here, in the same history, and every connection to a replica is asked that when it is made: a replica that was restarted may be
 * behind what it had shown.
 * @param lastMigration name of the newest migration, which a replica must have replayed before it is read
 * @throws PlatformError DATABASE_UNREACHABLE when no replica can be read and the primary must not be
 */
export async function openReplicas(
  primary: ServerParts,
  { urls, fallback, maxLagMs, log }: ReplicaOptions,
  lastMigration: string,
  openServer: OpenServer,
): Promise<Replicas> {
  let shown: Mark = { id: 0, changeId: 0 };
  /** What the primary has told of and was not shown yet, and since when it is waited for. */
  let expected: { id: number; since: number } | null = null;
  let current: Server | null = null;
  let choosing: Promise<Server> | null = null;
  let isClosed = false;

  const has = async (ask: Pick<pg.ClientBase, 'query'>, { id, changeId }: Mark): Promise<boolean> => {
    const { rows } = await ask.query<{ has: boolean }>(
      `select (${id} = 0 or exists (select from revision where id = $1 and change_id = $2))
         and exists (select from migration where name = $3) as has`,
      [id, changeId, lastMigration],
    );
    return rows[0]?.has === true;
  };
  const admit = async (client: pg.ClientBase) => {
    if (!(await has(client, shown))) throw new Behind();
  };
  const main: Server = { ...primary, name: 'the primary' };
  const replicas: Server[] = [];
  for (const [at, url] of urls.entries())
    replicas.push({ ...(await openServer(url, admit)), name: `replica ${at + 1}` });
  // Gateways that start together spread over the replicas.
  const first = Math.floor(Math.random() * replicas.length);
  const inTurn = [...replicas.slice(first), ...replicas.slice(0, first)];

  /** Whether a server can be asked and has what was shown, and, when it is to replace one that lags, what is expected. */
  const isGood = async ({ pool }: Server, upTo: number): Promise<boolean> => {
    const asking = (async () => {
      if (!(await has(pool, shown))) return false;
      if (upTo <= shown.id) return true;
      const { rows } = await pool.query<{ has: boolean }>('select max(id) >= $1 as has from revision', [upTo]);
      return rows[0]?.has === true;
    })().catch(() => false);
    return Promise.race([asking, sleep(ASK_MS, false, { ref: false })]);
  };
  const use = (server: Server): void => {
    if (current !== server) log(`reads come from ${server.name} now`);
    current = server;
  };
  /** Reads come from a server from now on, if it is good. */
  const take = async (server: Server, upTo: number): Promise<boolean> => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const asked = shown;
      if (!(await isGood(server, upTo))) return false;
      // What another server has shown while this one was asked, it may lack.
      if (asked !== shown) continue;
      use(server);
      return true;
    }
    return false;
  };
  const choose = async (without: Server | null): Promise<Server> => {
    for (const replica of inTurn) if (replica !== without && (await take(replica, 0))) return replica;
    const deadline = performance.now() + PRIMARY_LAG_MS;
    while (fallback && !isClosed) {
      if (await take(main, 0)) return main;
      if (performance.now() > deadline) break;
      await sleep(50);
    }
    const reason = fallback
      ? 'Neither a replica nor the primary has what was read before'
      : 'No replica can be read, and DATABASE_REPLICA_FALLBACK=0 forbids to read the primary';
    throw new PlatformError('DATABASE_UNREACHABLE', `${reason}. Check DATABASE_REPLICA_URLS and that the servers run.`);
  };
  const server = (without: Server | null = null): Promise<Server> => {
    if (current !== null) return Promise.resolve(current);
    choosing ??= choose(without).finally(() => (choosing = null));
    return choosing;
  };
  /** Runs `work` on the server that is read now, and once more elsewhere when that one fails it. */
  const attempt = async <Result>(work: (server: Server) => Promise<Result>): Promise<Result> => {
    const one = await server();
    try {
      const result = await work(one);
      // The server that has taken over meanwhile may lack what this one told of.
      return current === one || isClosed ? result : attempt(work);
    } catch (error) {
      const kind = one === main ? null : failureOf(error);
      if (kind === null || isClosed) throw error;
      if (kind === 'gone') {
        if (current === one) {
          log(`${one.name} cannot be read: ${describeError(error)}`);
          current = null;
        }
        return work(await server(one));
      }
      // The replica had to choose between this statement and the changes that came meanwhile; the primary has no such choice to make.
      if (!fallback || !(await isGood(main, 0))) throw error;
      return work(main);
    }
  };

  const look = async (): Promise<void> => {
    const isLate = expected !== null && performance.now() - expected.since > maxLagMs;
    if (current !== null && current !== main && !isLate) return;
    const upTo = isLate && expected !== null ? expected.id : 0;
    const lagging = current;
    if (lagging !== null && lagging !== main && (await isGood(lagging, upTo))) return;
    for (const replica of inTurn) if (replica !== lagging && (await take(replica, upTo))) return;
    // Only a primary that answers is better than a replica that lags.
    if (lagging !== main && fallback) await take(main, upTo);
  };
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    looking ??= look()
      .catch(() => undefined)
      .finally(() => (looking = null));
  }, LOOK_MS);
  timer.unref();

  const client = {
    query: (text: string, values: readonly unknown[]) => attempt(({ pool }) => pool.query(text, [...values])),
    release: () => undefined,
  };
  const kysely = new Kysely<never>({
    // Statements are run one by one, each where it can be; Kysely asks for a connection first, which is all of them.
    dialect: new PostgresDialect({
      pool: { connect: async () => client as never, end: async () => undefined } as never,
    }),
  });
  const close = async () => {
    isClosed = true;
    clearInterval(timer);
    // A pool that is closed while it connects never ends.
    await looking;
    await Promise.all(replicas.map(({ orm }) => orm.close(true)));
  };
  await server().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    getKysely: () => kysely,
    read: (work) => attempt(({ orm }) => work(orm.em.fork() as SqlEntityManager)),
    show(mark) {
      shown = mark;
      if (expected !== null && mark.id >= expected.id) expected = null;
    },
    expect(revision) {
      if (revision > shown.id) expected ??= { id: revision, since: performance.now() };
    },
    get from() {
      return current === null ? 'none' : current === main ? 'primary' : 'replica';
    },
    replicaCount: replicas.length,
    close,
  };
}

/** A connection to a replica that has not got what was shown here. */
class Behind extends Error {
  constructor() {
    super('it is behind what was read before');
  }
}

/**
 * What a failed statement says of its server: it cannot be read now, or it gave the statement up in favour of replaying (SQLSTATE 40001, 40P01; 57014
 * and 55P03 never come from the statements of readers). Null = the statement itself is at fault.
 */
function failureOf(error: unknown): 'gone' | 'conflict' | null {
  if (error instanceof Behind) return 'gone';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = codeOf(error) ?? codeOf(cause);
  if (code === '40001' || code === '40P01') return 'conflict';
  // 08: connection exceptions; 57P: shutting down, crashed, starting; 53: out of connections or memory.
  if (code !== null && /^(08...|57P..|53...)$/.test(code)) return 'gone';
  if (code !== null && /^E[A-Z]+$/.test(code)) return 'gone';
  const text = error instanceof Error ? error.message : '';
  return code === null && /terminated|timeout exceeded|Connection|not queryable/i.test(text) ? 'gone' : null;
}

function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}
