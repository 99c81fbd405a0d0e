import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { syncFailure } from '../failure.js';

/** A request on its way to the source. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** What requests of one kind have in common: the method, and the path without ids. */
  readonly shape: string;
  /** How many requests of the shape came since {@link Disturber.begin}, this one included. */
  readonly occurrence: number;
}

/** An answer as it goes over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As sent: compressed, if it was. */
  readonly body: Buffer;
}

/** What happens to one request in place of the source's own answer. */
export type Disturbance =
  /** An answer of the disturber's own; the source is not asked. */
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  /** The answer of the source, changed. */
  | { readonly kind: 'alter'; alter(answer: WireAnswer): WireAnswer }
  /** The headers of the whole answer, half of its body, and then a broken connection. */
  | { readonly kind: 'abort' }
  /** A body without an end. */
  | { readonly kind: 'endless' }
  | { readonly kind: 'hang' };

/** Decides about one request; null = the source answers. */
export type Disturb = (request: SeenRequest) => Disturbance | null;

/** Asks the source, or what was recorded of it. */
export type Upstream = (request: SeenRequest) => Promise<WireAnswer>;

/** An HTTP server of the loopback interface that stands in front of a source and misbehaves when it is told to. */
export interface Disturber {
  /** Takes the place of the source's address in its settings. */
  readonly baseUrl: string;
  /** Requests since {@link begin}, in their order. */
  readonly requests: readonly SeenRequest[];
  /** Starts a new count of requests, with what is to happen to them. */
  begin(disturb?: Disturb): void;
  close(): Promise<void>;
}

/** Bytes of one piece of an endless body. */
const PIECE = Buffer.alloc(65_536, ' ');
/** Headers that belong to a connection and not to an answer. */
const HOP_HEADERS = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date'];

/**
 * Starts a disturber on a free port of 127.0.0.1.
 * @param path of the base URL, such as `/ndxp`
 */
export async function startDisturber(path: string, upstream: Upstream): Promise<Disturber> {
  const requests: SeenRequest[] = [];
  let disturb: Disturb = () => null;
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    const { method = 'GET', url = '/', headers } = incoming;
    const shape = `${method} ${maskPath(url)}`;
    const occurrence = requests.filter((each) => each.shape === shape).length + 1;
    const request = { method, url, headers, body, shape, occurrence };
    requests.push(request);
    const disturbance = disturb(request);
    if (disturbance?.kind === 'hang') return;
    if (disturbance?.kind === 'answer') return send(response, disturbance.answer);
    if (disturbance?.kind === 'endless') return sendEndless(response, await upstream(request));
    const answer = await upstream(request);
    if (disturbance?.kind === 'abort') return sendHalf(response, answer);
    send(response, disturbance === null ? answer : disturbance.alter(answer));
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/plain' }).end(`the source cannot be reached: ${message}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}${path}`,
    requests,
    begin(next = () => null) {
      requests.length = 0;
      disturb = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Forwards requests to a source; links in its answers lead back to the disturber.
 * @param address what the links are to name in place of the source's origin
 * @throws PlatformError SYNC_TRANSIENT when there is no answer
 */
export function forwardTo(baseUrl: string, address: () => string): Upstream {
  const target = new URL(baseUrl);
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return (request) =>
    new Promise((resolve, reject) => {
      const headers = { ...request.headers, host: target.host };
      // What a source sends plain can be altered.
      delete headers['accept-encoding'];
      const fail = (error: Error): void => reject(syncFailure('SYNC_TRANSIENT', error.message));
      const outgoing = send(new URL(request.url, target.origin), { method: request.method, headers }, (answer) => {
        buffer(answer).then((body) => {
          const own = new URL(address()).origin;
          const redirect = (text: string): string => text.replaceAll(target.origin, own);
          const flat = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
            value === undefined || HOP_HEADERS.includes(name) ? [] : [[name, redirect(String(value))]],
          );
          const isPlain = answer.headers['content-encoding'] === undefined && body.includes(target.origin);
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(flat),
            body: isPlain ? Buffer.from(redirect(body.toString('latin1')), 'latin1') : body,
          });
        }, fail);
      });
      outgoing.on('error', fail);
      outgoing.end(request.body);
    });
}

/** A path without its ids, so that the address of one export is like that of another. */
function maskPath(url: string): string {
  const [path = ''] = url.split('?');
  return path
    .split('/')
    .map((piece) => (/\d\D*\d/.test(piece) || piece.length >= 16 ? '*' : piece))
    .join('/');
}

function send(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  const length = status === 304 || status === 204 ? {} : { 'content-length': body.length };
  response.writeHead(status, { ...headers, ...length }).end(status === 304 || status === 204 ? undefined : body);
}

function sendHalf(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

/** The source's own answer, and then spaces until nobody listens any more. */
function sendEndless(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  response.writeHead(status, { ...headers });
  const go = (): void => {
    while (!response.destroyed) if (!response.write(PIECE)) return void response.once('drain', go);
  };
  response.write(body, go);
}
