import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPopulation } from '../../connectors/population/index.js';
import { accountAddsUp, type SyncMode } from '../../src/domain/syncRun.js';
import { registerSource } from '../../src/pipeline/source.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { listLinkages, writeLinkages } from '../../src/store/linkage.js';
import { deletePages } from '../../src/store/listPages.js';
import { nextChangeId, readHead, takeRevision } from '../../src/store/revision.js';
import { openWorld, type SimulatedWorld } from '../connectors/simulated.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW } from '../store/batch.js';
import { type GraphFixture, openGraph } from './graphFixture.js';

const LINKAGES = `query Linkages($database: String, $entity: String, $first: Int, $after: String, $at: AtInput) {
  linkages(database: $database, entity: $entity, first: $first, after: $after, at: $at) { totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { database name(lang: EN) owner ownerName(lang: VI) connectedOn due { on basis basisVi: basis(lang: VI) certainty } recordsTotal recordsMatched matchedShare
      period obsStatus page row revision entity { code codeSystem } source { key } syncRun { status } } } } }`;

let graph: GraphFixture;
let world: SimulatedWorld;
const connector = createPopulation();
beforeAll(async () => {
  [graph, world] = await Promise.all([openGraph(), openWorld()]);
  await registerSource(graph.database, connector.spec, 'ACTIVE', NOW);
});
afterAll(async () => {
  await world.close();
  await graph.close();
});

async function sync(mode: SyncMode) {
  const run = await syncSource({
    ...{ database: graph.database, catalogue: graph.catalogue(), connector, mode, now: () => new Date() },
    ...{ settings: world.settings('population'), signal: new AbortController().signal, addressGuard: LOOPBACK },
  });
  await follow();
  return run;
}

async function follow(): Promise<void> {
  const head = await readHead(graph.database.fork());
  const { feed } = graph.platform;
  while (feed.head < head) await feed.changed(feed.head, AbortSignal.timeout(10_000));
}

const all = (revision: number) => ({ database: null, entityIds: null, revision });

describe('linkages', () => {
  it('are read beside the statistics, accounted for by name, and appended once', async () => {
    const first = await sync('FULL_REFRESH');
    expect(first.errorMessage).toBeNull();
    // Eight databases in 34 provinces, and the officials of 25 central bodies.
    expect(first).toMatchObject({ status: 'SUCCEEDED', rejected: 0, skippedRules: { linkage: 8 * 34 + 25 } });
    expect(accountAddsUp(first)).toBe(true);
    const head = graph.platform.feed.head;
    expect(await listLinkages(graph.database.fork(), all(head), null, 1000)).toHaveLength(8 * 34 + 25);
    const again = await sync('FULL_REFRESH');
    expect(again).toMatchObject({ status: 'SUCCEEDED', written: 0, superseded: 0 });
    expect(await sync('INCREMENTAL')).toMatchObject({ read: 0 });
    expect(await listLinkages(graph.database.fork(), all(Number.MAX_SAFE_INTEGER), null, 1000)).toHaveLength(
      8 * 34 + 25,
    );
  });

  it('keep the pages that they were read from, however old', async () => {
    const em = graph.database.fork();
    await em.begin();
    // Without figures on them, the pages are kept for the linkages alone.
    await em.execute('update observation set page_sequence = null where sync_run_id is not null');
    expect(await deletePages(em, new Date(Date.now() + 86_400_000), 500)).toBeGreaterThan(0);
    const lost = `select from linkage l where not exists (
      select from page p where p.sync_run_id = l.sync_run_id and p.sequence = l.page_sequence)`;
    expect(await em.execute(lost)).toEqual([]);
    await em.rollback();
  });

  it('are found by database and body, with their share, dates and provenance', async () => {
    const { linkages } = await graph.read(LINKAGES, { database: 'health_insurance', entity: 'GSO-2025:01' });
    expect(linkages.totalCount).toBe(1);
    const { node } = linkages.edges[0];
    expect(node).toMatchObject({
      ...{
        database: 'health_insurance',
        name: 'Health insurance',
        owner: 'MOF',
        ownerName: 'Bộ Tài chính',
        period: '2026-03',
        obsStatus: 'P',
      },
      due: {
        ...{ on: '2022-12-31', certainty: 'illustrative' },
        ...{
          basis: expect.stringContaining('Decision 06/QĐ-TTg'),
          basisVi: expect.stringContaining('Quyết định 06/QĐ-TTg'),
        },
      },
      ...{
        entity: { code: '01', codeSystem: 'GSO-2025' },
        source: { key: 'population' },
        syncRun: { status: 'SUCCEEDED' },
      },
    });
    expect(node.connectedOn).toMatch(/^202[23]-\d\d-\d\d$/);
    expect(node.matchedShare).toBeCloseTo(Number(node.recordsMatched) / Number(node.recordsTotal), 12);
    const { observations } = await graph.read(
      `{ observations(first: 5, filter: { entity: { eq: "GSO-2025:01" }, indicator: { eq: "SOC_ACTIVITY.05" }, source: { eq: "population" } }) {
        edges { node { numerator denominator period } } } }`,
    );
    expect(observations.edges).toEqual([
      { node: { numerator: node.recordsMatched, denominator: node.recordsTotal, period: '2026-03' } },
    ]);
  });

  it.each([
    [{ database: 'nope' }, 'health_insurance'],
    [{ entity: 'GSO-2025:999' }, 'GSO-2025:01'],
    [{ entity: 'nobody' }, 'CENTRAL'],
    [{ entity: '' }, 'GSO-2025'],
  ])('of nobody, %j, are told from none', async (variables, known) => {
    const { errors } = await graph.ask(LINKAGES, variables);
    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['NOT_FOUND']);
    expect(errors?.[0]?.message).toContain(known);
  });

  it('come page by page', async () => {
    const first = (await graph.read(LINKAGES, { database: 'land', first: 30 })).linkages;
    expect(first).toMatchObject({ totalCount: 34, pageInfo: { hasNextPage: true } });
    const rest = (await graph.read(LINKAGES, { database: 'land', first: 30, after: first.pageInfo.endCursor }))
      .linkages;
    expect(rest.edges).toHaveLength(4);
    expect(rest.pageInfo.hasNextPage).toBe(false);
  });

  it('keep what was known before a correction', async () => {
    const before = graph.platform.feed.head;
    const [known] = await listLinkages(graph.database.fork(), all(before), null, 1);
    if (known === undefined) throw new Error('there is no linkage');
    const entity = graph.catalogue().entity(known.entityId);
    if (entity === undefined) throw new Error('there is no entity');
    await graph.database.fork().transactional(async (em) => {
      const changeId = await nextChangeId(em);
      const origin = { sourceId: known.sourceId, runId: known.syncRunId, retrievedAt: new Date(), changeId };
      const row = { ...known, codeSystem: entity.codeSystem, entityCode: entity.code };
      expect(await writeLinkages(em, origin, [row])).toBe(0);
      expect(await writeLinkages(em, origin, [{ ...row, recordsMatched: '0' }])).toBe(1);
      await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds: [], sourceId: known.sourceId });
    });
    await follow();
    const ask = { database: known.database, entity: `${entity.codeSystem}:${entity.code}` };
    const matched = async (at: object | null) => {
      const { linkages } = await graph.read(LINKAGES, { ...ask, at });
      return linkages.edges.map((edge: { node: { recordsMatched: string } }) => edge.node.recordsMatched);
    };
    expect(await matched(null)).toEqual(['0']);
    expect(await matched({ asOf: { revision: String(before) } })).toEqual([known.recordsMatched]);
  });
});
