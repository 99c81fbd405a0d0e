import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FieldNode,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { type Viewer, viewerScope } from '../access/viewer.js';
import type { CompiledOperations } from './compiled.js';
import { type ErrorFormatter, mergeErrors } from './error.js';
import type { SharedOperation } from './hubGroup.js';

/** The argument of live fields that says what a subscriber has; it alone may differ between those who are told the same. */
const SINCE = 'since';

/** What executes the events of a subscription. */
export interface EventExecution {
  readonly compiled: CompiledOperations;
  readonly formatError: ErrorFormatter;
  readonly viewer: Viewer;
  /** Makes the context of one event: a loader that lived longer would answer later events from what it read for earlier ones. */
  readonly createContext: () => unknown;
}

/** A valid subscription to a live field or a flow as the hub needs it. */
export function shareOperation(
  args: ExecutionArgs,
  field: SharedOperation['field'],
  execution: EventExecution,
): SharedOperation {
  const { compiled, formatError, viewer, createContext } = execution;
  const scope = viewerScope(viewer);
  // Nothing of the one who happened to be the first.
  const { schema, document, operationName, variableValues } = args;
  const shared = { schema, document, operationName, variableValues };
  return {
    key: JSON.stringify([scope, ...identify(args)]),
    scope,
    field,
    async execute(event) {
      const ground = { ...shared, rootValue: event, contextValue: createContext() };
      const text = await compiled.tryWrite(ground);
      if (text !== null) return text;
      return JSON.stringify(formatResult(await execute(ground), formatError));
    },
    explain: (error) => JSON.stringify(explain(error, formatError)),
  };
}

/** An answer as clients see it. */
export function formatResult({ data, errors }: ExecutionResult, formatError: ErrorFormatter): FormattedExecutionResult {
  return {
    ...(errors === undefined ? {} : { errors: mergeErrors(errors.map((error) => formatError(error.toJSON(), error))) }),
    ...(data === undefined ? {} : { data }),
  };
}

/** What clients see of a failure. */
export function explain(error: unknown, formatError: ErrorFormatter): GraphQLFormattedError[] {
  const cause = error instanceof Error ? error : new Error(String(error));
  const wrapped = cause instanceof GraphQLError ? cause : new GraphQLError(cause.message, { originalError: cause });
  return [formatError(wrapped.toJSON(), wrapped)];
}

/** Document, operation name and variables in the order of their definitions, without that of `since`. */
function identify({ document, operationName, variableValues }: ExecutionArgs): unknown[] {
  const operation = getOperationAST(document, operationName);
  const since = operation ? sinceVariable(document, operation) : null;
  const names = (operation?.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const values = names
    .filter((name) => name !== since)
    .map((name) => {
      const value = variableValues?.[name];
      // Absent is not null: the default is meant.
      return value === undefined ? [] : [canonical(value)];
    });
  return [document.loc?.source.body ?? print(document), operationName ?? null, values];
}

/** A value of JSON whose objects have their keys in order. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([name, part]) => [name, canonical(part)]);
}

const knownSince = new WeakMap<OperationDefinitionNode, string | null>();

/** The variable that is nothing but the `since` of the root field; null = there is none. */
function sinceVariable(document: DocumentNode, operation: OperationDefinitionNode): string | null {
  const known = knownSince.get(operation);
  if (known !== undefined) return known;
  const uses = rootFields(document, operation.selectionSet).flatMap((field) =>
    (field.arguments ?? []).flatMap(({ name, value }) =>
      name.value === SINCE && value.kind === Kind.VARIABLE ? [value.name.value] : [],
    ),
  );
  const name = uses[0] ?? null;
  let all = 0;
  visit(document, {
    // The definition itself is no use.
    VariableDefinition: () => false,
    Variable: (node) => {
      if (node.name.value === name) all += 1;
    },
  });
  const found = name !== null && uses.every((each) => each === name) && all === uses.length ? name : null;
  knownSince.set(operation, found);
  return found;
}

/** The fields of the root, also those in fragments; a valid subscription has one, though it may be written several times. */
function rootFields(document: DocumentNode, { selections }: SelectionSetNode): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(document, selection.selectionSet);
    const fragment = document.definitions.find(
      (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? rootFields(document, fragment.selectionSet) : [];
  });
}
