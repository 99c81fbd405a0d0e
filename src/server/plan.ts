import { Buffer } from 'node:buffer';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLString,
  getArgumentValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import {
  abandon,
  GIVE_UP,
  isPromise,
  joinAll,
  out,
  type Part,
  type Pending,
  planLeaf,
  type Run,
  take,
  type Write,
  whenThere,
  writeNull,
} from './planLeaf.js';

type Values = Readonly<Record<string, unknown>>;
type Fields = ReadonlyMap<string, readonly FieldNode[]>;

interface PlannedField {
  /** What stands before the value: the name, and the brace or comma before it. */
  readonly before: Uint8Array;
  readonly read: (source: object, run: Run) => unknown;
  readonly write: Write;
}

/** Executes one operation of one document, again and again: gives the JSON `{"data":…}` and a line feed. */
export type Plan = (rootValue: unknown, context: unknown, variables: Values) => Part;

const NO_ARGS: Values = Object.freeze({});
/** No resolver asks for it (a test holds them to it); one that did would throw, and graphql-js would answer. */
const NO_INFO = undefined as unknown as GraphQLResolveInfo;
/** What stands around every answer; the line feed is Apollo's. */
const [BEGIN, END] = ['{"data":', '}\n'].map((text) => Buffer.from(text)) as [Buffer, Buffer];
const [COMMA, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x2c, 0x5b, 0x5d, 0x7b, 0x7d];
/**
 * Lays an operation out once, so that executing it again is a walk through closures which write the answer's JSON as bytes as they go: no tree of
 * results, no paths, no infos. Variables, arguments, fragments and conditions are read by graphql-js's own functions; what would be an
 * error in the answer ends the walk, and graphql-js has to execute the operation.
 * @param conditions values of the variables that {@link conditionsOf} names
 * @returns a plan, which throws (or rejects) when graphql-js has to execute the operation
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  conditions: Values,
): Plan {
  const root = schema.getRootType(operation.operation);
  if (!root) throw GIVE_UP;
  const planner = new Planner(schema, document, conditions);
  const fields = collectFields(schema, planner.fragments, conditions, root, operation.selectionSet);
  const write = planner.planObject(root, () => fields, true);
  const writeAnswer: Write = (rootValue, run) => {
    const from = out.length;
    out.putBytes(BEGIN);
    const pending = write(rootValue, run);
    if (pending === null) out.putBytes(END);
    else return joinAll([out.take(from), pending, END]);
    return null;
  };
  return (rootValue, context, variables) => take(writeAnswer, rootValue ?? NO_ARGS, { context, variables, args: [] });
}

/** The variables that `@skip` and `@include` of a document ask: a plan is for one set of values of them. */
export function conditionsOf(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: args = [] }) => {
      for (const { value } of args) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
    VariableDefinition: () => false,
  });
  return [...names];
}

class Planner {
  readonly fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  #argumentCount = 0;

  constructor(
    readonly schema: GraphQLSchema,
    document: DocumentNode,
    readonly conditions: Values,
  ) {
    for (const each of document.definitions) {
      if (each.kind === Kind.FRAGMENT_DEFINITION) this.fragments[each.name.value] = each;
    }
  }

  /** @param collect the fields that are asked for; called when the first object is written */
  planObject(type: GraphQLObjectType, collect: () => Fields, isRoot = false): Write {
    const isOf = isRoot ? undefined : type.isTypeOf;
    let fields: readonly PlannedField[] | null = null;
    return (value, run) => {
      fields ??= this.#planFields(type, collect());
      // An error that a resolver returns instead of throwing it, as loaders of many do, is an error of the field.
      if (typeof value !== 'object' || value === null || value instanceof Error) throw GIVE_UP;
      if (isOf && isOf(value, run.context, NO_INFO) !== true) throw GIVE_UP;
      if (fields.length === 0) out.putByte(OPEN);
      const from = out.length;
      for (let at = 0; at < fields.length; at += 1) {
        const { before, read, write } = fields[at] as PlannedField;
        out.putBytes(before);
        const pending = write(read(value, run), run);
        if (pending !== null) return writeRest(out.take(from), pending, fields, at + 1, value, run);
      }
      out.putByte(CLOSE);
      return null;
    };
  }

