import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  GraphQLBoolean,
  type GraphQLEnumType,
  type GraphQLField,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLString,
  getArgumentValues,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';

/** JSON of a part of an answer. */
type Text = string | Promise<string>;
type Values = Readonly<Record<string, unknown>>;
type Fields = ReadonlyMap<string, readonly FieldNode[]>;

/** One execution of a plan. */
interface Run {
  readonly context: unknown;
  readonly variables: Values;
  /** Arguments of the fields that take some, by their number in the plan; they depend on the variables alone. */
  readonly args: (Values | undefined)[];
}

/** Writes a value that a resolver gave; throws when it cannot be written without an error. */
type Write = (value: unknown, run: Run) => Text;

interface PlannedField {
  /** What stands before the value: the name, and the brace or comma before it. */
  readonly before: string;
  readonly read: (source: object, run: Run) => Text;
}

/** Executes one operation of one document, again and again. */
export type Plan = (rootValue: unknown, context: unknown, variables: Values) => Text;

/** Thrown where graphql-js would tell an error: it has to execute the operation then. One object, since nobody reads a trace of it. */
const GIVE_UP = new Error('graphql-js has to execute this operation');
const NO_ARGS: Values = Object.freeze({});
/** No resolver asks for it (a test holds them to it); one that did would throw, and graphql-js would answer. */
const NO_INFO = undefined as unknown as GraphQLResolveInfo;
/** Smallest and largest whole number of GraphQL. */
const [MIN_INT, MAX_INT] = [-(2 ** 31), 2 ** 31 - 1];
/** Longer texts are checked by a regular expression, which costs more to start and less per character. */
const SHORT_TEXT = 48;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes, with halves of characters
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * Lays an operation out once, so that executing it again is a walk through closures which write the answer's JSON as they go: no tree of
 * results, no paths, no infos. Variables, arguments, fragments and conditions are read by graphql-js's own functions; what would be an
 * error in the answer ends the walk, and graphql-js has to execute the operation.
 * @param conditions values of the variables that {@link conditionsOf} names
 * @returns JSON of `data`; a plan throws (or rejects) when graphql-js has to execute the operation
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
  return (rootValue, context, variables) => write(rootValue ?? NO_ARGS, { context, variables, args: [] });
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
      let text = '';
      for (let at = 0; at < fields.length; at += 1) {
        const { before, read } = fields[at] as PlannedField;
        const part = read(value, run);
        if (typeof part !== 'string') return writeRest(text + before, part, fields, at + 1, value, run);
        text += before + part;
      }
      return text === '' ? '{}' : `${text}}`;
    };
  }

  #planFields(type: GraphQLObjectType, collected: Fields): readonly PlannedField[] {
    const planned: PlannedField[] = [];
    for (const [key, nodes] of collected) {
      const before = `${planned.length === 0 ? '{' : ','}${JSON.stringify(key)}:`;
      planned.push({ before, read: this.#planField(type, nodes) });
    }
    return planned;
  }

  #planField(type: GraphQLObjectType, nodes: readonly FieldNode[]): PlannedField['read'] {
    const node = nodes[0] as FieldNode;
    const name = node.name.value;
    if (name === '__typename') {
      const text = JSON.stringify(type.name);
      return () => text;
    }
    const field = type.getFields()[name];
    if (field === undefined) throw GIVE_UP;
    const write = whenThere(this.#planValue(field.type, nodes));
    const argsOf = this.#planArguments(field, node);
    const { resolve } = field;
    if (resolve) return (source, run) => write(resolve(source, argsOf(run), run.context, NO_INFO), run);
    return (source, run) => {
      const value = (source as Values)[name];
      return write(typeof value === 'function' ? value.call(source, argsOf(run), run.context) : value, run);
    };
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
    if (isNonNullType(type)) {
      const write = this.#planValue(type.ofType, nodes);
      return (value, run) => {
        if (value === null || value === undefined) throw GIVE_UP;
        return write(value, run);
      };
    }
    const write = this.#planPresent(type, nodes);
    return (value, run) => (value === null || value === undefined ? 'null' : write(value, run));
  }

  /** How a value that is not null is written. */
  #planPresent(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (isListType(type)) return planList(whenThere(this.#planValue(type.ofType, nodes)));
    if (isObjectType(type)) return this.planObject(type, () => this.#subfieldsOf(type, nodes));
    if (isAbstractType(type)) return this.#planAbstract(type, nodes);
    if (isNonNullType(type)) throw GIVE_UP;
    return planLeaf(type);
  }

  #planAbstract(type: GraphQLAbstractType, nodes: readonly FieldNode[]): Write {
    const planned = new Map<string, Write>();
    const writeAs = (name: unknown, value: unknown, run: Run): Text => {
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
      return isPromise(name) ? name.then((found) => writeAs(found, value, run)) : writeAs(name, value, run);
    };
  }

  #subfieldsOf(type: GraphQLObjectType, nodes: readonly FieldNode[]): Fields {
    return collectSubfields(this.schema, this.fragments, this.conditions, type, nodes);
  }
}

