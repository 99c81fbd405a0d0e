import { WebSocket } from 'ws';

/** An answer of GraphQL over either transport. */
export interface GraphqlAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on the shape that they asked for
  readonly data?: any;
  readonly errors?: readonly { message: string; path?: readonly (string | number)[]; extensions: { code: string } }[];
}

/** A message of the protocol graphql-transport-ws. */
export interface SocketMessage {
  readonly type: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: depends on the type of the message
  readonly payload?: any;
}

/** How a WebSocket ended. */
export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

/** Sends an operation by POST; `status` is that of HTTP. With a token or API key as that viewer. */
export async function postGraphql(
  url: string,
  query: string,
  variables?: Readonly<Record<string, unknown>>,
  operationName?: string,
  token?: string,
): Promise<GraphqlAnswer & { readonly status: number }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables, operationName }),
  });
  return { ...((await response.json()) as GraphqlAnswer), status: response.status };
}

/**
 * A client of graphql-transport-ws that queues what arrives, so that a test takes messages one by one, in order, and none is lost
 * between two waits (after enisdenjo/graphql-ws `tests/utils/tclient.ts`).
 */
export class GraphqlSocket {
  /** Resolves when the connection is over, whoever ended it. */
  readonly ended: Promise<SocketEnd>;
  readonly #socket: WebSocket;
  readonly #queue: SocketMessage[] = [];
  readonly #waiting: (() => void)[] = [];
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake();
      });
    });
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      this.#queue.push(JSON.parse(String(data)) as SocketMessage);
      this.#wake();
    });
  }

  /** Opens a socket without the handshake of the protocol. */
  static async open(url: string, protocol = 'graphql-transport-ws'): Promise<GraphqlSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, protocol);
    const client = new GraphqlSocket(socket);
    await new Promise((resolve) => {
      socket.once('open', resolve);
      socket.once('close', resolve);
    });
    return client;
  }

  /** Opens a socket that is ready for operations. */
  static async connect(url: string, payload?: Readonly<Record<string, unknown>>): Promise<GraphqlSocket> {
    const client = await GraphqlSocket.open(url);
    client.send({ type: 'connection_init', payload });
    const answer = await client.next();
    if (answer.type !== 'connection_ack') throw new Error(`expected connection_ack, received ${answer.type}`);
    return client;
  }

  /** Sends anything, also what breaks the protocol. */
  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Starts an operation and returns its id. */
  subscribe(query: string, variables?: Readonly<Record<string, unknown>>, operationName?: string): string {
    this.#lastId += 1;
    const id = String(this.#lastId);
    this.send({ type: 'subscribe', id, payload: { query, variables, operationName } });
    return id;
  }

  /** Ends an operation. */
  complete(id: string): void {
    this.send({ type: 'complete', id });
  }

  /** The oldest message that was not taken yet; waits for one. With an id, the oldest of that operation. */
  async next(options: { readonly id?: string; readonly timeoutMs?: number } = {}): Promise<SocketMessage> {
    const { id, timeoutMs = 60_000 } = options;
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const at = this.#queue.findIndex((message) => id === undefined || message.id === id);
      const [found] = at < 0 ? [] : this.#queue.splice(at, 1);
      if (found !== undefined) return found;
      if (this.#socket.readyState === WebSocket.CLOSED) throw new Error('the socket is closed and no message is left');
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw new Error(`no message within ${timeoutMs} ms`);
      await this.#arrival(leftMs);
    }
  }

  /** Closes from the client's side and waits until it is over. */
  async close(): Promise<SocketEnd> {
    this.#socket.close(1000);
    return await this.ended;
  }

  async #arrival(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
