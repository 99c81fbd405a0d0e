import { setTimeout as wait } from 'node:timers/promises';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { PlatformError } from '../src/domain/errors.js';
import { buildBaseline, type Month } from './baseline.js';
import { control } from './control.js';
import type { Credentials } from './credentials.js';
import { DATABASE_NAMES } from './database.js';
import { einvoiceEndpoint } from './einvoice.js';
import { jsonAnswer, type Refusal, type WireAnswer } from './exchange.js';
import { Faults, type RequestFault } from './faults.js';
import { readRounds } from './figures.js';
import { isSameText } from './gate.js';
import { populationEndpoint } from './population.js';
import { problemAnswer, publicServicesEndpoints, TOKEN_LIFETIME_SECONDS } from './publicServices.js';
import { Simulation } from './simulation.js';
import { openState } from './state.js';
import type { SystemContext, SystemRequest, SystemSimulator } from './system.js';
import { readSystemReference } from './systemRows.js';
import { SYSTEMS } from './systems/index.js';

/** What the simulators need to know. */
export interface SimulatorOptions {
  /** 0 = a free one. */
  readonly port: number;
  /** Where the state is kept. */
  readonly dataDir: string;
  /** Where figures-PROVINCE-2021.csv and the others are. */
  readonly figuresDir: string;
  /** Folder `data` of the repository, with entities and frameworks; absent: below the working directory. */
  readonly referenceDir?: string | undefined;
  /** Absent: as in the state, else 922. Another seed than before begins again at tick 0. */
  readonly seed?: number | undefined;
  /** The running month. Absent: as in the state, else the month of the clock in Vietnam. */
  readonly anchor?: Month | undefined;
  /** Milliseconds between ticks; 0 = only by control. */
  readonly tickMs: number;
  readonly credentials: Credentials;
  /** Absent: the wall clock. It decides about signatures and tokens, never about data. */
  readonly now?: () => Date;
}

/** Simulators that listen. */
export interface Simulators {
  readonly port: number;
  readonly simulation: Simulation;
  /** Stops the ticks, breaks all connections and frees the port. */
  close(): Promise<void>;
}

const HTML_PAGE =
  '<!DOCTYPE html><html><head><title>Đăng nhập</title></head><body><h1>Vui lòng đăng nhập</h1></body></html>\n';

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

/** The answers of what stands before a database: proxies know nothing of its protocol. */
function proxyAnswer(fault: RequestFault, now: Date): WireAnswer | null {
  if (fault.kind === 'status500') return plain(500, 'Internal Server Error\n');
  if (fault.kind === 'html200')
    return { ...plain(200, HTML_PAGE), headers: { 'content-type': 'text/html; charset=utf-8' } };
  if (fault.kind !== 'status429') return null;
  const inOneSecond = new Date(now.getTime() + 1000).toUTCString();
  const after = fault.retryAfter === 'http-date' ? inOneSecond : fault.retryAfter;
  return plain(429, 'Too Many Requests\n', after === null ? {} : { 'retry-after': after });
}

function plainRefusal(refusal: NonNullable<Refusal>): WireAnswer {
  return refusal === 'busy' ? plain(503, 'Service Unavailable\n') : plain(401, 'Unauthorized\n');
}

/** What answers a request; systems may take their time. */
type AnyEndpoint = (request: SystemRequest, refusal: Refusal) => WireAnswer | Promise<WireAnswer>;

function systemContext(
  { key }: SystemSimulator,
  simulation: Simulation,
  { systems }: Credentials,
  now: () => Date,
): SystemContext {
  return {
    rows: (sequence = simulation.sequence) => simulation.systemRows(key, sequence),
    sequence: () => simulation.sequence,
    hasSequence: (sequence) => simulation.hasResultSet(sequence),
    secrets: systems[key] ?? {},
    basePath: `/${key}`,
    now,
  };
}

function wireRequest(request: FastifyRequest): SystemRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value ?? '');
  const query = new URL(request.url, 'http://simulator').searchParams;
  const params = Object.fromEntries(
    Object.entries(Object(request.params)).map(([name, value]) => [name, String(value)]),
  );
  return { headers, query, params, body: typeof request.body === 'string' ? request.body : '' };
}

function send(reply: FastifyReply, answer: WireAnswer): FastifyReply {
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}

/** Sends half of an answer: as a complete message, or with the length of the whole one and then a broken connection. */
function sendHalf(reply: FastifyReply, answer: WireAnswer, abort: boolean): FastifyReply {
  const whole = Buffer.from(answer.body);
  const half = whole.subarray(0, Math.floor(whole.length / 2));
  if (!abort) return reply.code(answer.status).headers(answer.headers).send(half);
  reply.hijack();
  reply.raw.writeHead(answer.status, { ...answer.headers, 'content-length': whole.length });
  reply.raw.write(half, () => reply.raw.destroy());
  return reply;
}

