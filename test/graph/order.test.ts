import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareNames } from '../../src/domain/search.js';
import { sortRows } from '../../src/graph/order.js';
import { type Answer, type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

/** Ids of the entities of a list. */
async function entities(args: string): Promise<string[]> {
  const { entities: found } = await graph.read(`{ entities(${args}) { edges { node { id } } } }`);
  return found.edges.map(({ node }: Answer) => node.id.replace('Entity:', ''));
}

const RANKING = `query Ranking($orderBy: [ScoreOrder!], $first: Int = 100, $after: String) {
  ranking(round: "PROVINCE-2022", orderBy: $orderBy, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { rank score { value change { rank } } entity { code name(lang: VI) region { code } } } }
  }
}`;

async function ranking(variables: Record<string, unknown>): Promise<Answer[]> {
  return (await graph.read(RANKING, variables)).ranking.edges.map(({ node }: Answer) => node);
}

describe('search', () => {
  it('finds entities whatever the diacritics and their form, the best first', async () => {
    expect(await entities('search: "da nang"')).toEqual(['GSO-2004:48', 'GSO-2025:48']);
    expect(await entities(`search: "${'Đà Nẵng'.normalize('NFD')}"`)).toEqual(['GSO-2004:48', 'GSO-2025:48']);
    expect(await entities('search: "mpi"')).toEqual(['CENTRAL:MPI']);
    expect((await entities('search: "74"'))[0]).toBe('GSO-2004:74');
    expect(await entities('search: "binh", filter: { codeSystem: { eq: "GSO-2004" } }, first: 3')).toEqual([
      // Bình Dương, Bình Định, Bình Phước: d comes before đ.
      ...['GSO-2004:74', 'GSO-2004:52', 'GSO-2004:70'],
    ]);
    expect((await entities('search: " ", first: 1000')).length).toBe((await entities('first: 1000')).length);
  });

  it.each([
    ...[
      'TP. Hồ Chí Minh',
      'tp ho chi minh',
      'TPHCM',
      'TP.HCM',
      'HCMC',
      'hochiminh',
      'ho chi minh',
      'Sài Gòn',
      'saigon',
      'Ho Chi Minh City',
    ],
  ])('finds the same city as %s', async (search) => {
    expect((await entities(`search: "${search}"`)).slice(0, 2)).toEqual(['GSO-2004:79', 'GSO-2025:79']);
  });

  it.each([
    ['tỉnh Lai Châu', ['GSO-2004:12', 'GSO-2025:12']],
    ['lai chau province', ['GSO-2004:12', 'GSO-2025:12']],
    ['TP Huế', ['GSO-2025:46', 'GSO-2004:46']],
    ['danang', ['GSO-2004:48', 'GSO-2025:48']],
    ['Đắc Lắc', ['GSO-2004:66', 'GSO-2025:66']],
    ['BRVT', ['GSO-2004:77']],
    ['bộ Lai Châu', []],
  ])('minds neither the word for the kind nor spaces: %s', async (search, found) => {
    expect(await entities(`search: "${search}"`)).toEqual(found);
  });

  it('tells what else an entity is called', async () => {
    const { city, other } = await graph.read(`{
      city: entity(code: "79", codeSystem: "GSO-2025") { otherNames }
      other: entity(code: "01", codeSystem: "GSO-2025") { otherNames }
    }`);
    expect(city.otherNames).toEqual(['Hồ Chí Minh', 'Sài Gòn', 'TP HCM', 'HCMC']);
    expect(other.otherNames).toEqual([]);
  });

  it('finds measures and sources', async () => {
    const { measures, indicators, sources } = await graph.read(`{
      measures(framework: "PDTI-922", search: "an toan thong tin mang") { edges { node { code } } }
      indicators: measures(framework: "PDTI-922", search: "CYBERSECURITY", filter: { kind: { eq: INDICATOR } }, first: 3) { totalCount }
      sources(search: "so dang ky") { edges { node { key } } }
    }`);
    expect(measures.edges.map(({ node }: Answer) => node.code)).toContain('CYBERSECURITY');
    expect(indicators.totalCount).toBeGreaterThan(3);
    expect(sources.edges).toEqual([{ node: { key: 'registry' } }]);
  });

  it('refuses a search that is too long', async () => {
    expect(await graph.fail(`{ entities(search: "${'x'.repeat(201)}") { totalCount } }`)).toBe('BAD_USER_INPUT');
  });
});

describe('order', () => {
  it('entities come in the order of the Vietnamese alphabet', async () => {
    const { entities: found } = await graph.read(
      '{ entities(first: 100, filter: { codeSystem: { eq: "GSO-2004" } }, orderBy: [{ by: NAME }]) { edges { node { code name(lang: VI) } } } }',
    );
    const names: string[] = found.edges.map(({ node }: Answer) => node.name);
    expect(names).toEqual([...names].sort(compareNames));
    expect(names.indexOf('Điện Biên')).toBeGreaterThan(names.indexOf('Cao Bằng'));
    expect(names.indexOf('Đà Nẵng')).toBeLessThan(names.indexOf('Đắk Lắk'));
    expect(names.indexOf('Đồng Tháp')).toBeLessThan(names.indexOf('Gia Lai'));
  });

  it('a ranking is ordered by region, then by the change of the rank; what has none comes last', async () => {
    const orderBy = [{ by: 'REGION' }, { by: 'CHANGE_OF_RANK', direction: 'DESC' }];
    const rows = await ranking({ orderBy });
    expect(rows).toHaveLength(63);
    const expected = (await ranking({})).toSorted((a, b) => {
      if (a.entity.region.code !== b.entity.region.code) return a.entity.region.code < b.entity.region.code ? -1 : 1;
      return b.score.change.rank - a.score.change.rank;
    });
    expect(rows).toEqual(expected);
  });

  it('cursors walk a ranking in another order, and are of that order only', async () => {
    const orderBy = [{ by: 'NAME', direction: 'DESC' }];
    const whole = await ranking({ orderBy });
    const first = (await graph.read(RANKING, { orderBy, first: 40 })).ranking;
    const rest = await ranking({ orderBy, after: first.pageInfo.endCursor });
    expect([...first.edges.map(({ node }: Answer) => node), ...rest]).toEqual(whole);
    expect(await graph.fail(RANKING, { after: first.pageInfo.endCursor })).toBe('BAD_USER_INPUT');
  });

  it('scores are ordered by a figure over all measures', async () => {
    const { scores } = await graph.read(
      '{ scores(round: "PROVINCE-2022", kind: MAIN_INDEX, first: 1000, orderBy: [{ by: VALUE, direction: DESC }, { by: CODE }]) { edges { node { value entity { code } } } } }',
    );
    const values: (number | null)[] = scores.edges.map(({ node }: Answer) => node.value);
    const there = values.filter((value) => value !== null);
    expect(there.length).toBeLessThan(values.length);
    expect(values).toEqual([...there.toSorted((a, b) => b - a), ...values.filter((value) => value === null)]);
  });

  it('is total and stable: ties keep the order of the list, and no value is last in both directions', () => {
    const rows = fc.array(fc.record({ a: fc.option(fc.nat(2)), b: fc.constantFrom('x', 'y', null) }));
    const steps = fc.array(
      fc.record({ by: fc.constantFrom('A' as const, 'B' as const), direction: fc.constantFrom('ASC', 'DESC') }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(rows, steps, (list, orders) => {
        const sorted = sortRows(list, orders, { A: ({ a }) => a ?? Number.NaN, B: ({ b }) => b });
        // The naive way: by the last step first, each sort stable.
        let expected = [...list];
        for (const { by, direction } of orders.toReversed()) {
          const read = (row: (typeof list)[number]) => (by === 'A' ? row.a : row.b);
          const there = expected.filter((row) => read(row) !== null);
          there.sort((x, y) => {
            const [p, q] = [String(read(x)), String(read(y))];
            return (p < q ? -1 : p > q ? 1 : 0) * (direction === 'ASC' ? 1 : -1);
          });
          expected = [...there, ...expected.filter((row) => read(row) === null)];
        }
        expect(sorted).toEqual(expected);
      }),
    );
  });
});
