import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/** Values for arguments by name: what the data has, and what it has not. */
export type ArgumentPool = Readonly<Record<string, readonly string[]>>;

/**
 * Makes a query at random from a schema: fields, aliases, arguments as literals. The same seed makes the same query.
 * @param pool literals as written in a document; a field whose required argument is neither here nor an enum is left out
 */
export function randomDocument(schema: GraphQLSchema, seed: number, pool: ArgumentPool): string {
  let state = seed * 2_654_435_769 + 1;
  const random = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];

  const literalOf = (name: string, type: GraphQLInputType): string | undefined => {
    const named = getNamedType(type);
    const one = isEnumType(named)
      ? pick(named.getValues())?.name
      : named.name === 'Int'
        ? String(1 + Math.floor(random() * 4))
        : named.name === 'Boolean'
          ? String(random() < 0.5)
          : pick(pool[name] ?? []);
    return one !== undefined && isListType(getNullableType(type)) && random() < 0.8 ? `[${one}]` : one;
  };

  const argumentsOf = (field: GraphQLField<unknown, unknown>): string | undefined => {
    const written: string[] = [];
    for (const argument of field.args) {
      if (!isRequiredArgument(argument) && random() < 0.6) continue;
      const literal = literalOf(argument.name, argument.type);
      if (literal !== undefined) written.push(`${argument.name}: ${literal}`);
      else if (isRequiredArgument(argument)) return undefined;
    }
    return written.length === 0 ? '' : `(${written.join(', ')})`;
  };

  const selectionOf = (type: GraphQLObjectType, depth: number): string | undefined => {
    const parts: string[] = random() < 0.1 ? ['__typename'] : [];
    const fields = Object.values(type.getFields());
    const share = depth === 0 ? 0.15 : Math.min(1, 6 / fields.length);
    for (const field of fields) {
      if (random() > share) continue;
      const named = getNamedType(field.type);
      const written = argumentsOf(field);
      if (written === undefined) continue;
      const isComposite = 'getFields' in named;
      if (isComposite && (depth >= 6 || !isObjectType(named))) continue;
      const selection = isObjectType(named) ? selectionOf(named, depth + 1) : '';
      // Fields of one name with other arguments do not merge, so each has an alias of its own.
      if (selection !== undefined) parts.push(`${field.name}${parts.length}: ${field.name}${written}${selection}`);
    }
    return parts.length === 0 ? undefined : ` { ${parts.join(' ')} }`;
  };

  const query = schema.getQueryType();
  return (query && selectionOf(query, 0)) ?? '{ __typename }';
}
