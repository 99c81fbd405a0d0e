import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isListType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { PlatformError } from '../domain/errors.js';
import { costOfField, type FieldCost, pageOf } from '../graph/cost.js';

/**
 * Most that one operation may cost: measured at 0.2 to 0.9 s of the one thread that answers everybody. The matrix of 63 provinces and 98
 * indicators with nine fields costs 56,000, with the chosen figures behind it 124,000; the contract's documents cost below 5,000.
 */
export const MAX_COST = 150_000;

/** Header of an answer: what its operation was estimated to cost, so that a client can stay below the limit. */
export const COST_HEADER = 'graphql-cost';

/** Of one field of introspection, which reads what is in memory at once; GraphiQL's own query costs 36,000 and takes 13 ms. */
const INTROSPECTION_COST = 0.1;

/** The lists of introspection, whose definitions are graphql-js's and declare nothing: sizes of this schema, rounded up. */
const INTROSPECTION_SIZES: Readonly<Record<string, number>> = {
  ...{ types: 130, fields: 12, args: 4, inputFields: 8, enumValues: 7, possibleTypes: 10, directives: 8 },
};

/** An operation whose variables the schema accepts. */
export interface PricedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** The variables with their defaults. */
  readonly coerced: Values;
}

/**
 * What a valid operation costs, told by its document and variables alone: each field 1, or what its definition declares, for every
 * object that it is asked of; lists multiply by `first`, or by the size that they declare. A fragment costs anew wherever it is
 * spread, but is priced once per size of page, so that fragments which double each other take no time.
 */
export function costOf(schema: GraphQLSchema, { document, operation, coerced }: PricedOperation): number {
  const rootType = schema.getRootType(operation.operation);
  if (!rootType) return 0;
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
    ),
  );
  const priced = new Map<string, number>();

  // Loops and few calls per level, since 4,000 tokens can nest 1,300 inline fragments.
  const priceSet = ({ selections }: SelectionSetNode, type: GraphQLNamedType, page: number): number => {
    let price = 0;
    for (const node of selections) {
      if (!isAsked(node, coerced)) continue;
      if (node.kind === Kind.FRAGMENT_SPREAD) price += priceFragment(node.name.value, page);
      else if (node.kind === Kind.FIELD) price += priceField(node, type, page);
      else price += priceSet(node.selectionSet, typeOf(node.typeCondition) ?? type, page);
    }
    return price;
  };

  const typeOf = (node: NamedTypeNode | undefined): GraphQLNamedType | undefined =>
    node && schema.getType(node.name.value);

  const priceFragment = (name: string, page: number): number => {
    const key = `${page} ${name}`;
    const known = priced.get(key);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const type = typeOf(fragment?.typeCondition);
    const price = fragment && type ? priceSet(fragment.selectionSet, type, page) : 0;
    priced.set(key, price);
    return price;
  };

  const priceField = (node: FieldNode, type: GraphQLNamedType, page: number): number => {
    const field = fieldOf(type, node.name.value);
    if (field === undefined) return 1;
    const { selectionSet } = node;
    // Arguments of leaves, such as the language of a name, decide nothing.
    const args = selectionSet ? argumentsOf(field, node, coerced) : NO_VALUES;
    const { own, items } = type.name.startsWith('__')
      ? introspectionCost(field)
      : costOfField(field, isListType(getNullableType(field.type)), args, page);
    return selectionSet ? own + items * priceSet(selectionSet, getNamedType(field.type), pageOf(field, args)) : own;
  };

  return Math.ceil(priceSet(operation.selectionSet, rootType, 1));
}

/**
 * Judges what an operation costs, before anything of it is executed.
 * @returns the cost, or QUERY_TOO_COSTLY with cost and limit
 */
export function judgeCost(schema: GraphQLSchema, operation: PricedOperation): number | GraphQLError {
  const cost = costOf(schema, operation);
  if (cost <= MAX_COST) return cost;
  // Beyond this the digits of a float64 mean nothing, and JSON has no infinity.
  const shown = Math.min(cost, Number.MAX_SAFE_INTEGER);
  const [asked, limit] = [shown, MAX_COST].map((each) => each.toLocaleString('en-US'));
  const message = `The operation costs ${asked}, ${limit} are allowed. Each field counts once for every row that it can be asked of, so lists in lists multiply. Ask for smaller pages ("first", with "after"), for one "kind" or "parent" of scores, for fewer fields below lists, or in several operations.`;
  const originalError = new PlatformError('QUERY_TOO_COSTLY', message, { details: { cost: shown, limit: MAX_COST } });
  return new GraphQLError(message, { originalError, extensions: { code: 'QUERY_TOO_COSTLY', http: { status: 400 } } });
}

type Values = Readonly<Record<string, unknown>>;

const NO_VALUES: Values = {};

/** Whether `@skip` and `@include` let a selection be. */
function isAsked(node: SelectionNode, variables: Values): boolean {
  if (!node.directives?.length) return true;
  return (
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
  );
}

/** Undefined for `__typename`. */
function fieldOf(type: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (name === '__schema') return SchemaMetaFieldDef;
  if (name === '__type') return TypeMetaFieldDef;
  return 'getFields' in type ? (type.getFields() as Record<string, GraphQLField<unknown, unknown>>)[name] : undefined;
}

/** The arguments of a field; none when they are not acceptable, since the field then fails before it has a list. */
function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, variables: Values): Values {
  if (field.args.length === 0) return NO_VALUES;
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return NO_VALUES;
  }
}

function introspectionCost({ name }: GraphQLField<unknown, unknown>): FieldCost {
  return { own: INTROSPECTION_COST, items: INTROSPECTION_SIZES[name] ?? 1 };
}
