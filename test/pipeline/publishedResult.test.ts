import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { classifyReference } from '../../simulators/calibration/reference.js';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { INDEX_CODE } from '../../src/domain/framework.js';
import type { PublishedReference, SnapshotHead } from '../../src/domain/snapshot.js';
import { computeRound, recomputeSnapshot } from '../../src/pipeline/compute.js';
import { readingOptions } from '../../src/pipeline/sourceStage.js';
import { submit } from '../../src/pipeline/submit.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { cellOf, entityPosition, measurePosition, readCell } from '../../src/snapshot/columns.js';
import { readSnapshotHeads } from '../../src/store/snapshot.js';
import type { LoadedSnapshot } from '../../src/store/snapshotLibrary.js';
import { SnapshotLibrary } from '../../src/store/snapshotLibrary.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { runDemonstration, stageOf, startTestDemonstration, type TestDemonstration } from '../helpers/demonstration.js';

let test: TestDatabase;
let demonstration: TestDemonstration;
let catalogue: Catalogue;
let library: SnapshotLibrary;
const NEWEST = { revision: Number.MAX_SAFE_INTEGER, provisional: true };

beforeAll(async () => {
  test = await openTestDatabase('reference');
  demonstration = await startTestDemonstration();
  catalogue = await runDemonstration(test.database, demonstration);
  library = new SnapshotLibrary(test.database, (head) => recomputeSnapshot(test.database, catalogue, head));
  await library.refresh();
}, 120_000);
afterAll(async () => {
  await demonstration.close();
  await test.drop();
});

async function newest(roundCode: string): Promise<LoadedSnapshot> {
  await library.refresh();
  const head = library.find(catalogue.roundByCode(roundCode)?.id ?? 0, NEWEST);
  if (head === undefined) throw new Error(`${roundCode} has no snapshot`);
  return library.load(head);
}

