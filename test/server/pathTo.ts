import {
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** A field of the schema and the way to it from a root. */
export interface Path {
  /** `Query.source`, `Source.runs`, … the last one is what the path leads to. */
  readonly coordinates: readonly string[];
  /** Everything that the way passes: the coordinates, and the types of the objects. */
  readonly passes: readonly string[];
  /** A valid operation that selects the field, as text. */
  readonly operation: string;
}

interface Step {
  readonly type: GraphQLObjectType;
  readonly steps: readonly { readonly coordinate: string; readonly selection: string; readonly on: string | null }[];
  readonly root: string;
}

/** The shortest way to every field of every object type that a root leads to, interfaces by way of their members. */
export function pathsOf(schema: GraphQLSchema): Path[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  const queue: Step[] = roots.flatMap(([root, type]) => (type ? [{ type, steps: [], root }] : []));
  const seen = new Set(queue.map(({ type }) => type.name));
  const paths: Path[] = [];
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const { type, steps, root } = step;
    for (const field of Object.values(type.getFields())) {
      const result = getNamedType(field.type);
      const selection = `${field.name}${argumentsFor(field.args)}`;
      const coordinate = `${type.name}.${field.name}`;
      const leaf = isCompositeType(result) ? `${selection} { __typename }` : selection;
      paths.push(
        writePath(
          root,
          [...steps, { coordinate, selection: leaf, on: null }],
          isObjectType(result) ? [result.name] : [],
        ),
      );
      const members = isObjectType(result) ? [result] : isCompositeType(result) ? schema.getPossibleTypes(result) : [];
      for (const member of members) {
        if (seen.has(member.name)) continue;
        seen.add(member.name);
        const on = member === result ? null : member.name;
        queue.push({ type: member, steps: [...steps, { coordinate, selection, on }], root });
      }
    }
  }
  return paths;
}

function writePath(root: string, steps: Step['steps'], ends: readonly string[]): Path {
  const coordinates = steps.map(({ coordinate }) => coordinate);
  let operation = '';
  for (const { selection, on } of [...steps].reverse()) {
    const inner = on === null ? operation : `... on ${on} { ${operation} }`;
    operation = operation === '' ? selection : `${selection} { ${inner} }`;
  }
  const types = coordinates.map((coordinate) => coordinate.split('.', 1)[0] ?? '');
  return { coordinates, passes: [...coordinates, ...types, ...ends], operation: `${root} { ${operation} }` };
}

function argumentsFor(args: readonly GraphQLArgument[]): string {
  const required = args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  return required.length === 0 ? '' : `(${required.map(({ name, type }) => `${name}: ${literalOf(type)}`).join(', ')})`;
}

/** Any value of a type, as a literal. */
function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType);
  if (isListType(type)) return '[]';
  if (isEnumType(type)) return type.getValues()[0]?.name ?? 'null';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
    return `{${fields.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')}}`;
  }
  if (type.name === 'Int' || type.name === 'Float') return '1';
  return type.name === 'Boolean' ? 'false' : type.name === 'DateTime' ? '"2026-01-01T00:00:00Z"' : '"x"';
}
