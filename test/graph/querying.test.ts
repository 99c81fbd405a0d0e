import { readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costOf, MAX_COST } from '../../src/server/cost.js';
import { priced } from '../server/priced.js';
import { type Answer, type GraphFixture, openGraph } from './graphFixture.js';

const GUIDE = readFileSync('docs/querying.md', 'utf8');
const QUERIES = [...GUIDE.matchAll(/```graphql\nquery (\w+) ([^`]*)```/g)].map(
  ([, name = '', body = '']) => [name, `query ${name} ${body}`] as const,
);

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

describe('the guide for data teams', () => {
  it('has queries', () => {
    expect(QUERIES.length).toBeGreaterThanOrEqual(10);
    expect(GUIDE.match(/```graphql/g)).toHaveLength(QUERIES.length);
  });

  it.each(QUERIES)('has queries that find something, each list of them: %s', async (_name, query) => {
    const document = parse(query);
    expect(validate(graph.schema, document)).toEqual([]);
    expect(costOf(graph.schema, priced(graph.schema, document))).toBeLessThan(MAX_COST / 10);
    const data: Answer = await graph.read(query);
    for (const [field, list] of Object.entries<Answer>(data)) {
      expect({ field, count: list.edges.length }).not.toEqual({ field, count: 0 });
    }
  });

  it('names who was worse than 40th in two years running', async () => {
    const [, query = ''] = QUERIES.find(([name]) => name === 'Running') ?? [];
    const { entities } = await graph.read(query);
    for (const { node } of entities.edges) {
      expect(Math.min(node.y2021.rank, node.y2022.rank)).toBeGreaterThan(40);
    }
  });
});
