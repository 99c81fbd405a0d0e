import { buildSchema, type GraphQLFieldResolver, GraphQLScalarType, type GraphQLSchema, Kind } from 'graphql';
import { PlatformError } from '../../src/domain/errors.js';

// A schema with the habits of the platform's (promises, lists, simple fields read from getters, null where an answer is missing) in which
// every kind of failure can be asked for; the real schema's data cannot fail on demand.
const SDL = `
  scalar Day
  enum Kinds { INDEX PILLAR }
  input Filter { contains: String, ranks: [Int!] = [1, 2], kind: Kinds }
  input Nested { text: String, and: [Nested!], not: Wrapped }
  input Wrapped { inner: Nested }
  input Choice @oneOf { code: String, rank: Int }
  interface Node { id: ID! }
  type Score implements Node { id: ID!, value: Float, published: String, rank: Int! }
  type Entity implements Node { id: ID!, code: String!, name: String!, scores(kind: Kinds): [Score!]! }
  type Query {
    entities(first: Int! = 3): [Entity!]!
    echo(text: String!): String!
    filter(where: Filter!): String!
    nested(where: Nested): String!
    choose(by: Choice!): String!
    day(day: Day!): String!
    nullable(rank: Int): Score
    thrower: Score
    returned: Score
    holes: [Score!]
    failing(code: String!): String
    node(id: ID!): Node
  }
  type Mutation { count: Int! }
`;

class Day {
  constructor(readonly text: string) {}
}

class Score {
  constructor(
    readonly id: string,
    readonly value: number | null,
    readonly rank: number | null,
  ) {}

  get published(): string | null {
    if (this.value === 13) throw new Error('the getter fails');
    return this.value === null ? null : this.value.toFixed(4);
  }
}

interface Entity {
  readonly id: string;
  readonly code: string;
}

function entity(at: number): Entity {
  return { id: `e${at}`, code: String(at) };
}

// biome-ignore lint/suspicious/noExplicitAny: arguments are what the schema above says
type Resolvers<S = unknown> = Readonly<Record<string, GraphQLFieldResolver<S, any, any>>>;

const QUERY: Resolvers = {
  entities: async (_, { first }) => Array.from({ length: first }, (_each, at) => entity(at)),
  echo: (_, { text }) => text,
  filter: (_, { where }) => JSON.stringify(where),
  nested: (_, { where }) => JSON.stringify(where),
  choose: (_, { by }) => JSON.stringify(by),
  day: (_, { day }) => (day instanceof Day ? day.text : `lost its class: ${JSON.stringify(day)}`),
  nullable: async (_, { rank }) => (rank === 0 ? null : new Score('n', 0.125, rank ?? null)),
  thrower: async () => new Score('t', 13, 1),
  // As loaders of many give the failure of one.
  returned: async () => new Error('given back'),
  holes: async () => [new Score('a', 1, 1), null, new Score('c', 1, null)],
  failing: async (_, { code }) => {
    if (code === 'plain') throw new Error('select secret from table');
    throw new PlatformError('NOT_FOUND', `There is no ${code}.`, { details: { code } });
  },
  node: async (_, { id }) => (id.startsWith('e') ? entity(1) : new Score(id, 1, 1)),
};

const ENTITY: Resolvers<Entity> = {
  name: ({ code }, _, context) => `${context.language ?? 'vi'} ${code}`,
  scores: async ({ id }, { kind }) => [
    new Score(`${id}-1`, 0.5, 1),
    // Promises in lists, as a loader gives them.
    Promise.resolve(new Score(`${id}-2`, kind === 'pillar' ? null : 0.25, 2)),
  ],
};

const MUTATION: Resolvers = {
  count: async (_, __, context) => {
    context.count = (context.count ?? 0) + 1;
    return context.count;
  },
};

/** Builds the schema. Enum values differ inside (`pillar`) from their names, `Day` is a class inside and text outside. */
export function buildSampleSchema(): GraphQLSchema {
  const schema = buildSchema(SDL);
  attach(schema, 'Query', QUERY);
  attach(schema, 'Entity', ENTITY as Resolvers);
  attach(schema, 'Mutation', MUTATION);
  const day = new GraphQLScalarType<Day, string>({
    name: 'Day',
    parseValue: (value) => new Day(String(value)),
    parseLiteral: (node) => new Day(node.kind === Kind.STRING ? node.value : ''),
  });
  Object.assign(schema.getType('Day') ?? {}, { parseValue: day.parseValue, parseLiteral: day.parseLiteral });
  const kinds = schema.getType('Kinds');
  if (kinds && 'getValue' in kinds) Object.assign(kinds.getValue('PILLAR') ?? {}, { value: 'pillar' });
  const node = schema.getType('Node');
  const resolveType = async (value: object): Promise<string> => (value instanceof Score ? 'Score' : 'Entity');
  Object.assign(node ?? {}, { resolveType });
  return schema;
}

function attach(schema: GraphQLSchema, typeName: string, resolvers: Resolvers): void {
  const type = schema.getType(typeName);
  const fields = type && 'getFields' in type ? type.getFields() : {};
  for (const [name, resolve] of Object.entries(resolvers)) Object.assign(fields[name] ?? {}, { resolve });
}
