import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OperationTypeNode } from 'graphql';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { isLoopback } from '../access/throttle.js';
import type { Viewer } from '../access/viewer.js';
import { PlatformError } from '../domain/errors.js';
import { errorBody } from './error.js';
import type { Hub } from './hub.js';
import type { OperationJudge, Transport } from './judge.js';

/** A number that only rises, for places that are passed a hundred thousand times a second; it is read when somebody asks for the metrics. */
export interface Cell {
  count: number;
}

/** Counts by a few labels whose values are known beforehand; never ask for a cell by what a client wrote. */
export class Tally<Label extends string> {
  readonly #cells = new Map<string, Cell & { readonly values: Partial<Record<Label, string>> }>();
  readonly #labels: readonly Label[];

  /** @param labels names, in the order of the values of {@link cell} */
  constructor(registry: Registry, name: string, help: string, labels: readonly Label[]) {
    this.#labels = labels;
    const cells = this.#cells;
    new Counter({
      ...{ name, help, labelNames: labels, registers: [registry] },
      collect() {
        this.reset();
        for (const { values, count } of cells.values()) this.inc(values, count);
      },
    });
  }

  /** The number of these values; the same object each time, so hot places keep it. */
  cell(...values: readonly string[]): Cell {
    const key = values.join('\n');
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const named = Object.fromEntries(this.#labels.map((label, at) => [label, values[at] ?? ''])) as Record<
      Label,
      string
    >;
    const cell = { count: 0, values: named };
    this.#cells.set(key, cell);
    return cell;
  }
}

/** An operation as {@link Metrics.countOperation} takes it. */
export interface CountedOperation {
  readonly transport: Transport;
  /** `none` when it could not be read, or must not be executed. */
  readonly kind: OperationTypeNode | 'none';
  /** From {@link outcomeOf}. */
  readonly outcome: string;
  /** Absent = it was not executed, or goes on. */
  readonly startedAt?: number;
}

/** Seconds of what takes from a tenth of a millisecond to some seconds. */
const DURATIONS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const COSTS = [1, 10, 100, 1_000, 5_000, 20_000, 50_000, 100_000, 150_000];

/**
 * What a process measures of itself, for Prometheus: names begin with `dti_` and end with their unit, labels have few values and never say who
 * asked. What counts by itself is handed over as a function, which is called when somebody asks.
 */
export class Metrics {
  readonly #registry = new Registry();

  /** Requests over HTTP: method (GET, POST, other), route (graphql, export, health, metrics, page, other), status. */
  readonly requests = this.tally('dti_http_requests_total', 'Requests over HTTP that were answered', [
    ...(['method', 'route', 'status'] as const),
  ]);
  /** Operations, whatever carried them: transport, kind (query, mutation, subscription, none when it could not be read), outcome (ok or the code). */
  readonly operations = this.tally('dti_operations_total', 'Operations of GraphQL by outcome: ok, or the first code', [
    ...(['transport', 'kind', 'outcome'] as const),
  ]);
  /** Seconds from the judgement of a query or mutation to its result. */
  readonly durations = this.histogram('dti_operation_duration_seconds', 'Execution of operations by kind', DURATIONS, [
    'kind',
  ]);
  /** Estimated cost of operations that were let through. */
  readonly costs = this.histogram('dti_operation_cost', 'Estimated cost of operations that were executed', COSTS);
  /** Seconds from the commit of a revision to the moment when its events were handed to the sockets. */
  readonly deliveryLag = this.histogram(
    'dti_delivery_lag_seconds',
    'From the commit of a revision to the sockets',
    DURATIONS,
  );

