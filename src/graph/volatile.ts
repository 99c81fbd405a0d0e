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

/** Which revisions can change an answer: those of results and reference data, or those of observations and sources as well. */
export type Reading = 'RESULTS' | 'EVERYTHING';

/**
 * Declares what a root field or a type reads. Observations come many times a second and change no answer before a snapshot is made of them, so an
 * operation whose root fields all read `RESULTS`, and that comes to no type which reads `EVERYTHING`, is kept until a revision of a snapshot, a
 * round or the reference data. Root fields that declare nothing read everything.
 */
export function Reads(reading: Reading) {
  return Extensions({ reading });
}

/** What a root field or a type declares that it reads; null = nothing. */
export function readingOf({
  extensions,
}: Pick<GraphQLObjectType | GraphQLField<unknown, unknown>, 'extensions'>): Reading | null {
  const { reading } = extensions;
  return reading === 'RESULTS' || reading === 'EVERYTHING' ? reading : null;
}
