import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { GraphContext } from '../graph/context.js';
import type { CompiledOperations } from './compiled.js';
import { refuseCostly } from './cost.js';
import type { ErrorFormatter } from './error.js';
import { limitRule, MAX_TOKENS, refuseDeepVariables } from './limit.js';
import { refuseForbidden } from './permission.js';

/** What {@link createApollo} needs. */
export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly introspection: boolean;
  readonly compiled: CompiledOperations;
  readonly formatError: ErrorFormatter;
  readonly log: FastifyBaseLogger;
}

/**
 * Makes the Apollo Server for HTTP: GET and POST, one operation per request, CSRF prevention on (Apollo's default), no stack
 * traces. The plugins that Apollo adds by itself are off: cache control wraps every resolver, the others talk to Apollo's cloud.
 */
export function createApollo(options: ApolloOptions): ApolloServer<GraphContext> {
  return new ApolloServer<GraphContext>({
    schema: options.schema,
    introspection: options.introspection,
    hideSchemaDetailsFromClientErrors: !options.introspection,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: [limitRule],
    formatError: options.formatError,
    logger: options.log,
    plugins: [
      judge(options.schema),
      executeCompiled(options.compiled),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

/** Refuses what is not for the viewer, is too deep, or costs too much with its variables, which validation does not know. */
function judge(schema: GraphQLSchema): ApolloServerPlugin<GraphContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operationName, request, contextValue, operation: definition }) {
          const { variables } = request;
          const kind = definition?.operation;
          const operation = { document, operationName, variableValues: variables };
          const refusal =
            refuseDeepVariables(variables) ??
            refuseForbidden(schema, operation, contextValue.viewer) ??
            refuseCostly(schema, operation);
          if (refusal !== null) throw refusal;
          if (kind === OperationTypeNode.SUBSCRIPTION) {
            throw badRequest('A subscription goes over WebSocket (graphql-transport-ws) on the same path.');
          }
        },
      };
    },
  };
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
}

/** Answers by {@link CompiledOperations} where that is possible; else Apollo goes on with graphql-js and formats the errors. */
function executeCompiled(compiled: CompiledOperations): ApolloServerPlugin<GraphContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, request, contextValue, operationName }) {
          const result = await compiled.tryExecute({
            document,
            operationName,
            contextValue,
            variableValues: request.variables,
          });
          if (result === null) return null;
          return {
            http: { headers: new HeaderMap() },
            body: { kind: 'single', singleResult: { data: result.data ?? null } },
          };
        },
      };
    },
  };
}