  /** @param options.process whether the process itself is measured as well: once per process */
  constructor(options: { readonly process?: boolean } = {}) {
    if (options.process === true) collectDefaultMetrics({ register: this.#registry });
  }

  /** Counts what came of an operation; of a subscription, whether it could begin. */
  countOperation({ transport, kind, outcome, startedAt }: CountedOperation): void {
    this.operations.cell(transport, kind, outcome).count += 1;
    if (startedAt !== undefined) this.durations.observe({ kind }, (performance.now() - startedAt) / 1000);
  }

  /** Adds a number that rises and falls. @param read null = unknown now */
  gauge(name: string, help: string, read: () => number | null): void {
    new Gauge({
      ...{ name, help, registers: [this.#registry] },
      collect() {
        const value = read();
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  }

  /** Adds a number that only rises and is counted elsewhere. */
  counter(name: string, help: string, read: () => number): void {
    new Counter({
      ...{ name, help, registers: [this.#registry] },
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** Adds numbers by one label, as they are when somebody asks. @param read by value of the label; null = unknown now */
  gauges(name: string, help: string, label: string, read: () => Readonly<Record<string, number>> | null): void {
    new Gauge({
      ...{ name, help, labelNames: [label], registers: [this.#registry] },
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read() ?? {})) this.set({ [label]: value }, count);
      },
    });
  }

  /** Adds numbers by one label that only rise and are counted elsewhere. */
  counters(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    new Counter({
      ...{ name, help, labelNames: [label], registers: [this.#registry] },
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
  }

  /** Adds counts for hot places. */
  tally<Label extends string>(name: string, help: string, labels: readonly Label[]): Tally<Label> {
    return new Tally(this.#registry, name, help, labels);
  }

  /** Adds a distribution; an observation takes 0.6 µs. */
  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly Label[] = [],
  ) {
    return new Histogram({ name, help, buckets: [...buckets], labelNames: labels, registers: [this.#registry] });
  }

  /** The type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** Names of routes in metrics; everything else is `other`, whatever a client asks for. */
const ROUTES: Readonly<Record<string, string>> = {
  ...{ '/graphql': 'graphql', '/metrics': 'metrics', '/health/live': 'health', '/health/ready': 'health' },
  ...{ '/': 'page', '/graphiql': 'page', '/graphiql/static/*': 'page', '/manifest.schema.json': 'page' },
  ...{ '/export': 'export', '/export/:file': 'export' },
};

/** Whether a request comes from this machine itself: not by way of a proxy, which would come from here as well. */
function isLocal({ socket, headers }: FastifyRequest): boolean {
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined);
  return !isForwarded && isLoopback(socket.remoteAddress ?? '');
}

/**
 * Counts every answer over HTTP, and serves `/metrics` in the text format of Prometheus: to this machine, and to admins.
 * @param signIn says who sends a request; throws PlatformError AUTH_INVALID and others
 */
export function addMetrics(
  app: FastifyInstance,
  metrics: Metrics,
  signIn: (request: FastifyRequest) => Promise<Viewer>,
): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const route = ROUTES[routeOptions.url ?? ''] ?? 'other';
    const known = method === 'POST' || method === 'GET' ? method : 'other';
    metrics.requests.cell(known, route, String(reply.statusCode)).count += 1;
    done();
  });
  app.get('/metrics', async (request, reply): Promise<FastifyReply> => {
    reply.header('cache-control', 'no-store');
    if (!isLocal(request)) {
      try {
        const { role, subject } = await signIn(request);
        if (role !== 'admin') {
          const [status, code] =
            subject === null ? ([401, 'AUTH_REQUIRED'] as const) : ([403, 'AUTH_FORBIDDEN'] as const);
          return reply
            .code(status)
            .send(errorBody(code, 'Metrics are for admins, and for programs on the machine itself.'));
        }
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error;
        return reply.code(401).send(errorBody(error.code, error.message));
      }
    }
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

/** Adds what a server that answers holds. */
export function measureServer(
  metrics: Metrics,
  server: { readonly judge: OperationJudge; readonly sockets: () => number },
): void {
  const { judge, sockets } = server;
  metrics.gauge('dti_sockets', 'Open WebSockets', sockets);
  metrics.gauge('dti_document_cache_documents', 'Valid documents that are remembered', () => judge.size);
  metrics.counters(
    'dti_document_cache_lookups_total',
    'Documents that were remembered, or not',
    'result',
    () => judge.lookups,
  );
}

/** Adds what the hub of the subscriptions holds and has done. */
export function measureHub(metrics: Metrics, hub: Hub): void {
  metrics.gauges(
    'dti_subscriptions',
    'Subscriptions: all, distinct, and left out until their client has read',
    'which',
    () => {
      const { members, groups, lagging } = hub.state;
      return { all: members, distinct: groups, lagging };
    },
  );
  metrics.counter(
    'dti_subscription_executions_total',
    'Selections executed, each once for all',
    () => hub.state.executions,
  );
  metrics.counter('dti_subscription_deliveries_total', 'Messages handed to clients', () => hub.state.deliveries);
  metrics.counter('dti_subscription_lags_total', 'Clients left out for a time', () => hub.state.lags);
  metrics.counter('dti_subscription_cuts_total', 'Clients cut off because they did not read', () => hub.state.cuts);
  metrics.counter(
    'dti_subscription_failures_total',
    'Events that failed and were tried again',
    () => hub.state.failures,
  );
}
