// What a team writes in an afternoon: SDL, resolvers, SQL through pg and a DataLoader per relation. Shared by Apollo and Mercurius.
import DataLoader from 'dataloader';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: '-c search_path=peers' });
const select = async (text, values) => (await pool.query(text, values)).rows;

export const typeDefs = /* GraphQL */ `
  type Entity {
    id: Int! code: String! name: String! level: String! region: String!
    pillarScores(year: Int!): [PillarScore!]!
    pillars: [EntityPillar!]!
  }
  type Pillar { id: Int! code: String! name: String! }
  type PillarScore { score: Float! rank: Int! pillar: Pillar! }
  type EntityPillar { code: String! name: String! indicators: [EntityIndicator!]! }
  type EntityIndicator { code: String! name: String! weight: Float! values: [IndicatorValue!]! }
  type IndicatorValue { year: Int! raw: Float normalized: Float source: String }
  type Score { rank: Int! overall: Float! entity: Entity! }
  type SearchResult { total: Int! average: Float nodes: [Score!]! }
  type Query {
    ranking(year: Int!, first: Int!): [Score!]!
    entities(level: String!, first: Int!): [Entity!]!
    entity(code: String!): Entity
    search(year: Int!, region: String!, minOverall: Float!, nameContains: String!, first: Int!): SearchResult!
  }`;

const SEARCH = `from score s join entity e on e.id = s.entity_id
  where s.year = $1 and e.region = $2 and s.overall >= $3 and e.name like $4`;

/** The loaders of one request. */
export const context = () => ({
  entity: byKey(
    (ids) => select('select * from entity where id = any($1)', [ids]),
    (row) => row.id,
  ),
  pillar: byKey(
    (ids) => select('select * from pillar where id = any($1)', [ids]),
    (row) => row.id,
  ),
  indicators: groupsOf(
    (ids) => select('select * from indicator where pillar_id = any($1) order by id', [ids]),
    (row) => row.pillar_id,
    (id) => id,
  ),
  pillarScores: groupsOf(
    (keys) =>
      select('select * from pillar_score where entity_id = any($1) and year = any($2) order by pillar_id', [
        keys.map(({ id }) => id),
        unique(keys, ({ year }) => year),
      ]),
    (row) => `${row.entity_id}:${row.year}`,
    ({ id, year }) => `${id}:${year}`,
  ),
  values: groupsOf(
    (keys) =>
      select(
        `select * from indicator_value where entity_id = any($1) and indicator_id = any($2)
         order by entity_id, indicator_id, year`,
        [unique(keys, ({ entityId }) => entityId), unique(keys, ({ indicatorId }) => indicatorId)],
      ),
    (row) => `${row.entity_id}:${row.indicator_id}`,
    ({ entityId, indicatorId }) => `${entityId}:${indicatorId}`,
  ),
});

export const resolvers = {
  Query: {
    ranking: (_, { year, first }) =>
      select('select * from score where year = $1 order by rank limit $2', [year, first]),
    entities: (_, { level, first }) =>
      select('select * from entity where level = $1 order by id limit $2', [level, first]),
    entity: async (_, { code }) => (await select('select * from entity where code = $1', [code]))[0],
    search: async (_, { year, region, minOverall, nameContains, first }) => {
      const values = [year, region, minOverall, `%${nameContains}%`];
      const [stats, nodes] = await Promise.all([
        select(`select count(*)::int total, avg(s.overall) average ${SEARCH}`, values),
        select(`select s.* ${SEARCH} order by s.rank limit $5`, [...values, first]),
      ]);
      return { ...stats[0], nodes };
    },
  },
  Score: { entity: (score, _, { entity }) => entity.load(score.entity_id) },
  PillarScore: { pillar: (score, _, { pillar }) => pillar.load(score.pillar_id) },
  Entity: {
    pillarScores: ({ id }, { year }, { pillarScores }) => pillarScores.load({ id, year }),
    pillars: async ({ id }) =>
      (await select('select * from pillar order by id')).map((row) => ({ ...row, entityId: id })),
  },
  EntityPillar: {
    indicators: async ({ id, entityId }, _, { indicators }) =>
      (await indicators.load(id)).map((row) => ({ ...row, entityId })),
  },
  EntityIndicator: {
    values: ({ id, entityId }, _, { values }) => values.load({ entityId, indicatorId: id }),
  },
};

function byKey(read, keyOf) {
  return new DataLoader(async (keys) => {
    const found = new Map((await read(keys)).map((row) => [keyOf(row), row]));
    return keys.map((key) => found.get(key));
  });
}

function groupsOf(read, keyOfRow, keyOf) {
  return new DataLoader(
    async (keys) => {
      const groups = new Map(keys.map((key) => [keyOf(key), []]));
      for (const row of await read(keys)) groups.get(keyOfRow(row))?.push(row);
      return keys.map((key) => groups.get(keyOf(key)));
    },
    { cacheKeyFn: keyOf },
  );
}

function unique(keys, of) {
  return [...new Set(keys.map(of))];
}
