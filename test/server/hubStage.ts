import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Platform } from '../../src/graph/context.js';
import type { FlowField, Flown, LiveField, Told } from '../../src/graph/live.js';
import { Hub } from '../../src/server/hub.js';
import type { Bounds, SharedOperation } from '../../src/server/hubGroup.js';
import { Peer, SocketSink } from '../../src/server/socketSink.js';

type Feed = Platform['feed'];
type Revision = Parameters<LiveField<unknown>['concerns']>[0];

/** A message as its client reads it. */
export interface Read {
  readonly id: string;
  readonly type: string;
  readonly payload?: { readonly data: { readonly from: number | null; readonly to: number } };
}

/** Revisions that a test announces. */
export class TestFeed implements Feed {
  head = 1;
  /** Revisions of another history. */
  readonly lost = new Set<number>();
  readonly #handlers: ((revision: Revision) => void | Promise<void>)[] = [];
  #waiting: (() => void)[] = [];

  onRevision(handle: (revision: Revision) => void | Promise<void>): void {
    this.#handlers.push(handle);
  }

  async announce(roundId = 1): Promise<number> {
    const shared = { kind: 'SNAPSHOT', roundIds: [roundId], sourceId: null, committedAt: new Date() } as const;
    const revision: Revision = { id: this.head + 1, snapshotId: 1, ...shared };
    for (const handle of this.#handlers) await handle(revision);
    this.head += 1;
    this.#wake();
    return this.head;
  }

  changed(after: number, signal: AbortSignal): Promise<void> {
    if (this.head > after || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async reach(revision: number, signal: AbortSignal): Promise<boolean> {
    while (this.head < revision && !signal.aborted) await this.changed(this.head, signal);
    return this.head >= revision;
  }

  async knows(revision: number): Promise<boolean> {
    return revision <= this.head && !this.lost.has(revision);
  }

  async close(): Promise<void> {
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What it tells is where it begins and ends; who has a revision before 0 is told everything. */
export class Span implements LiveField<{ from: number | null; to: number; filler: string }> {
  /** What it was asked: `base-head`. */
  readonly asked: string[] = [];
  /** Thrown when it is asked. */
  failure: Error | null = null;
  /** Waited for before it answers. */
  pause: Promise<void> | null = null;

  constructor(
    readonly filler = '',
    readonly roundId = 1,
  ) {}

  concerns({ roundIds }: Revision): boolean {
    return roundIds.includes(this.roundId);
  }

  async tell(
    base: number | null,
    head: number,
  ): Promise<Told<{ from: number | null; to: number; filler: string }> | null> {
    this.asked.push(`${base}-${head}`);
    await this.pause;
    if (this.failure !== null) throw this.failure;
    if (base === head) return null;
    return {
      event: { from: base !== null && base > head ? null : base, to: head, filler: this.filler },
      revision: head,
    };
  }
}

/** Numbers that a test lets flow. */
export class Numbers implements FlowField<{ from: null; to: number }> {
  readonly key = 'numbers';
  /** How often it was followed. */
  followed = 0;
  failures = 0;
  #count = 0;
  #isOver = false;
  #wake: () => void = () => undefined;
  #end: () => void = () => undefined;

  async follow(wake: () => void, signal: AbortSignal): Promise<void> {
    this.followed += 1;
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the database restarts');
    }
    this.#wake = wake;
    wake();
    if (this.#isOver) return;
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  tell(base: number | null): Flown<{ from: null; to: number }> | null {
    if (base === this.#count && !this.#isOver) return null;
    const first = base === null ? Math.max(this.#count, 1) : base + 1;
    const numbers = Array.from({ length: Math.max(this.#count - first + 1, 0) }, (_, at) => first + at);
    if (numbers.length === 0 && !this.#isOver) return null;
    return { events: numbers.map((to) => ({ from: null, to })), revision: this.#count, isOver: this.#isOver };
  }

  add(count: number): void {
    this.#count += count;
    this.#wake();
  }

  finish(): void {
    this.#isOver = true;
    this.#end();
  }
}

/** An operation whose answer is the event. */
export function operationOf(field: SharedOperation['field'], key = 'one', scope = 'public'): SharedOperation {
  return {
    ...{ key, scope, field },
    execute: async (event) => JSON.stringify({ data: event }),
    explain: (error) => JSON.stringify([{ message: String(error) }]),
  };
}

/** A subscription, seen from both ends. */
export interface Subscriber {
  readonly socket: WebSocket;
  readonly peer: Peer;
  /** What was read, without the filler. */
  readonly read: Read[];
  /** How many ends its protocol was told of. */
  readonly ends: string[];
  leave(): void;
}

/** A hub on real sockets, without a graph. */
export async function openHub(bounds: Partial<Bounds> = {}) {
  const failures: unknown[] = [];
  const hub = new Hub({ onFailure: (error) => failures.push(error), bounds: { retryMs: 5, ...bounds } });
  const feed = new TestFeed();
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  const peers = new Map<string, Peer>();
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => undefined);
    peers.set(request.url ?? '', new Peer(socket, request.socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let last = 0;
  onTestFinished(() => {
    hub.close();
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });

  async function join(operation: SharedOperation, since: number | null = null, id = '1'): Promise<Subscriber> {
    last += 1;
    const path = `/${last}`;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { maxPayload: 2 ** 30 });
    const read: Read[] = [];
    const ends: string[] = [];
    socket.on('message', (data) => {
      const { payload, ...message } = JSON.parse(String(data));
      if (payload?.data) delete payload.data.filler;
      read.push({ ...message, ...(payload === undefined ? {} : { payload }) });
    });
    socket.on('error', () => undefined);
    await once(socket, 'open');
    const peer = peers.get(path);
    if (peer === undefined) throw new Error('the server does not know the socket');
    const end = { silently: () => void ends.push('silently'), inOrder: () => void ends.push('in order') };
    const leave = hub.join(feed, operation, since, new SocketSink(peer, id, end));
    peer.socket.on('close', leave);
    return { socket, peer, read, ends, leave };
  }
  return { hub, feed, failures, join };
}
