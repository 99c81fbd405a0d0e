import { AsyncLocalStorage } from 'node:async_hooks';
import type { Buffer } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { type ExecutionArgs, type ExecutionResult, getOperationAST, type OperationDefinitionNode } from 'graphql';
import { failureOf, type TraceSpan, type Tracing } from '../domain/trace.js';
import { CompiledOperations, type ExecutionGround, type ReadyOperation } from './compiled.js';

/** The request that is being answered. */
const current = new AsyncLocalStorage<TraceSpan>();

/** Traces requests for the graph; part of a trace that the client names by `traceparent`. */
export function addTracing(app: FastifyInstance, tracing: Tracing): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { method, headers, routeOptions } = request;
    if (request.ws || routeOptions.url !== '/graphql') return done();
    const { traceparent } = headers;
    const span = tracing.begin(
      `${method} /graphql`,
      { 'http.request.method': method, 'http.route': '/graphql' },
      ...(typeof traceparent === 'string' ? [traceparent] : []),
    );
    reply.raw.once('close', () => {
      span.set({ 'http.response.status_code': reply.statusCode });
      span.end(reply.statusCode >= 500 ? String(reply.statusCode) : undefined);
    });
    current.run(span, done);
  });
}

/** Executes operations with a span for each, below that of their request where there is one. */
export class TracedOperations extends CompiledOperations {
  readonly #tracing: Tracing;

  constructor(tracing: Tracing, ...args: ConstructorParameters<typeof CompiledOperations>) {
    super(...args);
    this.#tracing = tracing;
  }

  override write(ready: ReadyOperation, ground: ExecutionGround): Buffer | null | Promise<Buffer | null> {
    // What the judge gives has a cost as well.
    const span = this.#begin(
      ready.operation,
      'cost' in ready && typeof ready.cost === 'number' ? { cost: ready.cost } : {},
    );
    const written = super.write(ready, ground);
    if (!(written instanceof Promise)) {
      span.end();
      return written;
    }
    return written.then(
      (bytes) => {
        span.end();
        return bytes;
      },
      (error: unknown) => {
        span.end(failureOf(error));
        throw error;
      },
    );
  }

  override async execute(args: Omit<ExecutionArgs, 'schema'>): Promise<ExecutionResult> {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return super.execute(args);
    const span = this.#begin(operation, {});
    try {
      const result = await super.execute(args);
      const code = result.errors?.[0]?.extensions.code;
      span.end(result.errors === undefined ? undefined : typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR');
      return result;
    } catch (error) {
      span.end('INTERNAL_SERVER_ERROR');
      throw error;
    }
  }

  #begin({ operation, name }: OperationDefinitionNode, judged: { readonly cost?: number }): TraceSpan {
    const attributes = {
      'graphql.operation.type': operation,
      ...(name === undefined ? {} : { 'graphql.operation.name': name.value.slice(0, 100) }),
      ...(judged.cost === undefined ? {} : { 'graphql.operation.cost': judged.cost }),
    };
    const parent = current.getStore();
    return parent?.child(operation, attributes) ?? this.#tracing.begin(operation, attributes);
  }
}
