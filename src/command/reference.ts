import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  print,
} from 'graphql';
import { permissionOf } from '../access/permission.js';
import { ERROR_CODES } from '../domain/errors.js';
import { costOfField, pageOf } from '../graph/cost.js';
import { buildGraphSchema } from '../graph/schema.js';
import { ERROR_ADVICE } from './errorAdvice.js';

/** Pages of the reference by file name. */
export type ReferencePages = ReadonlyMap<string, string>;

type Field = GraphQLField<unknown, unknown>;

const NOTE = 'Made from the code by `npm run reference`; a test compares it. Do not edit.';
const ROOTS = ['Query', 'Mutation', 'Subscription'];

/**
 * The reference of the graph as Markdown: what is asked at its roots, types, inputs, words and error codes, with the roles that a field asks
 * for and what it costs. It says what the schema, the permission map, the declared costs and the table of errors say, and nothing else.
 */
export function referencePages(schema: GraphQLSchema = buildGraphSchema()): ReferencePages {
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !ROOTS.includes(type.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const root = (name: string) => describeRoot(schema, name);
  return new Map([
    ['queries.md', page('Queries', root('Query'))],
    ['mutations.md', page('Mutations', root('Mutation'))],
    ['subscriptions.md', page('Subscriptions', root('Subscription'))],
    [
      'types.md',
      page(
        'Types',
        types.flatMap((type) => describeType(schema, type)),
      ),
    ],
    ['inputs.md', page('Inputs', types.flatMap(describeInput))],
    ['words.md', page('Words: enums and scalars', types.flatMap(describeWords))],
    ['errors.md', page('Error codes', describeErrors())],
  ]);
}

/** Writes the pages into a folder. */
export async function writeReference(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of referencePages()) await writeFile(join(folder, name), text);
}

function page(title: string, lines: readonly string[]): string {
  return `${[`# ${title}`, '', NOTE, '', ...lines].join('\n').trimEnd()}\n`;
}

function describeRoot(schema: GraphQLSchema, name: string): string[] {
  const type = schema.getType(name);
  if (!isObjectType(type)) return [];
  const fields = Object.values(type.getFields()).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    type.description ?? '',
    '',
    'What a field costs by itself is told for its default arguments, and without what is selected below it.',
    '',
    fields.map((field) => `[${field.name}](#${field.name.toLowerCase()})`).join(' · '),
    '',
    ...fields.flatMap((field) => [
      `## ${field.name}`,
      '',
      `${inText(field.description)} Gives ${link(field.type)}.`,
      '',
      `Who: ${rolesOf(`${name}.${field.name}`) ?? 'everybody'}. Cost by itself: ${costOf(field)}.`,
      '',
      ...describeInputFields(field.args, 'argument'),
    ]),
  ];
}

function describeType(schema: GraphQLSchema, type: GraphQLNamedType): string[] {
  if (!isObjectType(type) && !isAbstractType(type)) return [];
  const guard = rolesOf(type.name);
  const members = isAbstractType(type)
    ? schema.getPossibleTypes(type).toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
    : [];
  // By name as in schema.graphql: several files give fields to a type, in the order in which they happen to be loaded.
  const fields =
    'getFields' in type ? Object.values(type.getFields()).toSorted((a, b) => (a.name < b.name ? -1 : 1)) : [];
  return [
    ...heading(type),
    ...(guard === null ? [] : [`Who: ${guard}.`, '']),
    ...(members.length === 0 ? [] : [`One of ${members.map((each) => link(each)).join(', ')}.`, '']),
    ...table(
      ['field', 'type', 'meaning'],
      fields.map((field: Field) => {
        const roles = rolesOf(`${type.name}.${field.name}`);
        const cost = costOf(field);
        const notes = [roles === null ? '' : ` *Who: ${roles}.*`, cost === 1 ? '' : ` *Cost: ${cost}.*`];
        return [
          `\`${field.name}\`${signature(field.args)}`,
          link(field.type),
          inText(field.description) + notes.join(''),
        ];
      }),
    ),
  ];
}

