import { connect, type Socket } from 'node:net';

// A process of its own that holds thousands of subscriptions on raw sockets, so that the client is not the limit. The bench tells it over IPC what to do
// and is told when every socket has what was pushed. A message counts when its last byte has come: a frame of at least MESSAGE_BYTES, or over SSE the
// marker that ends each payload of the peers.

/** Connect; answered by `connected`. */
export interface ConnectOrder {
  readonly kind: 'connect';
  readonly url: string;
  /** `ws`: frames without a protocol; `graphql`: graphql-transport-ws; `sse`: graphql-sse, distinct connections. */
  readonly protocol: 'ws' | 'graphql' | 'sse';
  readonly clients: number;
  /** Payloads of the operations, given to the clients in turn. */
  readonly operations: readonly string[];
}

/** Expect one more message at each client; answered by `expecting`, and by `arrived` when all have it. */
export interface ExpectOrder {
  readonly kind: 'expect';
}

/** How many messages have come; answered by `counted`. */
export interface CountOrder {
  readonly kind: 'count';
}

/** Forgets the updates so far and remembers each that comes, or tells how late they were; answered by `lagging`. */
export interface LagOrder {
  readonly kind: 'lag';
  /** Commits, and the revision of an update that knows of each; empty = begin. */
  readonly writes: readonly { readonly at: number; readonly revision: number }[];
}

/** What the process says. Times are milliseconds since 1970. */
export type FanoutReport =
  | { readonly kind: 'connected' | 'expecting' }
  | { readonly kind: 'counted'; readonly messages: number; readonly clientsWithout: number }
  | { readonly kind: 'arrived'; readonly p50: number; readonly p99: number; readonly last: number }
  | { readonly kind: 'lagging'; readonly p50: number; readonly p99: number; readonly withinSecond: number }
  | { readonly kind: 'failed'; readonly reason: string };

const MESSAGE_BYTES = 1000;
const MARK = Buffer.from('@@END');
const CONNECT_AT_ONCE = 200;
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

let counts = new Uint32Array(0);
let arrivals = new Float64Array(0);
let missing = 0;
let isExpecting = false;
/** Revision and time of each update, by client; null = they are not remembered. */
let updates: { revision: number; at: number }[][] | null = null;

process.on('message', (order: ConnectOrder | ExpectOrder | CountOrder | LagOrder) => {
  if (order.kind === 'lag') report({ kind: 'lagging', ...lagsOf(order.writes) });
  if (order.kind === 'connect') void connectAll(order).catch(fail);
  if (order.kind === 'expect') {
    arrivals.fill(0);
    missing = arrivals.length;
    isExpecting = true;
    report({ kind: 'expecting' });
  }
  if (order.kind === 'count') {
    const messages = counts.reduce((sum, each) => sum + each, 0);
    report({ kind: 'counted', messages, clientsWithout: counts.reduce((sum, each) => sum + (each === 0 ? 1 : 0), 0) });
  }
});
process.on('disconnect', () => process.exit(0));

async function connectAll(order: ConnectOrder): Promise<void> {
  counts = new Uint32Array(order.clients);
  arrivals = new Float64Array(order.clients);
  for (let from = 0; from < order.clients; from += CONNECT_AT_ONCE) {
    const size = Math.min(CONNECT_AT_ONCE, order.clients - from);
    await Promise.all(Array.from({ length: size }, (_, at) => connectOne(order, from + at)));
  }
  report({ kind: 'connected' });
}

function hit(client: number): void {
  counts[client] = (counts[client] ?? 0) + 1;
  if (!isExpecting || arrivals[client] !== 0) return;
  arrivals[client] = performance.timeOrigin + performance.now();
  missing -= 1;
  if (missing > 0) return;
  isExpecting = false;
  const ordered = arrivals.toSorted();
  const at = (share: number) => ordered[Math.min(ordered.length - 1, Math.ceil(share * ordered.length) - 1)] ?? 0;
  report({ kind: 'arrived', p50: at(0.5), p99: at(0.99), last: at(1) });
}

