import { type ASTVisitor, GraphQLError, Kind, type SelectionSetNode, type ValidationContext } from 'graphql';

/** Largest HTTP body and WebSocket message, in bytes. The longest contract document has 1 kB; a manifest has some tens. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

/** Most tokens of one document; the parser stops there, so that a long document costs no more than this. */
export const MAX_TOKENS = 4000;

/** Deepest field of an operation; the fields of the root are level 1. The contract's documents end at level 6. */
export const MAX_DEPTH = 15;

/** Most fields of an operation after its fragments are written out: fragments that double each other reach 2^n from n lines. */
export const MAX_FIELDS = 2000;

/** Deepest object or list of the variables: a filter may nest 8 deep, and each level is an object in a list. */
const MAX_VARIABLE_DEPTH = 40;

/** Most operations that one WebSocket has under way. */
export const MAX_OPERATIONS_PER_SOCKET = 50;

interface Extent {
  readonly depth: number;
  readonly fields: number;
}

/**
 * Validation rule: refuses operations that are deeper than {@link MAX_DEPTH} (`QUERY_TOO_DEEP`) or have more than
 * {@link MAX_FIELDS} fields (`QUERY_TOO_LARGE`). Each fragment is measured once, so the rule itself is linear; a fragment that
 * contains itself counts as empty here, since another rule refuses it. Introspection counts as one level (GraphiQL's own
 * query has 15): graphql-js bounds its depth by `MaxIntrospectionDepthRule`.
 */
export function limitRule(context: ValidationContext): ASTVisitor {
  const measured = new Map<string, Extent>();
  const entered = new Set<string>();

  const measureFragment = (name: string): Extent => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const fragment = context.getFragment(name);
    if (!fragment || entered.has(name)) return { depth: 0, fields: 0 };
    entered.add(name);
    const extent = measureSelection(fragment.selectionSet);
    entered.delete(name);
    measured.set(name, extent);
    return extent;
  };

  const measureSelection = (selectionSet: SelectionSetNode): Extent => {
    let depth = 0;
    let fields = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const inner = selection.selectionSet ? measureSelection(selection.selectionSet) : { depth: 0, fields: 0 };
        const isIntrospection = selection.name.value.startsWith('__');
        depth = Math.max(depth, isIntrospection ? 1 : inner.depth + 1);
        fields += inner.fields + 1;
        continue;
      }
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? measureFragment(selection.name.value)
          : measureSelection(selection.selectionSet);
      depth = Math.max(depth, inner.depth);
      fields += inner.fields;
    }
    return { depth, fields };
  };

  return {
    OperationDefinition(operation) {
      const { depth, fields } = measureSelection(operation.selectionSet);
      const refuse = (code: string, message: string): void =>
        context.reportError(new GraphQLError(message, { nodes: operation, extensions: { code } }));
      if (depth > MAX_DEPTH) {
        refuse(
          'QUERY_TOO_DEEP',
          `The operation is ${depth} levels deep, ${MAX_DEPTH} are allowed. Ask in parts, by id.`,
        );
      }
      if (fields > MAX_FIELDS) {
        refuse(
          'QUERY_TOO_LARGE',
          `The operation selects ${fields} fields with its fragments, ${MAX_FIELDS} are allowed. Ask in parts.`,
        );
      }
      return false;
    },
  };
}

/**
 * Refuses variables that nest too deep, before anything reads them: graphql-js reads them recursively and would use up the stack.
 * @returns QUERY_TOO_DEEP; null = go on
 */
export function refuseDeepVariables(
  variables: Readonly<Record<string, unknown>> | null | undefined,
): GraphQLError | null {
  if (!isDeeperThan(variables, MAX_VARIABLE_DEPTH)) return null;
  const message = `The variables are more than ${MAX_VARIABLE_DEPTH} levels deep. Write filters flatter, by "and" and "or" with long lists.`;
  return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_DEEP', http: { status: 400 } } });
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(part, levels - 1));
}
