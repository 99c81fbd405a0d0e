import { type DocumentNode, type GraphQLSchema, getOperationAST, getVariableValues } from 'graphql';
import type { PricedOperation } from '../../src/server/cost.js';

/** The operation of a document that is meant, with its variables; fails when the schema does not accept them. */
export function priced(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>> = {},
  operationName?: string,
): PricedOperation {
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('there is no such operation');
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (coerced === undefined) throw new Error(errors.map(({ message }) => message).join('; '));
  return { document, operation, coerced };
}
