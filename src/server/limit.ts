import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** Largest HTTP body and WebSocket message, in bytes. The longest contract document has 1 kB; a manifest has some tens. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

/** Longest document, in UTF-16 code units; what is longer than that, such as a manifest, goes into a variable. */
export const MAX_SOURCE_CHARACTERS = 65_536;

/** Most tokens of one document; the parser stops there, so that a long document costs no more than this. */
export const MAX_TOKENS = 4000;

/**
 * Most lines of one document: the parser counts no comments, and graphql-js goes through all lines for the place of each error. 30,000 of them took 7 ms
 * for one error, 100 ms for ten.
 */
export const MAX_LINES = 2000;

/** Most operations and fragments of one document: rules of graphql-js compare each with each. */
export const MAX_DEFINITIONS = 100;

/** Deepest field of an operation; the fields of the root are level 1. The contract's documents end at level 6. */
export const MAX_DEPTH = 15;

/** Deepest selection when fragments are written out, whether they are a level of the answer or not: who walks it needs stack for each. */
const MAX_NESTING = 60;

/** Most fields of an operation after its fragments are written out: fragments that double each other reach 2^n from n lines. */
export const MAX_FIELDS = 2000;

/** Most fields of the root of one operation, fragments written out: a dashboard may ask for each of 63 provinces by an alias. */
export const MAX_ROOT_FIELDS = 100;

/** Most aliases of one document: twice the root fields, so that each may have a field of its own under another name. */
export const MAX_ALIASES = 200;

/** Most directives of one document, which `@include` and `@skip` on every part of a dashboard do not reach. */
export const MAX_DIRECTIVES = 100;

/** Deepest list or object of an argument or of the variables: a filter may nest 8 deep, and each level is an object in a list. */
export const MAX_VALUE_DEPTH = 40;

/** Most values of the variables, each item of a list counted: twice the communes of the country. */
export const MAX_VARIABLE_VALUES = 20_000;

/** Most variables of one operation, and most names of one object among their values; the errors of graphql-js print all of them, each. */
const MAX_NAMES = 100;

/** Longest name of a field or alias: every error about it repeats it. */
const MAX_NAME_CHARACTERS = 256;

/** Most operations that one WebSocket has under way. */
export const MAX_OPERATIONS_PER_SOCKET = 50;

/**
 * Refuses a text that is too long to be read, before anything reads it.
 * @returns QUERY_TOO_LARGE; null = go on
 */
export function refuseLongSource(source: string): GraphQLError | null {
  const { length } = source;
  const lines = length > MAX_SOURCE_CHARACTERS ? 0 : countLines(source);
  if (length <= MAX_SOURCE_CHARACTERS && lines <= MAX_LINES) return null;
  const [count, what, limit] =
    lines === 0 ? [length, 'characters', MAX_SOURCE_CHARACTERS] : [lines, 'lines', MAX_LINES];
  const message = `The document has ${count} ${what}, ${limit} are allowed. Put long values into variables.`;
  return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_LARGE' } });
}

/** Lines as graphql-js has them: ended by a line feed, a carriage return, or both. */
function countLines(source: string): number {
  let lines = 1;
  for (let at = 0; at < source.length; at += 1) {
    const code = source.charCodeAt(at);
    if (code === 0x0a || (code === 0x0d && source.charCodeAt(at + 1) !== 0x0a)) lines += 1;
  }
  return lines;
}

/** What {@link measureDocument} finds. */
export interface DocumentMeasure {
  /** `QUERY_TOO_DEEP`, `QUERY_TOO_LARGE` or `BAD_USER_INPUT`; empty = within all limits. */
  readonly errors: readonly GraphQLError[];
  /** Whether the document asks for the schema itself. */
  readonly introspects: boolean;
}

/** How far a selection goes when its fragments are written out. */
interface Extent {
  readonly depth: number;
  readonly fields: number;
  /** Fields of its own level. */
  readonly width: number;
  /** Selections in selections, fragments counted as well. */
  readonly nesting: number;
}

const NOTHING: Extent = { depth: 0, fields: 0, width: 0, nesting: 0 };

