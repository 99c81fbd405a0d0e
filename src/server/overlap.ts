import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/**
 * Most comparisons of fields with the same name in the same place of an answer. `OverlappingFieldsCanBeMergedRule` of graphql-js compares each
 * with each: 440 times `entity(code: "1") { code }` took it 100 ms until its own budget was used up. Ten fragments that all ask for the same
 * thirty fields need 1,350.
 */
const MAX_COMPARISONS = 10_000;

/** Arguments are compared as well, which takes about this many times as long. */
const ARGUMENT_WEIGHT = 4;

/**
 * Refuses documents that would take the comparison of overlapping fields too long. The document must be valid but for that rule, and within the
 * limits of `measureDocument`, since its fragments are written out here.
 * @returns QUERY_TOO_LARGE; null = go on
 */
export function refuseOverlaps(document: DocumentNode): GraphQLError | null {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  let left = MAX_COMPARISONS;

  const collect = (set: SelectionSetNode, fields: Map<string, FieldNode[]>, spread: Set<string>): void => {
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const name = (node.alias ?? node.name).value;
        const same = fields.get(name);
        if (same) same.push(node);
        else fields.set(name, [node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        collect(node.selectionSet, fields, spread);
      } else if (!spread.has(node.name.value)) {
        spread.add(node.name.value);
        const fragment = fragments.get(node.name.value);
        if (fragment) collect(fragment.selectionSet, fields, spread);
      }
    }
  };

  const compare = (sets: readonly SelectionSetNode[]): void => {
    const fields = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    for (const set of sets) collect(set, fields, spread);
    for (const same of fields.values()) {
      const pairs = (same.length * (same.length - 1)) / 2;
      left -= pairs * (same[0]?.arguments?.length ? ARGUMENT_WEIGHT : 1);
      if (left < 0) return;
      const inner = same.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
      if (inner.length > 0) compare(inner);
    }
  };

  for (const each of document.definitions) {
    if (each.kind === Kind.OPERATION_DEFINITION && left >= 0) compare([each.selectionSet]);
  }
  if (left >= 0) return null;
  const message = `The document asks for the same fields too often: comparing them would take more than ${MAX_COMPARISONS} steps. Ask for each field once.`;
  return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_LARGE' } });
}
