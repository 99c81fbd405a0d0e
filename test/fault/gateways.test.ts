import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { issueToken, openLocalKey } from '../../src/access/localToken.js';
import { revisionOfCursor } from '../../src/graph/connection.js';
import { type EmbeddedPostgres, startEmbedded } from '../../src/store/embedded.js';
import { ensureDatabase } from '../../src/store/ensureDatabase.js';
import { type GraphqlAnswer, GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { makeFolder, type PlatformProcess, startPlatform } from '../helpers/platform.js';
import { ask, type Standby, startStandby } from '../helpers/standby.js';
import { readMetrics } from '../server/readMetrics.js';

/**
 * Two gateways and two workers, each a process, on one database: gateway A reads from a streaming replica, gateway B from the primary. One source, whose
 * figures a test changes.
 */
const INDICATOR = 'SOC_ACTIVITY.06';
const PATIENCE = { timeout: 60_000, interval: 50 };
const year = new Date(Date.now() + 7 * 3_600_000).getUTCFullYear();
const ROUND = `PROVINCE-${year}`;
const figures = new Map([
  ['46', 10],
  ['48', 20],
  ['56', 30],
]);

interface Row {
  readonly value: number | null;
  readonly entity: { readonly code: string };
}
interface Update {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
  readonly rows: readonly Row[];
}

let server: EmbeddedPostgres;
let standby: Standby;
let a: PlatformProcess;
let b: PlatformProcess;
let workers: PlatformProcess[] = [];
let admin = '';
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await makeFolder();
  cleanUp.push(folder.remove);
  const at = (name: string) => join(folder.path, name);
  server = await startEmbedded({ dataDir: at('primary'), settings: ['fsync=off'] });
  cleanUp.push(() => server.stop());
  const url = await ensureDatabase(server.url('postgres'), server.url('dti'));
  const source = await serveFigures();
  await writeFile(at('secrets-key'), '07'.repeat(32));
  const key = await openLocalKey(at('jwt-key.pem'), true);
  admin = await issueToken(key, { role: 'admin', entityKey: null, subject: 'local:test', expiresInSeconds: 3600 });
  const keys = { SECRETS_KEY_FILE: at('secrets-key'), JWT_KEY_FILE: at('jwt-key.pem') };
  const environment = { ...keys, DATABASE_URL: url, DEMO: '0', PUBLIC_PROVISIONAL: '1', SOURCE_ALLOWED_HOSTS: source };
  const start = async (role: string, name: string, more: Record<string, string> = {}) => {
    const started = await startPlatform({ ...environment, ...more, ROLE: role, DATA_DIR: at(name) });
    cleanUp.push(() => started.end('SIGKILL'));
    return started;
  };
  // The first one makes the tables and loads the reference data, while the replica is made of what there is already.
  const [first, replicaServer] = await Promise.all([
    start('worker', 'worker-1'),
    startStandby(server, at('primary'), at('standby')),
  ]);
  standby = replicaServer;
  cleanUp.push(() => standby.stop());
  const replica = { DATABASE_REPLICA_URLS: standby.url('dti'), DATABASE_REPLICA_MAX_LAG_MS: '60000' };
  const [second, ...gateways] = await Promise.all([
    start('worker', 'worker-2'),
    start('gateway', 'gateway-a', replica),
    start('gateway', 'gateway-b'),
  ]);
  workers = [first, second];
  [a, b] = gateways;
  await register(source);
});
afterAll(async () => {
  for (const clean of cleanUp.reverse()) await clean();
});

