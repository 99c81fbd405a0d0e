import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isScalarType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { PlatformError } from '../domain/errors.js';
import type { CsvOptions } from '../exchange/csv.js';
import { FORMATS, type FormatName } from '../exchange/format.js';
import { isRecord } from './record.js';

/** What the address of an export says besides the arguments of its query. */
export interface ExportOptions extends CsvOptions {
  readonly lang: 'vi' | 'en';
}

const CHOICES = {
  lang: { en: 'en', vi: 'vi' },
  bom: { '0': false, '1': true },
  decimal: { point: 'POINT', comma: 'COMMA' },
  header: { codes: 'CODES', labels: 'LABELS' },
  metadata: { none: 'NONE', comment: 'COMMENT' },
  formulas: { keep: 'KEEP', escape: 'ESCAPE' },
} as const satisfies { readonly [Option in keyof ExportOptions]: Readonly<Record<string, ExportOptions[Option]>> };

/** Names of {@link ExportOptions}; the first choice of each is what an address that does not name it means. */
export const OPTION_NAMES: ReadonlySet<string> = new Set(Object.keys(CHOICES));

/**
 * Reads the options of an export.
 * @throws PlatformError BAD_USER_INPUT for another choice, and for an option that the format does not know
 */
export function readOptions(search: URLSearchParams, format: FormatName): ExportOptions {
  const known: readonly string[] = ['lang', ...FORMATS[format].options];
  const entries = Object.entries<Readonly<Record<string, unknown>>>(CHOICES).map(([name, choices]) => {
    const text = readOnce(search, name);
    const [first] = Object.values(choices);
    if (text === null) return [name, first] as const;
    if (!known.includes(name)) {
      throw bad(`"${name}" says nothing to the format ${format}; its options are ${known.join(', ')}.`);
    }
    if (!Object.hasOwn(choices, text.toLowerCase())) {
      throw bad(`"${name}" must be ${Object.keys(choices).join(' or ')}; received "${text.slice(0, 40)}".`);
    }
    return [name, choices[text.toLowerCase()]] as const;
  });
  return Object.fromEntries(entries) as unknown as ExportOptions;
}

/**
 * The value of a parameter; null = it is not there.
 * @throws PlatformError BAD_USER_INPUT when it is there twice
 */
export function readOnce(search: URLSearchParams, name: string): string | null {
  const [value, ...others] = search.getAll(name);
  if (others.length > 0) throw bad(`"${name}" is given ${others.length + 1} times; give it once.`);
  return value ?? null;
}

/**
 * Reads the variables of an operation from an address: `round=PROVINCE-2022`, an input object as JSON (`filter={"region":{"eq":"RRD"}}`) or by dots
 * (`filter.region.eq=RRD`), a list as JSON or with commas. What a value must be is left to the schema, but for what an address cannot say, and for what is
 * missing, since an address knows no `$round`.
 * @param hidden variables that are not for clients
 * @throws PlatformError BAD_USER_INPUT
 */
export function readVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  search: URLSearchParams,
  hidden: ReadonlySet<string>,
): Record<string, unknown> {
  const types = new Map<string, GraphQLInputType>();
  for (const { variable, type } of variableDefinitions) {
    const named = typeFromAST(schema, type as Parameters<typeof typeFromAST>[1]);
    if (isInputType(named) && !hidden.has(variable.name.value)) types.set(variable.name.value, named);
  }
  const variables: Record<string, unknown> = {};
  for (const key of new Set(search.keys())) {
    if (OPTION_NAMES.has(key)) continue;
    const [name = '', ...path] = key.split('.');
    const type = types.get(name);
    if (type === undefined) {
      const known = [...types.keys(), ...OPTION_NAMES].join(', ');
      throw bad(`There is no parameter "${name.slice(0, 40)}"; there are ${known}.`);
    }
    const text = readOnce(search, key) ?? '';
    if (path.length === 0) {
      if (Object.hasOwn(variables, name)) throw bothWays(name);
      variables[name] = readText(text, type, key);
    } else if (search.has(name)) {
      throw bothWays(name);
    } else {
      put(variables, [name, ...path], readText(text, typeAt(type, path, key), key), key);
    }
  }
  for (const [name, type] of types) {
    if (!isNonNullType(type) || search.has(name) || Object.hasOwn(variables, name)) continue;
    const example = EXAMPLES.get(name);
    throw bad(`Give ${name}=…${example === undefined ? '' : `, for example ${name}=${example}`}.`);
  }
  return variables;
}