  #planFields(type: GraphQLObjectType, collected: Fields): readonly PlannedField[] {
    const planned: PlannedField[] = [];
    for (const [key, nodes] of collected) {
      const before = Buffer.from(`${planned.length === 0 ? '{' : ','}${JSON.stringify(key)}:`);
      planned.push({ before, ...this.#planField(type, nodes) });
    }
    return planned;
  }

  #planField(type: GraphQLObjectType, nodes: readonly FieldNode[]): Omit<PlannedField, 'before'> {
    const node = nodes[0] as FieldNode;
    const name = node.name.value;
    if (name === '__typename') return { read: () => type.name, write: planLeaf(GraphQLString, false) };
    const field = type.getFields()[name];
    if (field === undefined) throw GIVE_UP;
    const write = this.#planValue(field.type, nodes);
    const argsOf = this.#planArguments(field, node);
    const { resolve } = field;
    if (resolve) return { write, read: (source, run) => resolve(source, argsOf(run), run.context, NO_INFO) };
    const read: PlannedField['read'] = (source, run) => {
      const value = (source as Values)[name];
      return typeof value === 'function' ? value.call(source, argsOf(run), run.context) : value;
    };
    return { write, read };
  }

  /** Arguments that hold no variable are read once, others once in each execution. */
  #planArguments(field: GraphQLField<unknown, unknown>, node: FieldNode): (run: Run) => Values {
    if (field.args.length === 0) return () => NO_ARGS;
    if (!holdsVariable(node)) {
      const args = freeze(getArgumentValues(field, node)) as Values;
      return () => args;
    }
    const at = this.#argumentCount;
    this.#argumentCount += 1;
    return (run) => {
      run.args[at] ??= getArgumentValues(field, node, run.variables);
      return run.args[at] ?? NO_ARGS;
    };
  }

  #planValue(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    const isNullable = !isNonNullType(type);
    const present = isNonNullType(type) ? type.ofType : type;
    if (isLeafType(present)) return planLeaf(present, isNullable);
    const write = this.#planPresent(present, nodes);
    return (value, run) => {
      if (value === null || value === undefined) return writeNull(isNullable);
      return isPromise(value) ? whenThere(value, write, isNullable, run) : write(value, run);
    };
  }

  /** How a list or an object is written that is there. */
  #planPresent(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (isListType(type)) return planList(this.#planValue(type.ofType, nodes));
    if (isObjectType(type)) return this.planObject(type, () => this.#subfieldsOf(type, nodes));
    if (isAbstractType(type)) return this.#planAbstract(type, nodes);
    throw GIVE_UP;
  }

  #planAbstract(type: GraphQLAbstractType, nodes: readonly FieldNode[]): Write {
    const planned = new Map<string, Write>();
    const writeAs = (name: unknown, value: unknown, run: Run): Pending => {
      if (typeof name !== 'string') throw GIVE_UP;
      let write = planned.get(name);
      if (write === undefined) {
        const found = this.schema.getType(name);
        if (!isObjectType(found) || !this.schema.isSubType(type, found)) throw GIVE_UP;
        write = this.planObject(found, () => this.#subfieldsOf(found, nodes));
        planned.set(name, write);
      }
      return write(value, run);
    };
    return (value, run) => {
      const name = type.resolveType?.(value, run.context, NO_INFO, type);
      if (!isPromise(name)) return writeAs(name, value, run);
      return name.then((found) => take((each, within) => writeAs(found, each, within), value, run));
    };
  }

  #subfieldsOf(type: GraphQLObjectType, nodes: readonly FieldNode[]): Fields {
    return collectSubfields(this.schema, this.fragments, this.conditions, type, nodes);
  }
}

/** Goes on with an object after the first part that is not there yet. */
function writeRest(
  before: Buffer,
  first: Promise<Buffer>,
  fields: readonly PlannedField[],
  next: number,
  source: object,
  run: Run,
): Promise<Buffer> {
  const parts: Part[] = [before, first];
  const from = out.length;
  try {
    for (const field of fields.slice(next)) {
      out.putBytes(field.before);
      const pending = field.write(field.read(source, run), run);
      if (pending !== null) parts.push(out.take(from), pending);
    }
  } catch (error) {
    throw abandon(parts, error);
  }
  out.putByte(CLOSE);
  parts.push(out.take(from));
  return joinAll(parts);
}

function planList(write: Write): Write {
  return (value, run) => {
    if (!isIterable(value)) throw GIVE_UP;
    const from = out.length;
    const parts: Part[] = [];
    let isFirst = true;
    out.putByte(OPEN_LIST);
    try {
      for (const item of value) {
        if (!isFirst) out.putByte(COMMA);
        isFirst = false;
        const pending = write(item, run);
        if (pending !== null) parts.push(out.take(from), pending);
      }
    } catch (error) {
      throw abandon(parts, error);
    }
    out.putByte(CLOSE_LIST);
    if (parts.length === 0) return null;
    parts.push(out.take(from));
    return joinAll(parts);
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function holdsVariable(node: FieldNode): boolean {
  let found = false;
  for (const argument of node.arguments ?? []) {
    visit(argument, {
      Variable: () => {
        found = true;
      },
    });
  }
  return found;
}

/** So that no resolver can change what the next execution gets. */
function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
