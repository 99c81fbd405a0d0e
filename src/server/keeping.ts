import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { isVolatile, type Reading, readingOf } from '../graph/volatile.js';

/** Documents do not change, and asking them takes longer than answering them. */
const known = new WeakMap<DocumentNode, Reading | null>();

/**
 * How long answers to the operations of a valid document may be kept.
 * @returns until a revision of what they read; null = not at all: something in the document changes without a revision (see
 *   graph/volatile.ts), goes through an interface, or is no query
 */
export function readingOfDocument(schema: GraphQLSchema, document: DocumentNode): Reading | null {
  let reading = known.get(document);
  if (reading === undefined) {
    reading = findReading(schema, document);
    known.set(document, reading);
  }
  return reading;
}

function findReading(schema: GraphQLSchema, document: DocumentNode): Reading | null {
  const types = new TypeInfo(schema);
  const query = schema.getQueryType();
  let isKept = true;
  let reading: Reading = 'RESULTS';
  visit(
    document,
    visitWithTypeInfo(types, {
      OperationDefinition: ({ operation }) => {
        if (operation !== OperationTypeNode.QUERY) isKept = false;
      },
      Field: ({ name }) => {
        if (name.value === '__typename') return;
        const field = types.getFieldDef();
        const owner = types.getParentType();
        const result = getNamedType(types.getType());
        // Introspection, and what an interface turns out to be, is not worth the thought.
        if (!field || !isObjectType(owner) || isAbstractType(result) || name.value.startsWith('__')) isKept = false;
        else if (isVolatile(field) || isVolatile(owner) || (isObjectType(result) && isVolatile(result))) isKept = false;
        else if (owner === query && readingOf(field) !== 'RESULTS') reading = 'EVERYTHING';
        else if (readingOf(owner) === 'EVERYTHING' || readingOf(field) === 'EVERYTHING') reading = 'EVERYTHING';
      },
    }),
  );
  return isKept ? reading : null;
}