/** What the addresses of this page's tables need, as an example. */
const EXAMPLES: ReadonlyMap<string, string> = new Map([['round', 'PROVINCE-2022']]);

/** The type that a path of names leads to. */
function typeAt(type: GraphQLInputType, path: readonly string[], key: string): GraphQLInputType {
  let found = type;
  for (const name of path) {
    const input = getNullableType(found);
    if (isListType(input)) throw bad(`"${key.slice(0, 80)}" leads into a list; write that as JSON.`);
    if (!isInputObjectType(input)) throw bad(`"${key.slice(0, 80)}" leads on from a value that has no parts.`);
    const fields = input.getFields();
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) {
      throw bad(
        `"${name.slice(0, 40)}" in "${key.slice(0, 80)}" is not known; ${input.name} has ${Object.keys(fields).join(', ')}.`,
      );
    }
    found = field.type;
  }
  return found;
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown, key: string): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    if (Object.hasOwn(into, name)) throw bad(`"${key.slice(0, 80)}" is given twice.`);
    into[name] = value;
    return;
  }
  const inner = Object.hasOwn(into, name) ? into[name] : {};
  if (!isRecord(inner)) throw bad(`"${key.slice(0, 80)}" leads on from a value that is given already.`);
  into[name] = inner;
  put(inner as Record<string, unknown>, rest, value, key);
}

function readText(text: string, type: GraphQLInputType, key: string): unknown {
  const input = getNullableType(type);
  // `eq=null` finds what has no value.
  if (text === 'null' && input === type) return null;
  if (isListType(input)) {
    const isObjects = isInputObjectType(getNullableType(input.ofType));
    return isObjects || text.startsWith('[')
      ? readJson(text, key, exampleOf(input, text))
      : text.split(',').map((each) => readText(each, input.ofType, key));
  }
  if (isInputObjectType(input)) return readJson(text, key, exampleOf(input, text));
  if (!isScalarType(input)) return text;
  const isNumber =
    (input.name === 'Int' || input.name === 'Float') && text.trim() !== '' && Number.isFinite(Number(text));
  if (isNumber) return Number(text);
  return input.name === 'Boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}

/**
 * Reads JSON of an address.
 * @param example what it may look like, for whoever wrote something else; absent = nothing is said of it
 * @throws PlatformError BAD_USER_INPUT
 */
export function readJson(text: string, key: string, example?: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const such = example === undefined ? '' : ` such as ${JSON.stringify(example)}`;
    throw bad(`"${key.slice(0, 80)}" must be JSON${such}; received "${text.slice(0, 80)}".`);
  }
}

/** Something that a type could take, with the word that was said where it fits: of an input object the first field that leads to no other of its kind. */
function exampleOf(type: GraphQLInputType, said: string): unknown {
  const input = getNullableType(type);
  if (isListType(input)) return [exampleOf(input.ofType, said)];
  if (isEnumType(input)) return (input.getValue(said) ?? input.getValues()[0])?.name;
  if (isInputObjectType(input)) {
    const first = Object.values(input.getFields()).find((field) => getNamedType(field.type) !== input);
    return first === undefined ? {} : { [first.name]: exampleOf(first.type, said) };
  }
  if (input.name === 'Boolean') return true;
  return input.name === 'Int' || input.name === 'Float' ? 1 : '…';
}

function bothWays(name: string): PlatformError {
  return bad(`"${name}" is given as JSON and by dots; give it one way.`);
}

function bad(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', message);
}
