import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionArgs, type ExecutionResult, OperationTypeNode } from 'graphql';
import type { Viewer } from '../access/viewer.js';
import { createContext } from '../graph/context.js';
import type { ConnectionOptions } from './connection.js';
import { executeWithinTime } from './deadline.js';
import { errorBody, outcomeOf } from './error.js';
import { EventSink, EventStream } from './eventSink.js';
import type { CountedOperation } from './metrics.js';
import { isForeign } from './origin.js';
import { isRecord } from './record.js';
import { explain, formatResult } from './sharedOperation.js';
import { subscribe } from './subscribe.js';
import type { DocumentRequest } from './trusted.js';

/** What a client asks for. */
interface Asked {
  readonly document: DocumentRequest;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>> | null;
}

/**
 * Server-Sent Events, protocol of graphql-sse with a connection for each operation: for networks that block WebSockets. Queries and subscriptions, by POST
 * or GET, through the same judge and the same hub as everything else.
 */
export class EventRequests {
  readonly #streams = new Set<EventStream>();

  constructor(readonly options: ConnectionOptions) {}

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Whether a request asks for a stream of events. Clients such as urql name it last, behind the JSON that they would rather have for queries and mutations. */
  wants({ ws, headers: { accept = '' } }: FastifyRequest): boolean {
    const stream = accept.search(/\btext\/event-stream\b/);
    const json = accept.search(/\bapplication\/(graphql-response\+)?json\b/);
    return !ws && stream >= 0 && (json < 0 || stream < json);
  }

  /** Answers a request for a stream; what is wrong with its operation is told in the stream, as clients of graphql-sse expect. */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { compiled, judge, trusted, formatError } = this.options;
    if (isForeign(request.headers)) {
      return reply.code(403).send(errorBody('AUTH_FORBIDDEN', 'Pages of other hosts may not subscribe here.'));
    }
    const asked = readAsked(request);
    if (asked === null) {
      const message = 'Send `query`, and if need be `variables` and `operationName`, as JSON or in the address.';
      return reply.code(400).send(errorBody('BAD_REQUEST', message));
    }
    const giveBack = this.options.connections.take(request.ip);
    if (giveBack === null) {
      return reply.code(429).send(errorBody('TOO_MANY_OPERATIONS', 'This client has too many connections.'));
    }
    const { viewer } = request.signedIn;
    const stream = this.#open(reply, giveBack);
    this.options.sessions.bind(
      { close: () => stream.cut(), once: (event, callback) => stream.response.once(event, callback) },
      request.signedIn,
    );
    try {
      const { document: wanted, operationName, variables } = asked;
      const source = trusted.resolve(wanted, viewer) ?? '';
      const judged = judge.judgeOperation({
        ...{ source, operationName, variables, viewer, transport: 'events' },
      });
      if (judged.errors !== null) {
        this.#count('none', this.#tell({ errors: judged.errors }, stream));
      } else {
        this.options.identity.spend(request.signedIn, request.ip, judged.cost);
        this.options.metrics.costs.observe(judged.cost);
        const startedAt = performance.now();
        const { document, operation, operationName: name, variables: variableValues } = judged;
        const args = { schema: compiled.schema, document, operationName: name, variableValues };
        if (operation.operation === OperationTypeNode.SUBSCRIPTION) await this.#follow(args, viewer, stream);
        else {
          const { maxExecutionMs } = this.options;
          const result = await executeWithinTime(
            compiled,
            { ...args, contextValue: this.#context(viewer) },
            maxExecutionMs,
          );
          this.#count(operation.operation, this.#tell(result, stream), startedAt);
        }
      }
    } catch (error) {
      const errors = explain(error, formatError);
      stream.next(JSON.stringify({ errors }));
      this.#count('none', outcomeOf(errors));
    }
    stream.complete();
    return reply;
  }

  /** Ends all streams, so that their clients go elsewhere. */
  close(): void {
    for (const stream of this.#streams) stream.cut();
  }

  #open(reply: FastifyReply, onClose: () => void): EventStream {
    reply.hijack();
    const stream = new EventStream(reply.raw, reply.getHeaders());
    this.#streams.add(stream);
    reply.raw.once('close', () => {
      this.#streams.delete(stream);
      onClose();
    });
    return stream;
  }

  /** Tells a subscription; resolves when it is over, whoever ended it. */
  async #follow(args: ExecutionArgs, viewer: Viewer, stream: EventStream): Promise<void> {
    const { hub, compiled, formatError } = this.options;
    const contextValue = this.#context(viewer);
    const results = await subscribe(
      { ...args, contextValue },
      {
        ...{ hub, feed: contextValue.platform.feed, compiled, formatError, viewer, onEnd: () => undefined },
        createContext: () => this.#context(viewer),
        toSink: (end) => new EventSink(stream, end),
      },
    );
    const hasBegun = Symbol.asyncIterator in results;
    this.#count(OperationTypeNode.SUBSCRIPTION, hasBegun ? 'ok' : this.#tell(results, stream));
    if (!hasBegun) return;
    stream.response.once('close', () => void results.return());
    if (!stream.isOpen) await results.return();
    for await (const result of results) {
      this.#tell(result, stream);
      if (stream.response.writableNeedDrain)
        await Promise.race([once(stream.response, 'drain'), once(stream.response, 'close')]);
    }
  }

  /** @returns what came of it, for the metrics */
  #tell(result: ExecutionResult, stream: EventStream): string {
    const told = formatResult(result, this.options.formatError);
    stream.next(JSON.stringify(told));
    return outcomeOf(told.errors);
  }

  #count(kind: CountedOperation['kind'], outcome: string, startedAt?: number): void {
    const executed = startedAt === undefined ? {} : { startedAt };
    this.options.metrics.countOperation({ transport: 'events', kind, outcome, ...executed });
  }

  #context(viewer: Viewer) {
    const platform = this.options.platform();
    if (platform === null) throw new Error('the platform is not there any more');
    return createContext(platform, viewer);
  }
}

/** What is asked for, in the body or in the address; null = it is not readable. */
function readAsked({ method, body, query: address }: FastifyRequest): Asked | null {
  const given: unknown = method === 'GET' ? readAddress(address) : body;
  if (!isRecord(given)) return null;
  const { query, documentId, extensions, operationName = null, variables = null } = given;
  if (typeof query !== 'string' && documentId === undefined && !isRecord(extensions)) return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  return variables === null || isRecord(variables)
    ? { document: { query, documentId, extensions }, operationName, variables }
    : null;
}

function readAddress(address: unknown): unknown {
  if (!isRecord(address)) return address;
  try {
    const { variables, extensions } = address;
    return {
      ...address,
      ...(typeof variables === 'string' ? { variables: JSON.parse(variables) } : {}),
      ...(typeof extensions === 'string' ? { extensions: JSON.parse(extensions) } : {}),
    };
  } catch {
    return null;
  }
}