/** The month that it is in Vietnam. */
export function monthInVietnam(now: Date): Month {
  const local = new Date(now.getTime() + 7 * 3_600_000);
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1 };
}

/**
 * Starts the simulated national databases and systems on one port of the loopback interface.
 * @throws PlatformError REFERENCE_INVALID, DATA_FOLDER_UNUSABLE, PORT_IN_USE
 */
export async function startSimulators(options: SimulatorOptions): Promise<Simulators> {
  const { credentials, now = () => new Date() } = options;
  const { seed, anchor, dataDir } = options;
  const state = openState(dataDir, { seed, anchor, thisMonth: monthInVietnam(now()) });
  const rounds = readRounds(options.figuresDir, state.anchor.year);
  const reference = readSystemReference(options.referenceDir ?? 'data');
  const baseline = buildBaseline(rounds, state.seed, state.anchor);
  const simulation = new Simulation(baseline, state, dataDir, reference, SYSTEMS);
  const faults = new Faults();
  const names = [...DATABASE_NAMES, ...SYSTEMS.map(({ key }) => key)];
  const requests: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  const lifetime = (): number => faults.of('publicServices').tokenLifetimeSeconds ?? TOKEN_LIFETIME_SECONDS;
  const portal = publicServicesEndpoints(simulation, credentials.publicServices, now, lifetime);
  const targets = { simulation, faults, requests, expireTokens: portal.expireTokens };

  const app = Fastify({ bodyLimit: 65_536, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  const data = (method: 'GET' | 'POST', url: string, database: string, endpoint: AnyEndpoint): void => {
    app.route({
      method,
      url,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        requests[database] = (requests[database] ?? 0) + 1;
        const fault = faults.next(database);
        if (fault.latencyMs > 0) await wait(fault.latencyMs);
        if (fault.kind === 'hang') return reply.hijack();
        const refusal = fault.kind === 'unauthorised' || fault.kind === 'busy' ? fault.kind : null;
        const answer = proxyAnswer(fault, now()) ?? (await endpoint(wireRequest(request), refusal));
        return fault.kind === 'truncatedBody' ? sendHalf(reply, answer, fault.abort) : send(reply, answer);
      },
    });
  };
  data('POST', '/einvoice/soap', 'einvoice', einvoiceEndpoint(simulation, credentials.einvoice, now));
  data('GET', '/public-services/v1/statistics', 'publicServices', portal.statistics);
  data('POST', '/ndxp/gateway', 'population', populationEndpoint(simulation, credentials.population, now));
  for (const system of SYSTEMS) {
    const context = systemContext(system, simulation, credentials, now);
    for (const route of system.routes(context)) {
      const url = `/${system.key}${route.path}`;
      if (route.isSpared === true) {
        app.route({
          ...{ method: route.method, url, exposeHeadRoute: false },
          handler: async (request, reply) => send(reply, await route.handle(wireRequest(request))),
        });
      } else {
        data(route.method, url, system.key, (request, refusal) =>
          refusal === null ? route.handle(request) : (system.refuse?.(refusal) ?? plainRefusal(refusal)),
        );
      }
    }
  }
  // Faults are for statistics: a token request is counted, and answered.
  app.post('/public-services/oauth/token', (request, reply) => {
    requests.publicServices = (requests.publicServices ?? 0) + 1;
    return send(reply, portal.token(wireRequest(request), null));
  });
  app.route<{ Params: { operation: string } }>({
    method: ['GET', 'POST', 'DELETE'],
    url: '/_control/:operation',
    handler: (request, reply) => {
      const wire = wireRequest(request);
      if (!isSameText(wire.headers['x-control-token'] ?? '', credentials.controlToken))
        return send(reply, jsonAnswer(401, { error: 'The header x-control-token is missing or wrong.' }));
      return send(reply, control(targets, `${request.method} ${request.params.operation}`, wire.body));
    },
  });
  app.setNotFoundHandler((request, reply) =>
    send(reply, problemAnswer(404, 'NOT_FOUND', `There is no ${request.method} here.`)),
  );

  try {
    await app.listen({ port: options.port, host: '127.0.0.1' });
  } catch (cause) {
    throw new PlatformError('PORT_IN_USE', `The simulators cannot listen on port ${options.port}; choose another.`, {
      cause,
    });
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const timer = options.tickMs > 0 ? setInterval(() => tickSafely(simulation), options.tickMs) : null;
  const close = async (): Promise<void> => {
    if (timer !== null) clearInterval(timer);
    app.server.closeAllConnections();
    await app.close();
  };
  return { port, simulation, close };
}

/** A full disk must not end the databases: they stay at their tick and try again at the next. */
function tickSafely(simulation: Simulation): void {
  try {
    simulation.advance();
  } catch (error) {
    process.stderr.write(`The simulators could not keep their tick: ${String(error)}\n`);
  }
}
