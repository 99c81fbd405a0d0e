import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Catalogue } from '../../src/domain/catalogue.js';
import type { Framework } from '../../src/domain/framework.js';
import { HeldRound, type RoundMethod } from '../../src/pipeline/heldRound.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { readHead } from '../../src/store/revision.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { addSource, entityOf, indicatorOf, NOW, record, rowsOf, writeBatch } from '../store/batch.js';

const ROUND = 'PROVINCE-2026';
let test: TestDatabase;
let method: RoundMethod;
/** Two databases and the self-reports. */
let sourceIds: number[];
beforeAll(async () => {
  test = await openTestDatabase();
  const claims = await registerSource(test.database, SELF_REPORT, 'ACTIVE', NOW);
  sourceIds = [await addSource(test.database, 'one'), await addSource(test.database, 'other'), claims];
  method = methodOf(await readCatalogue(test.database.fork()));
});
afterAll(() => test.drop());

function methodOf(catalogue: Catalogue, framework?: Framework): RoundMethod {
  const round = catalogue.roundByCode(ROUND);
  const own = framework ?? catalogue.framework(round?.frameworkCode ?? '');
  if (round === undefined || own === undefined) throw new Error(`there is no round ${ROUND}`);
  return { catalogue, round, framework: own, policy: catalogue.policy };
}

const full = async (revision: number, how = method) =>
  (await HeldRound.read(test.database.fork(), how, revision)).evaluate();

/** Moves a round and holds what it gives against a round that reads everything. */
async function expectSame(held: HeldRound, how = method): Promise<void> {
  const revision = await readHead(test.database.fork());
  expect(await held.advance(test.database.fork(), how, revision)).toBe(true);
  expect(held.evaluate()).toEqual(await full(revision, how));
}

// A ratio, a yes/no, a value held against the best of the group; bodies of one group, one of another year's round, and two of one main index.
const ENTITIES = ['GSO-2025:48', 'GSO-2025:01', 'GSO-2025:92', 'GSO-2004:01'];
const change = fc.record({
  source: fc.nat(2),
  entity: fc.constantFrom(...ENTITIES),
  indicator: fc.nat(),
  numerator: fc.option(fc.integer({ min: 0, max: 12 }), { freq: 6 }),
  period: fc.constantFrom('2026', '2026-Q1', '2026-03', '2025'),
  tombstone: fc.boolean(),
  obsStatus: fc.constantFrom('A' as const, 'P' as const, 'M' as const),
});

async function write(changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
  const { catalogue, framework } = method;
  const indicators = framework.measures.filter(({ kind }) => kind === 'INDICATOR').slice(0, 40);
  for (const [source, own] of Map.groupBy(changes, (each) => each.source)) {
    const records = own.map(({ entity, indicator, numerator, period, tombstone, obsStatus }) => {
      const measure = indicators[indicator % indicators.length];
      const isRatio = measure?.indicator?.rule.kind.startsWith('RATIO') === true;
      const text = numerator === null || tombstone ? null : String(numerator);
      return record({
        ...{
          entityId: entityOf(catalogue, entity),
          indicatorId: measure?.id ?? 0,
          period,
          year: Number(period.slice(0, 4)),
        },
        ...{ tombstone, obsStatus, value: isRatio ? null : text, numerator: isRatio ? text : null },
        denominator: isRatio && text !== null ? '10' : null,
      });
    });
    const unique = new Map(records.map((each) => [`${each.entityId} ${each.indicatorId} ${each.period}`, each]));
    await writeBatch(test.database, sourceIds[source] ?? 0, [...unique.values()]);
  }
}

