import {
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { PERMISSIONS, type Permission, permissionOf } from '../access/permission.js';
import type { Viewer } from '../access/viewer.js';
import { PlatformError } from '../domain/errors.js';

/** Fields that find anything by its id and ask, for each thing they find, whether the viewer may see its type. */
const LOOKUPS: ReadonlySet<string> = new Set(['Query.node', 'Query.nodes']);

/** A protected coordinate that an operation touches. */
interface Need {
  readonly coordinate: string;
  readonly permission: Permission;
  /** Where; null for a whole type. */
  readonly at: { readonly node: FieldNode; readonly field: GraphQLField<unknown, unknown> } | null;
}

type Operation = Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>;
type Permissions = Readonly<Record<string, Permission>>;

/** What the operations of a document touch does not depend on who asks, so it is walked once. */
const known = new WeakMap<DocumentNode, Map<string, readonly Need[]>>();

/**
 * Judges whether a viewer may ask a valid operation, before anything of it is executed: every field that it selects, also under an alias, in a
 * fragment, below a directive that leaves it out, and for every type that an interface or union may turn out to be.
 * @returns AUTH_REQUIRED when nobody has signed in, else AUTH_FORBIDDEN, with coordinate and roles; null = go on
 */
export function refuseForbidden(
  schema: GraphQLSchema,
  operation: Operation,
  viewer: Viewer,
  permissions: Permissions = PERMISSIONS,
): GraphQLError | null {
  const definition = getOperationAST(operation.document, operation.operationName);
  if (!definition) return null;
  const needs = needsOf(schema, operation.document, definition, permissions);
  const missing = needs.find((need) => !isMet(need, schema, definition, operation.variableValues ?? {}, viewer));
  return missing === undefined ? null : refusal(missing, viewer);
}

function refusal({ coordinate, permission }: Need, viewer: Viewer): GraphQLError {
  const { roles, ownEntity } = permission;
  const code = viewer.subject === null ? 'AUTH_REQUIRED' : 'AUTH_FORBIDDEN';
  const needed = roles.length === 0 ? 'open to nobody' : `for the roles ${roles.join(', ')}`;
  const own = ownEntity !== undefined && viewer.role === 'officer' ? `, and for officers of the entity itself` : '';
  const asker = viewer.subject === null ? 'nobody has signed in' : `you are ${viewer.role}`;
  const message = `${coordinate} is ${needed}${own}; ${asker}.`;
  const originalError = new PlatformError(code, message, { details: { coordinate, roles } });
  const status = code === 'AUTH_REQUIRED' ? 401 : 403;
  return new GraphQLError(message, { originalError, extensions: { code, http: { status } } });
}

function isMet(
  { permission, at }: Need,
  schema: GraphQLSchema,
  definition: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
  viewer: Viewer,
): boolean {
  const { roles, ownEntity } = permission;
  if (!roles.includes(viewer.role)) return false;
  if (ownEntity === undefined || viewer.role !== 'officer') return true;
  if (at === null || viewer.entityKey === null) return false;
  const { coerced } = getVariableValues(schema, definition.variableDefinitions ?? [], given, { maxErrors: 1 });
  try {
    const value = coerced && getArgumentValues(at.field, at.node, coerced)[ownEntity];
    return typeof value === 'string' && value.replace(/^Entity:/, '') === viewer.entityKey;
  } catch {
    return false;
  }
}

function needsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
  permissions: Permissions,
): readonly Need[] {
  const name = definition.name?.value ?? '';
  const found = permissions === PERMISSIONS ? known.get(document)?.get(name) : undefined;
  if (found !== undefined) return found;
  const needs = walk(schema, document, definition, permissions);
  if (permissions === PERMISSIONS) {
    const byName = known.get(document) ?? new Map<string, readonly Need[]>();
    known.set(document, byName.set(name, needs));
  }
  return needs;
}

/** Each fragment is walked once, or twice when it stands below a lookup as well. */
function walk(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
  permissions: Permissions,
): readonly Need[] {
  const needs: Need[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  const walked = new Set<string>();

  const need = (coordinate: string, at: Need['at']): void => {
    const permission = permissionOf(coordinate, permissions);
    if (permission !== null) needs.push({ coordinate, permission, at });
  };
  const membersOf = (type: GraphQLNamedType): readonly GraphQLNamedType[] =>
    isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  /** @param isLookup what is not for the viewer is not found, so only what is named is judged */
  const needType = (type: GraphQLNamedType, isLookup: boolean): void => {
    if (isLookup && isAbstractType(type)) return;
    for (const member of membersOf(type)) need(member.name, null);
  };

  const walkSet = ({ selections }: SelectionSetNode, type: GraphQLNamedType, isLookup: boolean): void => {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        walkField(node, type);
        continue;
      }
      const isSpread = node.kind === Kind.FRAGMENT_SPREAD;
      if (isSpread && walked.has(`${isLookup} ${node.name.value}`)) continue;
      if (isSpread) walked.add(`${isLookup} ${node.name.value}`);
      const fragment = isSpread ? fragments.get(node.name.value) : node;
      const condition = fragment?.typeCondition;
      const inner = condition ? schema.getType(condition.name.value) : type;
      if (!fragment || !inner) continue;
      needType(inner, isLookup);
      walkSet(fragment.selectionSet, inner, isLookup);
    }
  };

  const walkField = (node: FieldNode, type: GraphQLNamedType): void => {
    const name = node.name.value;
    // What a type is called is told with the field that leads to it; introspection has rules of its own.
    if (name.startsWith('__')) return;
    for (const member of membersOf(type)) {
      const field = isObjectType(member) ? member.getFields()[name] : undefined;
      if (field !== undefined) need(`${member.name}.${name}`, { node, field });
    }
    const field = 'getFields' in type ? type.getFields()[name] : undefined;
    const result = field && getNamedType(field.type);
    if (!isCompositeType(result) || !node.selectionSet) return;
    const isLookup = LOOKUPS.has(`${type.name}.${name}`);
    needType(result, isLookup);
    walkSet(node.selectionSet, result, isLookup);
  };

  const root = schema.getRootType(definition.operation);
  if (root) walkSet(definition.selectionSet, root, false);
  return needs;
}