function whenThere(write: Write): Write {
  return (value, run) => (isPromise(value) ? value.then((each) => write(each, run)) : write(value, run));
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}

/** Goes on with an object after the first part that is not there yet. */
function writeRest(
  before: string,
  first: Promise<string>,
  fields: readonly PlannedField[],
  from: number,
  source: object,
  run: Run,
): Promise<string> {
  const parts: Text[] = [before, first];
  try {
    for (const field of fields.slice(from)) parts.push(field.before, field.read(source, run));
  } catch (error) {
    throw abandon(parts, error);
  }
  return Promise.all(parts).then((all) => `${all.join('')}}`);
}

function planList(write: Write): Write {
  return (value, run) => {
    if (!isIterable(value)) throw GIVE_UP;
    let text = '';
    let parts: Text[] | null = null;
    try {
      for (const item of value) {
        const part = write(item, run);
        if (parts !== null) parts.push(part);
        else if (typeof part === 'string') text += text === '' ? part : `,${part}`;
        else parts = text === '' ? [part] : [text, part];
      }
    } catch (error) {
      throw abandon(parts ?? [], error);
    }
    return parts === null ? `[${text}]` : Promise.all(parts).then((all) => `[${all.join(',')}]`);
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** Nobody waits any more for the parts that are still on their way; without a handler, the failure of one would end the process. */
function abandon(parts: readonly Text[], error: unknown): unknown {
  for (const part of parts) if (typeof part !== 'string') part.catch(() => undefined);
  return error;
}

function planLeaf(type: GraphQLLeafType): Write {
  const serialise: Write = (value) => {
    const text = value instanceof Error ? undefined : JSON.stringify(type.serialize(value) ?? undefined);
    if (text === undefined) throw GIVE_UP;
    return text;
  };
  if (isEnumType(type)) return planEnum(type, serialise);
  if (type === GraphQLString || type === GraphQLID) {
    return (value, run) => (typeof value === 'string' ? quote(value) : serialise(value, run));
  }
  if (type === GraphQLFloat) {
    return (value, run) =>
      typeof value === 'number' && Number.isFinite(value) ? String(value) : serialise(value, run);
  }
  if (type === GraphQLInt) {
    return (value, run) =>
      typeof value === 'number' && Number.isInteger(value) && value >= MIN_INT && value <= MAX_INT
        ? String(value)
        : serialise(value, run);
  }
  if (type === GraphQLBoolean) {
    return (value, run) => (value === true ? 'true' : value === false ? 'false' : serialise(value, run));
  }
  return serialise;
}

function planEnum(type: GraphQLEnumType, otherwise: Write): Write {
  const texts = new Map(type.getValues().map(({ value, name }) => [value as unknown, JSON.stringify(name)]));
  return (value, run) => texts.get(value) ?? otherwise(value, run);
}

/** A text as JSON. Most need no escape, and finding that out takes less time than `JSON.stringify` takes to begin. */
function quote(text: string): string {
  if (text.length > SHORT_TEXT) return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(text);
  }
  return `"${text}"`;
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