/**
 * Measures a parsed document against every limit that needs no schema, before validation, some of whose rules take quadratic time.
 * Each fragment is measured once, so this is linear; a fragment that contains itself counts as empty, since a rule refuses it.
 * Introspection counts as one level (GraphiQL's own query has 15): graphql-js bounds its depth by `MaxIntrospectionDepthRule`.
 */
export function measureDocument(document: DocumentNode): DocumentMeasure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  const measured = new Map<string, Extent>();
  const entered = new Set<string>();
  const errors: GraphQLError[] = [];
  let aliases = 0;
  let directives = 0;
  let valueDepth = 0;
  let nuls = 0;
  let longest = 0;
  let introspects = false;

  const takeDirectives = (nodes: readonly DirectiveNode[] | undefined): void => {
    directives += nodes?.length ?? 0;
    for (const { arguments: args } of nodes ?? []) for (const { value } of args ?? []) takeValue(value);
  };

  const takeValue = (node: ValueNode): void => {
    valueDepth = Math.max(valueDepth, depthOfLiteral(node));
    if (valueDepth <= MAX_VALUE_DEPTH && hasNul(node)) nuls += 1;
  };

  const measureFragment = (name: string): Extent => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    if (!fragment || entered.has(name)) return NOTHING;
    entered.add(name);
    takeDirectives(fragment.directives);
    const extent = measureSelection(fragment.selectionSet);
    entered.delete(name);
    measured.set(name, extent);
    return extent;
  };

  const measureField = (node: FieldNode): Extent => {
    if (node.alias) aliases += 1;
    for (const { value } of node.arguments ?? []) takeValue(value);
    const { depth, fields, nesting } = node.selectionSet ? measureSelection(node.selectionSet) : NOTHING;
    const name = node.name.value;
    longest = Math.max(longest, name.length, node.alias?.value.length ?? 0);
    if (name === '__schema' || name === '__type') introspects = true;
    return { depth: name.startsWith('__') ? 1 : depth + 1, fields: fields + 1, width: 1, nesting };
  };

  const measureSelection = (selectionSet: SelectionSetNode): Extent => {
    let [depth, fields, width, nesting] = [0, 0, 0, 0];
    for (const selection of selectionSet.selections) {
      takeDirectives(selection.directives);
      const inner =
        selection.kind === Kind.FIELD
          ? measureField(selection)
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? measureFragment(selection.name.value)
            : measureSelection(selection.selectionSet);
      depth = Math.max(depth, inner.depth);
      fields += inner.fields;
      width += inner.width;
      nesting = Math.max(nesting, inner.nesting);
    }
    return { depth, fields, width, nesting: nesting + 1 };
  };

  const refuse = (code: string, message: string, nodes?: OperationDefinitionNode): void =>
    void errors.push(new GraphQLError(message, { ...(nodes ? { nodes } : {}), extensions: { code } }));
  const bound = (count: number, limit: number, what: string): void => {
    if (count > limit) {
      refuse('QUERY_TOO_LARGE', `The document has ${count} ${what}, ${limit} are allowed. Ask in parts.`);
    }
  };

  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) measureFragment(definition.name.value);
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    takeDirectives(definition.directives);
    bound(definition.variableDefinitions?.length ?? 0, MAX_NAMES, 'variables');
    for (const variable of definition.variableDefinitions ?? []) {
      takeDirectives(variable.directives);
      if (variable.defaultValue) takeValue(variable.defaultValue);
    }
    const { depth, fields, width, nesting } = measureSelection(definition.selectionSet);
    if (depth <= MAX_DEPTH && nesting > MAX_NESTING) {
      const message = `The operation nests ${nesting} selections with its fragments, ${MAX_NESTING} are allowed. Write fragments flatter.`;
      refuse('QUERY_TOO_DEEP', message, definition);
    }
    if (depth > MAX_DEPTH) {
      const message = `The operation is ${depth} levels deep, ${MAX_DEPTH} are allowed. Ask in parts, by id.`;
      refuse('QUERY_TOO_DEEP', message, definition);
    }
    if (fields > MAX_FIELDS) {
      const message = `The operation selects ${Math.min(fields, Number.MAX_SAFE_INTEGER)} fields with its fragments, ${MAX_FIELDS} are allowed. Ask in parts.`;
      refuse('QUERY_TOO_LARGE', message, definition);
    } else if (width > MAX_ROOT_FIELDS) {
      const message = `The operation selects ${width} fields of the root, ${MAX_ROOT_FIELDS} are allowed. Ask in parts.`;
      refuse('QUERY_TOO_LARGE', message, definition);
    }
  }
  bound(document.definitions.length, MAX_DEFINITIONS, 'operations and fragments');
  bound(aliases, MAX_ALIASES, 'aliases');
  bound(directives, MAX_DIRECTIVES, 'directives');
  if (longest > MAX_NAME_CHARACTERS)
    refuse('QUERY_TOO_LARGE', `A name has ${longest} characters, ${MAX_NAME_CHARACTERS} are allowed.`);
  if (valueDepth > MAX_VALUE_DEPTH) {
    const message = `An argument is more than ${MAX_VALUE_DEPTH} levels deep. Write filters flatter, by "and" and "or" with long lists.`;
    refuse('QUERY_TOO_DEEP', message);
  }
  if (nuls > 0) errors.push(refuseNul());
  return { errors, introspects };
}