/** Arguments below the root, in one cell; what each means is the same wherever it has this name. */
function signature(args: readonly GraphQLArgument[]): string {
  const parts = args.map((arg) => `${arg.name}: ${link(arg.type)}${defaultOf(arg)} — ${inText(arg.description)}`);
  return parts.map((part) => `<br>${part}`).join('');
}

function describeInput(type: GraphQLNamedType): string[] {
  if (!isInputObjectType(type)) return [];
  return [...heading(type), ...describeInputFields(Object.values(type.getFields()), 'field')];
}

/** What must be given comes first. */
function describeInputFields(fields: readonly (GraphQLArgument | GraphQLInputField)[], what: string): string[] {
  const ordered = fields.toSorted((a, b) => Number(isRequired(b)) - Number(isRequired(a)));
  return table(
    [what, 'type', 'meaning'],
    ordered.map((field) => [`\`${field.name}\``, `${link(field.type)}${defaultOf(field)}`, inText(field.description)]),
  );
}

function isRequired({ type, defaultValue }: GraphQLArgument | GraphQLInputField): boolean {
  return isNonNullType(type) && defaultValue === undefined;
}

function describeWords(type: GraphQLNamedType): string[] {
  if (isScalarType(type)) return [...heading(type, isSpecifiedScalarType(type) ? 'Of GraphQL itself: ' : '')];
  if (!isEnumType(type)) return [];
  return [
    ...heading(type),
    ...table(
      ['word', 'meaning'],
      type.getValues().map(({ name, description }) => [`\`${name}\``, inText(description)]),
    ),
  ];
}

function describeErrors(): string[] {
  const codes = Object.entries(ERROR_CODES).map(([code, meaning]) => [
    `\`${code}\``,
    inText(meaning),
    inText(ERROR_ADVICE[code as keyof typeof ERROR_CODES]),
  ]);
  return [
    'Every known failure has one of these codes, in `extensions.code` of an error, in `errors[0]` of a refused request, in the log, and on the command line. Programs rely on',
    'the code; the message is for people and says what was received and what to do. `extensions.details` has facts for programs.',
    '',
    ...table(['code', 'meaning', 'what to do'], codes),
  ];
}

function heading(type: GraphQLNamedType, before = ''): string[] {
  return [`## ${type.name}`, '', before + inText(type.description), ''];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

/** A type in the notation of GraphQL, its name leading to where it is described. */
function link(type: GraphQLType): string {
  const named = getNamedType(type);
  const [before = '', after = ''] = String(type).split(named.name);
  const file = isInputObjectType(named) ? 'inputs' : isEnumType(named) || isScalarType(named) ? 'words' : 'types';
  // Brackets of lists would end the link, so they are written as entities.
  const left = before.replaceAll('[', '&#91;');
  return `${left}[${named.name}](${file}.md#${named.name.toLowerCase()})${after.replaceAll(']', '&#93;')}`;
}

function defaultOf({ defaultValue, type }: GraphQLArgument | GraphQLInputField): string {
  const value = defaultValue === undefined ? null : astFromValue(defaultValue, type);
  return value === null || value === undefined ? '' : ` = \`${print(value)}\``;
}

/** Who may use a protected coordinate; null = everybody. */
function rolesOf(coordinate: string): string | null {
  const permission = permissionOf(coordinate);
  if (permission === null) return null;
  const own = permission.ownEntity === undefined ? '' : `, officers for their own entity (\`${permission.ownEntity}\`)`;
  return `${permission.roles.map((role) => `\`${role}\``).join(', ') || 'nobody'}${own}`;
}

/** What a field costs by itself with its default arguments, for one object. */
function costOf(field: Field): number {
  const args = Object.fromEntries(field.args.map(({ name, defaultValue }) => [name, defaultValue]));
  return costOfField(field, isListType(getNullableType(field.type)), args, pageOf(field, args)).own;
}

/** A description as one line of Markdown. */
function inText(text: string | null | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;').trim();
}
