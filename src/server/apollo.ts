import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger } from 'fastify';
import { type DocumentNode, type GraphQLSchema, OperationTypeNode, parse } from 'graphql';
import type { GraphContext } from '../graph/context.js';
import { COST_HEADER } from './cost.js';
import { type ErrorFormatter, mergeErrors, outcomeOf } from './error.js';
import type { OperationJudge, RefusedOperation, Transport } from './judge.js';
import type { Metrics } from './metrics.js';

/** What {@link createApollo} needs. */
export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly introspection: boolean;
  readonly judge: OperationJudge;
  readonly metrics: Metrics;
  readonly formatError: ErrorFormatter;
  /** Longest execution of a query; whoever asks Apollo gives it up then. */
  readonly maxExecutionMs: number;
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
    // The judge remembers documents, bounded; a store of Apollo's would overwrite what the judge gives.
    documentStore: null,
    stopOnTerminationSignals: false,
    formatError: options.formatError,
    logger: options.log,
    plugins: [
      judgeFirst(options),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

/** What stands in for a document that was refused, so that Apollo neither parses nor validates it again. */
const NOTHING = parse('{ __typename }');

/**
 * Lets {@link OperationJudge} read the document instead of Apollo, and gives out all of its errors: the hooks of Apollo take one, and the
 * answer is mended to have the others.
 */
function judgeFirst({ judge, formatError, metrics, maxExecutionMs }: ApolloOptions): ApolloServerPlugin<GraphContext> {
  return {
    async requestDidStart() {
      let errors: RefusedOperation['errors'] | null = null;
      let transport: Transport = 'post';
      let kind: OperationTypeNode | null = null;
      let startedAt = 0;
      return {
        async didResolveSource(context) {
          const { request, source, contextValue } = context;
          transport = request.http?.method === 'GET' ? 'get' : 'post';
          const judged = judge.judgeOperation({
            ...{ source, operationName: request.operationName, variables: request.variables },
            ...{ viewer: contextValue.viewer, transport },
          });
          errors = judged.errors;
          // Apollo goes on with a document that is there already.
          const draft: { document?: DocumentNode } = context;
          draft.document = judged.errors === null ? judged.document : NOTHING;
          if (judged.errors !== null) return;
          context.response.http.headers.set(COST_HEADER, String(judged.cost));
          metrics.costs.observe(judged.cost);
          kind = judged.operation.operation;
          startedAt = performance.now();
        },
        async didResolveOperation() {
          if (errors !== null) throw errors[0];
        },
        async willSendResponse({ response }) {
          if (response.body.kind !== 'single') return;
          const { singleResult } = response.body;
          // Who asked was told already that it was given up.
          const isLate = kind === OperationTypeNode.QUERY && performance.now() - startedAt > maxExecutionMs;
          const outcome = isLate ? 'TIMEOUT' : outcomeOf(singleResult.errors);
          metrics.countOperation({ transport, kind: kind ?? 'none', outcome, ...(kind === null ? {} : { startedAt }) });
          if (errors === null && singleResult.errors !== undefined) {
            response.body = {
              kind: 'single',
              singleResult: { ...singleResult, errors: mergeErrors(singleResult.errors) },
            };
          }
          if (errors === null || errors.length === 1) return;
          const all = errors.map((error) => formatError(error.toJSON(), error));
          response.body = { kind: 'single', singleResult: { errors: all } };
        },
      };
    },
  };
}