/** PostgreSQL has no text with this character, so nothing can be found or kept by it. */
function refuseNul(): GraphQLError {
  const message = 'A text has the character U+0000, which no text of the platform has. Leave it out.';
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

function hasNul(node: ValueNode): boolean {
  if (node.kind === Kind.STRING) return node.value.includes('\0');
  if (node.kind === Kind.LIST) return node.values.some(hasNul);
  return node.kind === Kind.OBJECT && node.fields.some(({ value }) => hasNul(value));
}

function depthOfLiteral(node: ValueNode): number {
  if (node.kind === Kind.LIST)
    return 1 + node.values.reduce((deepest, each) => Math.max(deepest, depthOfLiteral(each)), 0);
  if (node.kind !== Kind.OBJECT) return 0;
  return 1 + node.fields.reduce((deepest, { value }) => Math.max(deepest, depthOfLiteral(value)), 0);
}

/**
 * Refuses variables that nest too deep or hold too much, before anything reads them: graphql-js reads them recursively and would use up the stack.
 * @returns QUERY_TOO_DEEP, QUERY_TOO_LARGE, BAD_USER_INPUT; null = go on
 */
export function refuseLargeVariables(
  variables: Readonly<Record<string, unknown>> | null | undefined,
): GraphQLError | null {
  let left = MAX_VARIABLE_VALUES;
  let isWide = false;
  let nuls = false;
  const isDeeperThan = (value: unknown, levels: number): boolean => {
    left -= 1;
    if (typeof value === 'string') nuls ||= value.includes('\0');
    if (typeof value !== 'object' || value === null || left < 0) return false;
    if (levels === 0) return true;
    if (Array.isArray(value)) {
      for (const part of value) if (left < 0 || isDeeperThan(part, levels - 1)) return left >= 0;
      return false;
    }
    const parts = Object.values(value);
    if (parts.length > MAX_NAMES) isWide = true;
    else for (const part of parts) if (isDeeperThan(part, levels - 1)) return true;
    return false;
  };
  const refuse = (code: string, message: string): GraphQLError => new GraphQLError(message, { extensions: { code } });
  if (isDeeperThan(variables, MAX_VALUE_DEPTH)) {
    const message = `The variables are more than ${MAX_VALUE_DEPTH} levels deep. Write filters flatter, by "and" and "or" with long lists.`;
    return refuse('QUERY_TOO_DEEP', message);
  }
  if (isWide) {
    const message = `The variables have more than ${MAX_NAMES} names in one place. Send only what the operation declares.`;
    return refuse('QUERY_TOO_LARGE', message);
  }
  if (left >= 0) return nuls ? refuseNul() : null;
  return refuse('QUERY_TOO_LARGE', `The variables hold more than ${MAX_VARIABLE_VALUES} values. Ask in parts.`);
}
