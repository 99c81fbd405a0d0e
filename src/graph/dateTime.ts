import { GraphQLError, type GraphQLErrorOptions, GraphQLScalarType } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';

const { serialize, parseValue, extensions } = GraphQLDateTime;

/** Times as graphql-scalars reads and writes them; what it cannot read is told with an example of what it can. */
export const DateTimeScalar = new GraphQLScalarType<Date, Date>({
  ...{ name: GraphQLDateTime.name, description: GraphQLDateTime.description, extensions },
  serialize,
  parseValue: (value) => readTime(value),
  parseLiteral: (node) => readTime('value' in node ? node.value : null, { nodes: node }),
});

function readTime(value: unknown, place: GraphQLErrorOptions = {}): Date {
  try {
    return parseValue(value);
  } catch {
    const shown = JSON.stringify(typeof value === 'string' ? value.slice(0, 40) : value);
    throw new GraphQLError(
      `${shown} is not a DateTime; write day, time and time zone, such as "2020-01-01T00:00:00Z" or "2020-01-01T07:00:00+07:00".`,
      { ...place, extensions: { code: 'BAD_USER_INPUT' } },
    );
  }
}