/** What the pipeline says where the owner printed something; null = it has no such row. */
async function computed(row: PublishedReference): Promise<{ value: string; rank: number | null } | null> {
  const round = catalogue.roundByCode(`${row.level}-${row.year}`);
  if (round === undefined) return null;
  const { columns } = await newest(round.code);
  const measure = catalogue.measureByCode(round.frameworkCode, row.measureCode);
  const measureAt = measure === undefined ? null : measurePosition(columns, measure.id);
  if (measureAt === null) return null;
  if (row.entityId !== null) {
    const entityAt = entityPosition(columns, row.entityId);
    if (entityAt === null) return null;
    const { value, rank } = readCell(columns, measureAt, entityAt);
    return { value: value?.toFixed(4) ?? '', rank };
  }
  const group = round.groups.find(({ peerGroupId }) => catalogue.peerGroup(peerGroupId)?.code === row.peerGroupCode);
  const values = (group?.entityIds ?? []).map(
    (id) => columns.value[cellOf(columns, measureAt, entityPosition(columns, id) ?? -1)] ?? Number.NaN,
  );
  return { value: (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(4), rank: null };
}

function isReachable(row: PublishedReference): boolean {
  const level = row.level.toLowerCase() as 'province' | 'ministry' | 'national';
  const { year, rank } = row;
  const shape = { level, year, rank, entity: '', entityCode: '', measure: '', score: null, peerGroup: '' };
  return classifyReference(shape).reachable;
}

describe('the published results', () => {
  it('all come out of the whole pipeline where the framework reaches them: 226 rows, ranks and four decimals', async () => {
    const rows = catalogue.content.references.filter(isReachable);
    expect(rows).toHaveLength(226);
    const differences: string[] = [];
    for (const row of rows) {
      const ours = await computed(row);
      const name = `${row.level} ${row.year} ${row.entityName} ${row.measureCode}`;
      if (row.value !== null && Number(row.value).toFixed(4) !== ours?.value) {
        differences.push(`${name}: printed ${row.value}, computed ${ours?.value}`);
      }
      if (row.rank !== null && row.rank !== ours?.rank)
        differences.push(`${name}: ranked ${row.rank}, computed ${ours?.rank}`);
    }
    expect(differences).toEqual([]);
  });

  it('that cannot be reached are 76, each with its reason', () => {
    const reasons = new Map<string, number>();
    for (const row of catalogue.content.references) {
      const level = row.level.toLowerCase() as 'province' | 'ministry' | 'national';
      const shape = {
        level,
        year: row.year,
        rank: row.rank,
        entity: '',
        entityCode: '',
        measure: '',
        score: null,
        peerGroup: '',
      };
      const result = classifyReference(shape);
      if (!result.reachable) reasons.set(result.reason, (reasons.get(result.reason) ?? 0) + 1);
    }
    expect(Object.fromEntries(reasons)).toEqual({
      'Decision 1726 applied in 2020; its framework is not in the data.': 54,
      'Decision 405 applied in 2024; its points per main index are not known.': 20,
      'The national framework is not in the data; the value is no mean of bodies.': 2,
    });
  });

  it('include a shared rank and a skipped one: 15, 15, 17 in 2022', async () => {
    const { columns } = await newest('PROVINCE-2022');
    const at = measurePosition(columns, catalogue.measureByCode('PDTI-922', INDEX_CODE)?.id ?? 0) ?? -1;
    const ranks = [...columns.entityIds]
      .map((_, entityAt) => columns.rank[cellOf(columns, at, entityAt)] ?? 0)
      .sort((a, b) => a - b);
    expect(ranks.filter((rank) => rank >= 14 && rank <= 18)).toEqual([14, 15, 15, 17, 18]);
  });
});

describe('the share that is measured automatically', () => {
  it.each([
    // 170 and 255 points were measured when only the e-invoice system, the portal and the population database were connected.
    ['PROVINCE-2022', 'GSO-2004:48', 'PDTI-922', 0.565],
    ['PROVINCE-2026', 'GSO-2025:48', 'PDTI-922', 0.565],
    ['MINISTRY-2023', 'CENTRAL:MOF', 'MDTI-922', 0.497],
  ])('is that of all indicators with a national system: %s, %s', async (round, entity, framework, share) => {
    const { columns } = await newest(round);
    const at = measurePosition(columns, catalogue.measureByCode(framework, INDEX_CODE)?.id ?? 0) ?? -1;
    const entityAt = entityPosition(columns, catalogue.entityByKey(entity)?.id ?? 0) ?? -1;
    expect(readCell(columns, at, entityAt).automaticShare).toBeCloseTo(share, 10);
  });
});

describe('a snapshot', () => {
  it('computed again from the observations of its time has the same hash, bit for bit', async () => {
    const heads: SnapshotHead[] = catalogue.content.rounds.flatMap(({ id }) => library.list(id, NEWEST));
    expect(heads).toHaveLength(7);
    for (const head of heads) {
      const { columns } = await library.load(head);
      expect(await recomputeSnapshot(test.database, catalogue, head)).toEqual(columns);
    }
  });

  it('is not written again when nothing changed', async () => {
    const outcome = await computeRound({
      database: test.database,
      catalogue,
      roundCode: 'PROVINCE-2026',
      now: () => new Date(),
    });
    expect(outcome.snapshotId).toBeNull();
  });

  it('of a published round is sealed', async () => {
    const again = computeRound({
      database: test.database,
      catalogue,
      roundCode: 'PROVINCE-2022',
      now: () => new Date(),
    });
    await expect(again).rejects.toMatchObject({ code: 'ROUND_STATE' });
  });

  it('depends on nothing but what came over HTTP, in self-reports and surveys: without the published results it is the same', async () => {
    const blind = await openTestDatabase('reference');
    onTestFinished(() => blind.drop());
    await blind.database.fork().execute('delete from published_reference');
    const unaware = await runDemonstration(blind.database, demonstration);
    expect(unaware.content.references).toEqual([]);
    const hashes = async ({ database }: TestDatabase, { content }: Catalogue) => {
      const codes = new Map(content.rounds.map(({ id, code }) => [id, code]));
      const heads = await readSnapshotHeads(database.fork(), 0);
      return heads
        .map(({ roundId, inputHash, resultHash }) => [codes.get(roundId), inputHash, resultHash].join(' '))
        .sort();
    };
    const seeing = await hashes(test, catalogue);
    expect(seeing).toHaveLength(7);
    expect(await hashes(blind, unaware)).toEqual(seeing);
  }, 120_000);
});

describe('one altered figure', () => {
  const ROUND = 'PROVINCE-2026';
  const PROVINCE = 'GSO-2025:48';
  const compute = () => computeRound({ database: test.database, catalogue, roundCode: ROUND, now: () => new Date() });

  function measure(code: string) {
    const found = catalogue.measureByCode('PDTI-922', code);
    if (found === undefined) throw new Error(`there is no measure ${code}`);
    return found;
  }

  /** The cell of the province. */
  function ownCell({ columns }: LoadedSnapshot, code: string) {
    const entityAt = entityPosition(columns, catalogue.entityByKey(PROVINCE)?.id ?? 0);
    return readCell(columns, measurePosition(columns, measure(code).id) ?? -1, entityAt ?? -1);
  }

  /** A measure and everything above it: its main index, its pillars, the index. */
  function lineage(code: string): string[] {
    const edges = catalogue.framework('PDTI-922')?.edges ?? [];
    const ids = new Set([measure(code).id]);
    for (const id of ids) for (const { parentId, childId } of edges) if (childId === id) ids.add(parentId);
    return [...ids].map((id) => catalogue.measure(id)?.code ?? '').sort();
  }

  const FRAME = ['entityIds', 'groupOf', 'measureIds', 'maxPoints'] as const;
  const CELLS = ['value', 'points', 'coverage', 'automaticShare', 'observationId'] as const;

  /** For each column the cells that differ, as `measure entity`; ranks are left apart, since others give way to who moves. */
  function differences(before: LoadedSnapshot, after: LoadedSnapshot): Record<string, string[]> {
    expect(Object.keys(after.columns).sort()).toEqual([...FRAME, ...CELLS, 'rank'].sort());
    for (const column of FRAME) expect(after.columns[column]).toEqual(before.columns[column]);
    const { entityIds, measureIds } = after.columns;
    const nameOf = (at: number) => {
      const entity = catalogue.entity(entityIds[at % entityIds.length] ?? 0);
      const code = catalogue.measure(measureIds[Math.floor(at / entityIds.length)] ?? 0)?.code;
      return `${code} ${entity?.codeSystem}:${entity?.code}`;
    };
    const cells = [...after.columns.value.keys()];
    return Object.fromEntries(
      CELLS.map((column) => {
        const changed = cells.filter((at) => !Object.is(after.columns[column][at], before.columns[column][at]));
        return [column, changed.map(nameOf).sort()];
      }),
    );
  }

  /** The index moved by the points that the indicator moved, of 1,000. */
  function expectMoved(before: LoadedSnapshot, after: LoadedSnapshot, indicator: string, index: string): void {
    const moved = (code: string, what: 'points' | 'value') =>
      (ownCell(after, code)[what] ?? Number.NaN) - (ownCell(before, code)[what] ?? Number.NaN);
    expect(moved(indicator, 'points')).not.toBe(0);
    expect(moved(index, 'value')).toBeCloseTo(moved(indicator, 'points') / 1000, 11);
  }

  it('of a simulated count moves exactly the scores that it feeds, by exactly what the rule says', async () => {
    const before = await newest(ROUND);
    const stage = stageOf(test.database, catalogue, demonstration);
    const { connector, settings } = await stage.library.open('einvoice');
    const change = { database: 'einvoice', codeSystem: 'GSO-2025', entity: '48', period: '2026-11' };
    // Half of the enterprises issue e-invoices: ECO_ACTIVITY.08 is a plain ratio of 20 points.
    const row = demonstration.simulators.simulation
      .rows('einvoice', demonstration.simulators.simulation.sequence)
      .find(({ codeSystem, code, period }) => codeSystem === 'GSO-2025' && code === '48' && period === '2026-11');
    const active = Number(row?.counts.ActiveEnterprises);
    await demonstration.control('POST', 'override', {
      ...change,
      field: 'EnterprisesIssuing',
      value: Math.floor(active / 2),
    });
    const run = await syncSource({
      ...{ database: test.database, catalogue, connector, mode: 'INCREMENTAL' },
      ...readingOptions(stage, settings),
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', superseded: 1, written: 0 });
    await compute();
    const after = await newest(ROUND);
    const fed = lineage('ECO_ACTIVITY.08').map((code) => `${code} ${PROVINCE}`);
    expect(fed).toHaveLength(4);
    expect(differences(before, after)).toEqual({
      value: fed,
      points: fed,
      coverage: [],
      automaticShare: [],
      observationId: [`ECO_ACTIVITY.08 ${PROVINCE}`],
    });
    const points = ownCell(after, 'ECO_ACTIVITY.08').points ?? Number.NaN;
    expect(points).toBeCloseTo((20 * Math.floor(active / 2)) / active, 11);
    expectMoved(before, after, 'ECO_ACTIVITY.08', INDEX_CODE);
  });

  it('of a claim moves exactly the score that it feeds', async () => {
    const before = await newest(ROUND);
    const figure = { value: null, numerator: '1', denominator: '4' };
    const item = {
      indicatorCode: 'GOV_ACTIVITY.12',
      claimed: figure,
      accepted: figure,
      state: 'ACCEPTED' as const,
      evidence: [],
      reviewNote: null,
    };
    const report = {
      roundCode: 'PROVINCE-2026',
      entityKey: 'GSO-2025:48',
      reviewer: 'test',
      simulated: true,
      items: [item],
    };
    expect(await submit(test.database, catalogue, [report], new Date())).toEqual({ submissions: 1, observations: 1 });
    await compute();
    const after = await newest(ROUND);
    const fed = lineage('GOV_ACTIVITY.12').map((code) => `${code} ${PROVINCE}`);
    expect(fed).toHaveLength(4);
    expect(differences(before, after)).toEqual({
      value: fed,
      points: fed,
      coverage: [],
      automaticShare: [],
      observationId: [`GOV_ACTIVITY.12 ${PROVINCE}`],
    });
    expect(ownCell(after, 'GOV_ACTIVITY.12').points).toBe(2.5);
    expectMoved(before, after, 'GOV_ACTIVITY.12', INDEX_CODE);
  });
});