/** How long after each commit each client had an update that knows of it; what never came counts as late for ever. */
function lagsOf(writes: LagOrder['writes']): { p50: number; p99: number; withinSecond: number } {
  const seen = updates ?? [];
  updates = writes.length === 0 ? Array.from({ length: counts.length }, () => []) : null;
  const lags = seen.flatMap((list) =>
    writes.map(
      ({ at, revision }) => (list.find((update) => update.revision >= revision)?.at ?? Number.POSITIVE_INFINITY) - at,
    ),
  );
  lags.sort((a, b) => a - b);
  const share = (of: number) => lags[Math.min(lags.length - 1, Math.ceil(of * lags.length) - 1)] ?? 0;
  return { p50: share(0.5), p99: share(0.99), withinSecond: lags.filter((lag) => lag <= 1000).length / lags.length };
}

function connectOne(order: ConnectOrder, client: number): Promise<void> {
  const { protocol, operations } = order;
  const url = new URL(order.url);
  const operation = operations[client % Math.max(1, operations.length)] ?? '';
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('close', () => fail(new Error(`the server closed socket ${client}`)));
    socket.on('connect', () => socket.write(protocol === 'sse' ? post(url, operation) : upgrade(url, protocol)));
    const take = protocol === 'sse' ? markReader(() => hit(client)) : frameReader(socket, onFrame);
    function onFrame(bytes: number, start: string): void {
      const revision = updates === null ? undefined : /"revision":"(\d+)"/.exec(start)?.[1];
      if (revision !== undefined) {
        updates?.[client]?.push({ revision: Number(revision), at: performance.timeOrigin + performance.now() });
      }
      if (bytes >= MESSAGE_BYTES) hit(client);
      if (bytes >= MESSAGE_BYTES || protocol !== 'graphql' || isSubscribed) return;
      // The first short frame is the acknowledgement.
      isSubscribed = true;
      socket.write(masked(`{"id":"1","type":"subscribe","payload":${operation}}`));
      resolve();
    }
    let isSubscribed = false;
    let isOpen = false;
    socket.on('data', (data) => {
      if (isOpen) return take(data);
      const head = data.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (!/^HTTP\/1.1 (101|200)/.test(head) || end < 0) return reject(new Error(head.slice(0, 300)));
      isOpen = true;
      if (protocol === 'graphql') socket.write(masked('{"type":"connection_init"}'));
      else resolve();
      if (data.length > end + 4) take(data.subarray(end + 4));
    });
  });
}

/** Walks over frames without joining their payloads, and answers pings, since silent clients are disconnected. */
function frameReader(socket: Socket, onFrame: (bytes: number, start: string) => void): (data: Buffer) => void {
  let left = 0;
  let size = 0;
  let start = '';
  let rest = Buffer.alloc(0);
  return (chunk) => {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = Buffer.alloc(0);
    let at = 0;
    while (at < data.length) {
      if (left > 0) {
        const part = Math.min(left, data.length - at);
        if (updates !== null && left === size) start = data.toString('latin1', at, at + Math.min(part, 160));
        [left, at] = [left - part, at + part];
        if (left === 0) onFrame(size, start);
        continue;
      }
      const short = (data[at + 1] ?? 0) & 127;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (data.length - at < head) {
        rest = Buffer.from(data.subarray(at));
        return;
      }
      size = short === 126 ? data.readUInt16BE(at + 2) : short === 127 ? Number(data.readBigUInt64BE(at + 2)) : short;
      const code = (data[at] ?? 0) & 15;
      if (code === 8) return fail(new Error(`closed: ${data.subarray(at + head + 2).toString()}`));
      if (code === 9) socket.write(PONG);
      [left, at] = [size, at + head];
      if (size === 0) continue;
    }
  };
}

function markReader(onMark: () => void): (data: Buffer) => void {
  let tail = Buffer.alloc(0);
  return (chunk) => {
    const data = Buffer.concat([tail, chunk]);
    let from = 0;
    for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, from)) {
      onMark();
      from = at + MARK.length;
    }
    tail = Buffer.from(data.subarray(Math.max(from, data.length - MARK.length + 1)));
  };
}

function upgrade({ pathname, host }: URL, protocol: 'ws' | 'graphql'): string {
  const name = protocol === 'graphql' ? 'Sec-WebSocket-Protocol: graphql-transport-ws\r\n' : '';
  return `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${name}\r\n`;
}

function post({ pathname, host }: URL, body: string): string {
  return `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** A frame from a client, masked with zeros. */
function masked(text: string): Buffer {
  const body = Buffer.from(text);
  const size = body.length < 126 ? [0x80 | body.length] : [0xfe, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...size, 0, 0, 0, 0]), body]);
}

function report(message: FanoutReport): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  report({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
}
