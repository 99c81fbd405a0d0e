import type { ServerResponse } from 'node:http';
import type { Message } from './message.js';
import type { Sink } from './sink.js';

/** Time between comments that keep proxies from ending a quiet stream. */
const KEEP_ALIVE_MS = 12_000;

/** An answer that goes on: `text/event-stream`, as graphql-sse writes it for a connection of its own. */
export class EventStream {
  readonly #timer: NodeJS.Timeout;
  #readBytes = 0;

  /** @param response without a head; @param headers that it has besides those of a stream */
  constructor(
    readonly response: ServerResponse,
    headers: Readonly<Record<string, string | number | string[] | undefined>>,
  ) {
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would keep the events until it has a page of them.
      'x-accel-buffering': 'no',
    });
    // Some browsers take a stream for open with its first bytes only.
    response.write(':\n\n');
    this.#timer = setInterval(() => this.#keepAlive(), KEEP_ALIVE_MS);
    response.once('close', () => clearInterval(this.#timer));
    response.on('error', () => undefined);
  }

  /** Whether it can take anything. */
  get isOpen(): boolean {
    return !this.response.writableEnded && !this.response.destroyed;
  }

  /** Writes an answer. @param payload as JSON */
  next(payload: string): void {
    this.write(toEvent(payload));
  }

  /** Writes something as it is. */
  write(bytes: Buffer): void {
    if (this.isOpen) this.response.write(bytes);
  }

  /** Ends it in order. */
  complete(): void {
    if (this.isOpen) this.response.end('event: complete\ndata:\n\n');
  }

  /** Ends it so that the client connects again. */
  cut(): void {
    this.response.destroy();
  }

  /** A client that takes nothing while something waits for it is not there any more. */
  #keepAlive(): void {
    const { response } = this;
    const { socket, writableLength } = response;
    const readBytes = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
    if (writableLength === 0) response.write(':\n\n');
    else if (readBytes === this.#readBytes) response.destroy();
    this.#readBytes = readBytes;
  }
}

/** Where the subscription of a stream is told. */
export class EventSink implements Sink {
  /** @param end ends the subscription, after which the stream is completed */
  constructor(
    readonly stream: EventStream,
    readonly end: () => void,
  ) {}

  get unreadBytes(): number {
    return this.stream.response.writableLength;
  }

  next(message: Message): void {
    this.stream.write(message.form(toEvent));
  }

  fail(errors: Message): void {
    this.stream.next(`{"errors":${errors.payload}}`);
    this.end();
  }

  complete(): void {
    this.end();
  }

  cut(): void {
    this.stream.cut();
  }

  whenRead(callback: () => void): void {
    const { response } = this.stream;
    if (response.writableNeedDrain) response.once('drain', callback);
    else setImmediate(callback);
  }
}

function toEvent(payload: string): Buffer {
  return Buffer.from(`event: next\ndata: ${payload}\n\n`);
}
