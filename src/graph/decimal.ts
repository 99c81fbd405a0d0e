import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { canonicalDecimal } from '../domain/decimal.js';

/** Exact decimals: text on the wire, because a float64 would round them. */
export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description:
    'An exact decimal as text, without exponent: "0.1", "-12", "123456789012345678.9". Inputs may be text or numbers.',
  serialize: (value) => String(value),
  parseValue: (value) => readDecimal(value),
  parseLiteral(node) {
    if (node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT) return readDecimal(node.value);
    throw new GraphQLError('A Decimal is written as text or as a number.', { nodes: node });
  },
});

function readDecimal(value: unknown): string {
  const decimal = typeof value === 'string' || typeof value === 'number' ? canonicalDecimal(String(value)) : null;
  if (decimal !== null) return decimal;
  throw new GraphQLError(`${JSON.stringify(value)} is not a Decimal; write digits with a point, such as "12.5".`);
}
