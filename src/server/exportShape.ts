import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import { PlatformError } from '../domain/errors.js';
import type { Cell, CellType, Column, Row } from '../exchange/table.js';
import type { Data } from './exportReader.js';
import { isRecord } from './record.js';

/** How the answers to a document become rows: told by the document alone, so that the columns are the same whatever is found. */
export interface QueryShape {
  readonly columns: readonly Column[];
  readonly rowsOf: (data: Data) => Row[];
  /** The connection whose `edges` begin the path; null = the path begins with another list. */
  readonly connectionOf: (data: Data) => Data | null;
}

/** A field of an answer by its response key. */
interface Selected {
  readonly type: GraphQLOutputType;
  readonly sets: readonly SelectionSetNode[];
}

/** A part of the path: a response key, and whether it leads to a list. */
interface Step {
  readonly key: string;
  readonly isList: boolean;
}

/** A cell: a leaf below the item of one of the lists of the path. */
interface Leaf {
  readonly list: number;
  readonly keys: readonly string[];
  readonly column: Column;
}

const TYPES: Readonly<Record<string, CellType>> = {
  ...{ Int: 'INTEGER', Float: 'NUMBER', Boolean: 'BOOLEAN', Decimal: 'DECIMAL', DateTime: 'TIME' },
};

/** Names that say only how lists are paged. */
const PLUMBING: ReadonlySet<string> = new Set(['edges', 'node']);

/**
 * Makes the shape of the rows at a path of an answer, such as `ranking.edges` or `entities.edges.node.scores`: a row is an item of the last list
 * of the path, and has as columns all leaves of the items of all its lists, so those of an outer list are repeated. Columns are named by their response
 * keys, `entity { code }` as `entity_code`, without `edges` and `node`.
 * @throws PlatformError BAD_USER_INPUT when there is no list at the path, another list within its rows, or two columns of one name
 */
export function shapeOf(
  schema: GraphQLSchema,
  { document, operation }: { readonly document: DocumentNode; readonly operation: OperationDefinitionNode },
  path: string,
): QueryShape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  const select = (type: GraphQLNamedType, sets: readonly SelectionSetNode[]): Map<string, Selected> => {
    const found = new Map<string, Selected>();
    for (const set of sets) collect(schema, fragments, type, set, found);
    return found;
  };

  const root = schema.getQueryType();
  if (!root) throw new Error('the schema has no queries');
  const steps: Step[] = [];
  const leaves: Leaf[] = [];
  let fields = select(root, [operation.selectionSet]);
  let lists = 0;
  /** Keys from the last list on. */
  let keys: string[] = [];

  const addLeaves = (
    level: Map<string, Selected>,
    list: number,
    before: readonly string[],
    next: string | null,
  ): void => {
    for (const [key, { type, sets }] of level) {
      if (key === next) continue;
      const named = getNamedType(type);
      const within = [...before, key];
      if (!isCompositeType(named)) leaves.push({ list, keys: within, column: columnOf(within, steps, type) });
      else if (!isListType(getNullableType(type))) addLeaves(select(named, sets), list, within, null);
      else
        throw bad(
          `"${within.join('.')}" is a list within the rows; lead the path into it, or leave it out of the query.`,
        );
    }
  };

  const names = path.split('.');
  for (const [at, key] of names.entries()) {
    const field = fields.get(key);
    if (field === undefined) {
      const place = names.slice(0, at).join('.') || 'the query';
      throw bad(
        `"path" must lead to a list of the answer: ${place} has ${[...fields.keys()].join(', ')}, and no "${key.slice(0, 40)}".`,
      );
    }
    const nullable = getNullableType(field.type);
    const named = getNamedType(nullable);
    const isList = isListType(nullable);
    // What is beside the path above the first list is said once, not of rows.
    if (lists > 0) addLeaves(fields, lists - 1, keys, key);
    keys = isList ? [] : [...keys, key];
    if (isList) lists += 1;
    steps.push({ key, isList });
    if (!isCompositeType(named)) throw bad(`"${path.slice(0, 80)}" leads to a value; rows are objects of a list.`);
    fields = select(named, field.sets);
  }
  if (lists === 0) throw bad(`"${path.slice(0, 80)}" leads to no list; lead on to "edges" or to another list.`);
  addLeaves(fields, lists - 1, keys, null);
  const columns = leaves.map(({ column }) => column);
  const twice = columns.find(({ name }, at) => columns.findIndex((each) => each.name === name) !== at);
  if (twice !== undefined) throw bad(`Two columns would be named "${twice.name}"; give one of them an alias.`);

  const edgesAt = steps.findIndex(({ isList }) => isList);
  return {
    columns,
    rowsOf: (data) => {
      const rows: Row[] = [];
      walk(data, steps, [], (items) => void rows.push(leaves.map(({ list, keys: way }) => cellAt(items[list], way))));
      return rows;
    },
    connectionOf: (data) => {
      const connection = steps.slice(0, edgesAt).reduce<unknown>((value, { key }) => partOf(value, key), data);
      return isRecord(connection) ? connection : null;
    },
  };
}

/** Fields of a selection by response key, through fragments; a field that is asked for twice has both selections. */
function collect(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  type: GraphQLNamedType,
  { selections }: SelectionSetNode,
  into: Map<string, Selected>,
): void {
  for (const node of selections) {
    if (node.kind === Kind.FIELD) {
      const name = node.name.value;
      const field =
        name === '__typename' ? TypeNameMetaFieldDef : 'getFields' in type ? type.getFields()[name] : undefined;
      if (field === undefined) continue;
      const key = (node.alias ?? node.name).value;
      const known = into.get(key);
      const sets = [...(known?.sets ?? []), ...(node.selectionSet ? [node.selectionSet] : [])];
      into.set(key, { type: (field as { type: GraphQLOutputType }).type, sets });
      continue;
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node;
    const condition = fragment?.typeCondition;
    const inner = condition === undefined ? type : schema.getType(condition.name.value);
    if (fragment && inner) collect(schema, fragments, inner, fragment.selectionSet, into);
  }
}

/** Named by all keys from the first list of the path on. */
function columnOf(within: readonly string[], steps: readonly Step[], type: GraphQLOutputType): Column {
  const first = steps.findIndex(({ isList }) => isList);
  const last = steps.findLastIndex(({ isList }) => isList);
  const outer = steps.slice(first + 1, last + 1).map(({ key }) => key);
  const names = [...outer, ...within].filter((key) => !PLUMBING.has(key));
  const isLeafList = isListType(getNullableType(type));
  return {
    name: names.map(toSnakeCase).join('_'),
    title: names.join('.'),
    type: isLeafList ? 'TEXT' : (TYPES[getNamedType(type).name] ?? 'TEXT'),
    role: 'ATTRIBUTE',
  };
}

function toSnakeCase(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

function walk(
  value: unknown,
  [step, ...rest]: readonly Step[],
  items: readonly unknown[],
  give: (items: readonly unknown[]) => void,
): void {
  if (step === undefined) {
    give(items);
    return;
  }
  const part = partOf(value, step.key);
  if (step.isList) for (const item of Array.isArray(part) ? part : []) walk(item, rest, [...items, item], give);
  else walk(part, rest, items, give);
}

function partOf(value: unknown, key: string): unknown {
  return isRecord(value) ? (value[key] ?? null) : null;
}

/** Lists of leaves and JSON are told as JSON. */
function cellAt(item: unknown, keys: readonly string[]): Cell {
  const value = keys.reduce(partOf, item);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Cell);
}

function bad(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', message);
}
