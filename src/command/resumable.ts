import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parseType,
  print,
} from 'graphql';

/** Fields of Subscription that go on after `since`; a test compares them with the schema. */
export const RESUMABLE_FIELDS: readonly string[] = [
  'rankingUpdates',
  'scoreUpdates',
  'computationUpdates',
  'alertUpdates',
];

const SINCE = 'dtiSince';
const REVISION = 'dtiRevision';

type Fields = Readonly<Record<string, unknown>>;

/** A subscription that can be begun again where it was. */
export interface Resumable {
  /** The document to be sent. */
  readonly query: string;
  /** The variables to go on with. @param since the revision of the last event; null = from the beginning */
  variables(since: string | null): Fields;
  /**
   * Takes the revision out of an event.
   * @returns the event as the author of the document wants it, and its revision; null = it has none
   */
  read(data: Fields): { readonly data: Fields; readonly revision: string | null };
}

/**
 * Makes a subscription resumable whatever its author selected: `since` becomes a variable, and `revision` is selected beside what is asked for and taken
 * out again.
 * @param operation the one of the document that is meant
 * @returns null = its field has no revisions, or is hidden in a fragment, so that it can only begin anew
 */
export function makeResumable(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Fields,
): Resumable | null {
  const [field] = operation.selectionSet.selections;
  if (field?.kind !== Kind.FIELD || field.selectionSet === undefined) return null;
  if (!RESUMABLE_FIELDS.includes(field.name.value)) return null;
  const own = field.arguments?.find(({ name }) => name.value === 'since');
  const given = own?.value.kind === Kind.VARIABLE ? own.value.name.value : null;
  const variable = given ?? SINCE;
  const first = given !== null ? variables[given] : own?.value.kind === Kind.STRING ? own.value.value : null;
  const replaced: FieldNode = {
    ...field,
    arguments: [...(field.arguments ?? []).filter((each) => each !== own), sinceArgument(variable)],
    selectionSet: { ...field.selectionSet, selections: [...field.selectionSet.selections, REVISION_FIELD] },
  };
  const declared =
    given !== null
      ? (operation.variableDefinitions ?? [])
      : [
          ...(operation.variableDefinitions ?? []),
          { kind: Kind.VARIABLE_DEFINITION, variable: variableNode(variable), type: parseType('String') } as const,
        ];
  const changed: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: declared,
    selectionSet: { ...operation.selectionSet, selections: [replaced] },
  };
  const definitions = document.definitions.map((each) => (each === operation ? changed : each));
  const key = field.alias?.value ?? field.name.value;
  return {
    query: print({ ...document, definitions }),
    variables: (since) => ({ ...variables, [variable]: since ?? first ?? null }),
    read(data) {
      const event = data[key];
      if (typeof event !== 'object' || event === null) return { data, revision: null };
      const { [REVISION]: revision, ...rest } = event as Fields;
      return { data: { ...data, [key]: rest }, revision: typeof revision === 'string' ? revision : null };
    },
  };
}

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const;
const variableNode = (value: string) => ({ kind: Kind.VARIABLE, name: nameNode(value) }) as const;
const sinceArgument = (variable: string): ArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: nameNode('since'),
  value: variableNode(variable),
});
const REVISION_FIELD: FieldNode = { kind: Kind.FIELD, alias: nameNode(REVISION), name: nameNode('revision') };