describe('a held round', () => {
  it('gives what reading everything gives, after any writes, corrections and withdrawals of several sources', async () => {
    const held = await HeldRound.read(test.database.fork(), method, await readHead(test.database.fork()));
    held.evaluate();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        await write(changes);
        await expectSame(held);
      }),
      { numRuns: 40 },
    );
  });

  it('moves over many revisions at once', async () => {
    const held = await HeldRound.read(test.database.fork(), method, await readHead(test.database.fork()));
    held.evaluate();
    for (const numerator of [1, 2, 3, 4]) {
      await write([
        {
          source: 0,
          entity: 'GSO-2025:48',
          indicator: numerator,
          numerator,
          period: '2026',
          tombstone: false,
          obsStatus: 'A',
        },
        { source: 2, entity: 'GSO-2025:01', indicator: 3, numerator, period: '2026', tombstone: false, obsStatus: 'A' },
      ]);
    }
    await expectSame(held);
  });

  it('gives the same result when nothing changed, without new columns', async () => {
    const revision = await readHead(test.database.fork());
    const held = await HeldRound.read(test.database.fork(), method, revision);
    const before = held.evaluate();
    expect(await held.advance(test.database.fork(), method, revision)).toBe(true);
    const after = held.evaluate();
    expect(after).toEqual(before);
    expect(after.columns).toBe(before.columns);
  });

  it('does not touch columns that somebody reads', async () => {
    const held = await HeldRound.read(test.database.fork(), method, await readHead(test.database.fork()));
    const before = held.evaluate();
    const copy = structuredClone(before.columns);
    await write([
      {
        source: 1,
        entity: 'GSO-2025:92',
        indicator: 5,
        numerator: 7,
        period: '2026',
        tombstone: false,
        obsStatus: 'A',
      },
    ]);
    await expectSame(held);
    expect(before.columns).toEqual(copy);
  });

  it('keeps decimals that no float64 holds', async () => {
    const held = await HeldRound.read(test.database.fork(), method, await readHead(test.database.fork()));
    held.evaluate();
    const one = record({
      ...{
        entityId: entityOf(method.catalogue, 'GSO-2025:48'),
        indicatorId: indicatorOf(method.catalogue, 'GOV_ACTIVITY.12'),
      },
      ...{ numerator: '12345678901234567.1', denominator: '22345678901234567.3' },
    });
    await writeBatch(test.database, sourceIds[0] ?? 0, [one]);
    await expectSame(held);
    const before = held.evaluate().inputHash;
    await writeBatch(test.database, sourceIds[0] ?? 0, [{ ...one, numerator: '12345678901234567.2' }]);
    await expectSame(held);
    expect(held.evaluate().inputHash).not.toBe(before);
  });

  it('has to be read anew when reference data of the round or a source are not what they were', async () => {
    const em = test.database.fork();
    const revision = await readHead(em);
    const held = await HeldRound.read(em, method, revision);
    held.evaluate();
    const reloaded = methodOf(await readCatalogue(test.database.fork()));
    expect(await held.advance(em, reloaded, revision)).toBe(true);
    const { framework, catalogue } = method;
    expect(
      await held.advance(em, { ...method, framework: { ...framework, missing: 'EXCLUDE_AND_RESCALE' } }, revision),
    ).toBe(false);
    const other = new Catalogue({
      ...catalogue.content,
      rounds: catalogue.content.rounds.map((round) => ({
        ...round,
        groups: round.groups.map((group) => ({ ...group, entityIds: group.entityIds.slice(1) })),
      })),
    });
    expect(await held.advance(em, methodOf(other), revision)).toBe(false);
    expect(await held.advance(em, method, revision - 1)).toBe(false);
    await addSource(test.database, 'new');
    expect(await held.advance(em, method, await readHead(em))).toBe(true);
    await rowsOf(test.database, `update source set kind = 'SURVEY' where key = 'one'`);
    expect(await held.advance(em, method, await readHead(em))).toBe(false);
    await rowsOf(test.database, `update source set kind = 'NATIONAL_DATABASE' where key = 'one'`);
  });

  it('has to be read anew when too much changed', async () => {
    const held = await HeldRound.read(test.database.fork(), method, await readHead(test.database.fork()));
    const entityIds = method.round.groups.flatMap((group) => group.entityIds);
    const indicators = method.framework.measures.filter(({ kind }) => kind === 'INDICATOR').slice(0, 31);
    const records = entityIds.flatMap((entityId) =>
      indicators.map(({ id }) => record({ entityId, indicatorId: id, value: '1' })),
    );
    await writeBatch(test.database, sourceIds[0] ?? 0, records);
    expect(await held.advance(test.database.fork(), method, await readHead(test.database.fork()))).toBe(false);
  });
});
