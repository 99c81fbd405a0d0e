import type { GraphQLField, GraphQLObjectType } from 'graphql';
import { Extensions } from 'type-graphql';

/**
 * Declares that a field, or every field of an object type, is no function of the arguments, the viewer's scope and the revision: it tells the
 * time, reads what changes without a revision (sync runs, hosts, keys, the audit), or tells who asks. No answer that holds it is kept.
 */
export function Volatile() {
  return Extensions({ volatile: true });
}

/** Whether a field or type was declared {@link Volatile}. A field of a volatile type is so as well, which is for the caller to ask. */
export function isVolatile({
  extensions,
}: Pick<GraphQLObjectType | GraphQLField<unknown, unknown>, 'extensions'>): boolean {
  return extensions.volatile === true;
}