/** @returns host and port of a source that tells of {@link figures} */
async function serveFigures(): Promise<string> {
  const source = createServer((_request, response) => {
    const rows = [...figures].map(([code, part]) => ({ code, period: `${year}-09`, part, whole: 100 }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(rows));
  });
  await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
  cleanUp.push(async () => {
    source.close();
    source.closeAllConnections();
  });
  return `127.0.0.1:${(source.address() as AddressInfo).port}`;
}

async function register(host: string): Promise<void> {
  const manifest = {
    ...{ key: 'shared', version: 1, name: { vi: 's', en: 's' }, owner: 'tests', kind: 'NATIONAL_DATABASE' },
    ...{ citation: 'a test', licence: 'none', simulated: true },
    streams: [
      {
        ...{ name: 'rows', request: { path: '/rows' }, format: { type: 'json' } },
        mapping: {
          ...{ framework: 'PDTI-922', entity: { by: 'code', codeSystem: 'GSO-2025', field: 'code' } },
          period: { field: 'period', format: 'yearMonth' },
          figures: [{ indicator: INDICATOR, numerator: { field: 'part' }, denominator: { field: 'whole' } }],
        },
      },
    ],
  };
  const input = { manifest: JSON.stringify(manifest), baseUrl: `http://${host}` };
  const registered = await as(
    admin,
    a,
    'mutation ($input: RegisterSourceInput!) { registerSource(input: $input) { problems { message } } }',
    {
      input,
    },
  );
  expect(registered).toEqual({ registerSource: { problems: [] } });
  await as(
    admin,
    a,
    'mutation { checkSource(key: "shared") { ok } activateSource(key: "shared") { source { status } } }',
  );
}

/** Asks as somebody; what is wrong is thrown. */
async function as(
  token: string | null,
  { url }: PlatformProcess,
  document: string,
  variables = {},
): Promise<GraphqlAnswer['data']> {
  const answer = await postGraphql(url, document, variables, undefined, token ?? undefined);
  if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** Changes a figure and has it read; the scores follow by themselves. @returns a revision that has it */
async function change(gateway: PlatformProcess, code: string, part: number): Promise<string> {
  figures.set(code, part);
  const { syncSource } = await as(admin, gateway, 'mutation { syncSource(key: "shared") { revision run { status } } }');
  expect(syncSource.run.status).toBe('SUCCEEDED');
  return syncSource.revision;
}

const WATCH = `subscription ($round: String!, $since: String) {
  rankingUpdates(round: $round, measure: "${INDICATOR}", since: $since) { revision previousRevision complete rows { value entity { code } } }
}`;
const STATE = `query ($round: String!) {
  ranking(round: $round, measure: "${INDICATOR}", first: 100) { edges { node { score { value } entity { code } } } }
}`;

/** A client of {@link WATCH} that keeps the state as the protocol says, and fails at a gap or a repetition. */
class Dashboard {
  readonly values = new Map<string, number | null>();
  readonly revisions: string[] = [];
  #socket: GraphqlSocket | null = null;
  #id = '';

  get revision(): string | null {
    return this.revisions.at(-1) ?? null;
  }

  async connect({ url }: PlatformProcess, token: string | null = null): Promise<this> {
    await this.#socket?.close();
    this.#socket = await GraphqlSocket.connect(url, token === null ? {} : { authorization: `Bearer ${token}` });
    this.#id = this.#socket.subscribe(WATCH, { round: ROUND, since: this.revision });
    return this;
  }

  get ended() {
    return this.#socket?.ended;
  }

  async next(timeoutMs = 60_000): Promise<Update> {
    const message = await this.#socket?.next({ id: this.#id, timeoutMs });
    const update: Update = message?.payload.data.rankingUpdates;
    if (this.revision !== null) expect(BigInt(update.revision)).toBeGreaterThan(BigInt(this.revision));
    if (update.complete) this.values.clear();
    else expect(update.previousRevision).toBe(this.revision);
    for (const { entity, value } of update.rows) this.values.set(entity.code, value);
    this.revisions.push(update.revision);
    return update;
  }

  /** Takes updates until a body has a value. */
  async until(code: string, part: number): Promise<void> {
    const value = Math.min(1, part / 100 / 0.8);
    while (Math.abs((this.values.get(code) ?? -1) - value) > 1e-9) await this.next();
  }

  close() {
    return this.#socket?.close();
  }
}

async function stateAt(gateway: PlatformProcess): Promise<Map<string, number | null>> {
  const { ranking } = await as(null, gateway, STATE, { round: ROUND });
  return new Map(
    ranking.edges.map(({ node }: { node: { score: Row; entity: Row['entity'] } }) => [
      node.entity.code,
      node.score.value,
    ]),
  );
}

/** How often a table was looked at on a server. */
async function looksAt(url: string, table: string): Promise<number> {
  const rows = await ask<{ looks: string }>(
    url,
    `select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) as looks from pg_stat_user_tables where relname = '${table}'`,
  );
  return Number(rows[0]?.looks);
}

async function readinessOf({ url }: PlatformProcess): Promise<{ ready: boolean; parts: Record<string, string> }> {
  return (await fetch(`${url}/health/ready`)).json() as Promise<{ ready: boolean; parts: Record<string, string> }>;
}

/** What a worker says of what it computes. */
async function computationsOf(worker: PlatformProcess | undefined): Promise<{ onDuty: number; written: number }> {
  const health = /Health\s+(http\S+)\/health/.exec(worker?.said() ?? '')?.[1] ?? '';
  const { value } = await readMetrics(health);
  const written = value('dti_computations_total', { outcome: 'written' }) ?? Number.NaN;
  return { onDuty: value('dti_computation_duty') ?? Number.NaN, written };
}

// A story: processes that are killed in it stay away.
describe('two gateways, one of them on a replica, and two workers', { shuffle: false }, () => {
  it('tell the same, in the same revisions; a client that moves between them misses nothing', async () => {
    const [atA, atB, mover] = [new Dashboard(), new Dashboard(), new Dashboard()];
    await Promise.all([atA.connect(a), atB.connect(b), mover.connect(a)]);
    expect((await atA.next()).complete && (await atB.next()).complete && (await mover.next()).complete).toBe(true);
    await change(a, '46', 11);
    await Promise.all([atA, atB, mover].map((each) => each.until('46', 11)));
    expect(atA.revisions).toEqual(atB.revisions);

    await mover.close();
    await change(b, '46', 12);
    await Promise.all([atA, atB].map((each) => each.until('46', 12)));
    await change(a, '48', 21);
    await Promise.all([atA, atB].map((each) => each.until('48', 21)));
    await mover.connect(b);
    expect(await mover.next()).toMatchObject({ complete: false, previousRevision: mover.revisions[1] });
    expect(mover.values).toEqual(await stateAt(a));
    expect(mover.revision).toBe(atA.revision);
    await change(b, '56', 31);
    await Promise.all([atA, atB, mover].map((each) => each.until('56', 31)));
    expect([atA.values, atB.values, atA.revisions]).toEqual([mover.values, mover.values, atB.revisions]);
    await Promise.all([atA, atB, mover].map((each) => each.close()));
  });

  it('read from the replica where there is one', async () => {
    expect((await readinessOf(a)).parts.replica).toBe('ready');
    const fromReplica = async ({ url }: PlatformProcess) => (await readMetrics(url)).value('dti_reads_from_replica');
    expect([await fromReplica(a), await fromReplica(b)]).toEqual([1, undefined]);
    // A different question each time: equal ones are answered from memory.
    const observations = (first: number) => `{ observations(first: ${first}) { totalCount edges { node { value } } } }`;
    const count = () => Promise.all([server.url('dti'), standby.url('dti')].map((url) => looksAt(url, 'observation')));
    // Statistics are written a second after the work, at the earliest.
    await sleep(1500);
    const before = await count();
    const ASKED = 100;
    for (let turn = 0; turn < ASKED; turn += 1) await as(null, a, observations(5 + turn));
    await vi.waitFor(async () => expect((await count())[1]).toBeGreaterThanOrEqual((before[1] ?? 0) + ASKED), PATIENCE);
    // Workers go on reading there, and what they have read may be told late: some, and many fewer.
    expect((await count())[0]).toBeLessThan((before[0] ?? 0) + ASKED);
  });

  it('show nothing that cannot be read: while the replica stands still, its gateway does, and then nothing is missing', async () => {
    const [atA, atB, mover] = [new Dashboard(), new Dashboard(), new Dashboard()];
    await Promise.all([atA.connect(a), atB.connect(b), mover.connect(b)]);
    await Promise.all([atA, atB, mover].map((each) => each.next()));
    await standby.pause();
    await change(a, '46', 14);
    await atB.until('46', 14);
    await mover.until('46', 14);
    // A write is answered from where it was written, also by a gateway whose replica has not got it.
    const { source } = await as(
      admin,
      a,
      '{ source(key: "shared") { runs(first: 1) { edges { node { unchanged } } } } }',
    );
    expect(source.runs.edges[0].node.unchanged).toBe(2);
    // Who has seen more than this gateway has is not told of the past.
    await mover.connect(a);
    const early = Promise.all([atA, mover].map((each) => each.next(60_000).then(() => performance.now())));
    await sleep(1000);
    expect((await stateAt(a)).get('46')).not.toEqual((await stateAt(b)).get('46'));
    const resumedAt = performance.now();
    await standby.resume();
    await change(b, '46', 15);
    for (const arrivedAt of await early) expect(arrivedAt).toBeGreaterThan(resumedAt);
    await Promise.all([atA, atB, mover].map((each) => each.until('46', 15)));
    expect(mover.values).toEqual(atB.values);
    expect(atA.values).toEqual(atB.values);
    await Promise.all([atA, atB, mover].map((each) => each.close()));
  });

  it('let whoever has written at one read it at the other, and go on there with a list', async () => {
    await standby.pause();
    const revision = await change(b, '48', 22);
    const document = `query ($revision: String!) {
      observations(first: 1, at: { asOf: { revision: $revision } }) { edges { node { numerator } } }
    }`;
    const page = `query ($after: String) {
      observations(first: 1, after: $after) { edges { node { id numerator } } pageInfo { endCursor } totalCount }
    }`;
    const { observations: first } = await as(null, b, page);
    expect(first.edges[0].node.numerator).toBe('22');
    const after = first.pageInfo.endCursor;
    // A gateway that has not got the state of the first page does not go on from an older one.
    const early = await postGraphql(a.url, page, { after });
    const extensions = { code: 'REVISION_UNKNOWN', details: { revision: String(revisionOfCursor(after)) } };
    expect(early.errors).toMatchObject([{ extensions }]);
    const read = () => as(null, a, document, { revision });
    const reading = read();
    await sleep(200);
    await standby.resume();
    // On a busy machine it may take longer than a gateway waits: whoever asks again is told.
    const told = await reading.catch(() => vi.waitFor(read, PATIENCE));
    expect(told).toEqual({ observations: { edges: [{ node: { numerator: '22' } }] } });
    const next = await vi.waitFor(() => as(null, a, page, { after }), PATIENCE);
    expect(next).toEqual(await as(null, b, page, { after }));
  });

  it('know each other’s keys at once, and each other’s revocations within two seconds', async () => {
    const { createApiKey: made } = await as(
      admin,
      a,
      'mutation { createApiKey(name: "moving", role: INTEGRATOR) { apiKey { id } secret } }',
    );
    const viewer = '{ viewer { role } }';
    expect(await as(made.secret, b, viewer)).toEqual({ viewer: { role: 'INTEGRATOR' } });
    const dashboard = await new Dashboard().connect(b, made.secret);
    await dashboard.next();
    await as(admin, a, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: made.apiKey.id });
    const revokedAt = performance.now();
    expect((await postGraphql(b.url, viewer, {}, undefined, made.secret)).errors?.[0]?.extensions.code).toBe(
      'AUTH_INVALID',
    );
    expect(await dashboard.ended).toMatchObject({ code: 4403 });
    // Two seconds between two looks; the rest is for a machine that is busy with other tests.
    expect(performance.now() - revokedAt).toBeLessThan(30_000);
  });

  it('go on from the primary when the replica is lost, and from the replica when it is back', async () => {
    const dashboard = await new Dashboard().connect(a);
    await dashboard.next();
    await standby.stop();
    await change(a, '56', 32);
    await dashboard.until('56', 32);
    expect(await readinessOf(a)).toMatchObject({ ready: true, parts: { replica: 'failed' } });
    expect((await readMetrics(a.url)).value('dti_reads_from_replica')).toBe(0);
    await standby.start();
    await vi.waitFor(async () => expect((await readinessOf(a)).parts.replica).toBe('ready'), PATIENCE);
    await change(a, '56', 33);
    await dashboard.until('56', 33);
    await dashboard.close();
  });

  it('do without a gateway and a worker that are killed', async () => {
    const [atA, atB] = [await new Dashboard().connect(a), await new Dashboard().connect(b)];
    await Promise.all([atA.next(), atB.next()]);
    // One of the workers computes, and the other lets it.
    const both = await Promise.all(workers.map(async (worker) => ({ worker, ...(await computationsOf(worker)) })));
    const [holder, other] = both.toSorted((one, another) => another.onDuty - one.onDuty);
    expect([holder?.onDuty, other?.onDuty]).toEqual([1, 0]);
    expect((holder?.written ?? 0) + (other?.written ?? 0)).toBeGreaterThan(5);
    await Promise.all([b.end('SIGKILL'), holder?.worker.end('SIGKILL')]);
    await atB.ended;
    await change(a, '46', 16);
    await atA.until('46', 16);
    expect(await computationsOf(other?.worker)).toMatchObject({ onDuty: 1, written: (other?.written ?? 0) + 1 });
    // Its clients go on at the other gateway.
    await atB.connect(a);
    await atB.until('46', 16);
    expect(atB.values).toEqual(atA.values);

    // A gateway that is told to end says so, so that its clients go elsewhere at once.
    const code = a.end('SIGTERM');
    expect(await atA.ended).toMatchObject({ code: 1001 });
    expect(await code).toBe(0);
  });
});
