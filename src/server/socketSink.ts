import type { Socket } from 'node:net';
import type { WebSocket } from '@fastify/websocket';
import type { Message } from './message.js';
import type { Sink } from './sink.js';

/** Text frame that is a whole message. */
const FINAL_TEXT = 0x81;
/** Ids up to this length are often the same for many clients (`1`), so that they share the whole frame; longer ones are random. */
const SHORT_ID = 8;
/** Frames of one message that are kept, one for each short id. */
const MAX_FRAMES = 64;
/** Longest message that gets such frames, in bytes: of a longer one 64 copies would take more than the second write costs. */
const MAX_FRAMED_BYTES = 64 * 1024;
/** Longest wait for a client to take the reason of its end. */
const GOODBYE_MS = 1_000;

/** Close code of a client that leaves too much unread: clients of graphql-ws connect again after it, and resume by `since`. */
const CLOSE_UNREAD = 4413;

/** The connection of a client, with the lists of those who wait on it. */
export class Peer {
  readonly #waiting: (() => void)[] = [];

  /** @param raw the connection below the WebSocket */
  constructor(
    readonly socket: WebSocket,
    readonly raw: Socket,
  ) {}

  /** Bytes that the client has not taken yet. */
  get unreadBytes(): number {
    return this.raw.writableLength;
  }

  /** Bytes that the client has taken since it connected. */
  get readBytes(): number {
    return this.raw.bytesWritten - this.raw.writableLength;
  }

  /** Whether it can be told anything. */
  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Calls back once, when the client has taken everything. */
  whenRead(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.#waiting.length > 1) return;
    const tell = (): void => {
      for (const each of this.#waiting.splice(0)) each();
    };
    if (this.raw.writableNeedDrain) this.raw.once('drain', tell);
    else setImmediate(tell);
  }

  /** Ends the connection of a client that reads too little. */
  cut(): void {
    if (!this.isOpen) return;
    this.socket.close(CLOSE_UNREAD, 'Too much was left unread; connect again and resume by `since`');
    // The reason stands behind all that was not read.
    setTimeout(() => this.socket.terminate(), GOODBYE_MS).unref();
  }
}

/** How an operation of the library of the protocol ends. */
export interface OperationEnd {
  /** Nothing more is to be sent. */
  silently(): void;
  /** The client is to be told that it is complete. */
  inOrder(): void;
}

/** The end of a message `{"id":…,"type":…,"payload":…}`, and whole frames of it by id. */
interface Framed {
  readonly tail: Buffer;
  readonly frames: Map<string, Buffer>;
}

/**
 * Where an operation of graphql-transport-ws is told. Messages go to the connection below the WebSocket, framed here: for plain ws each client costs
 * a header and two writes, and so it does here, with the id in the header's buffer and the rest shared by all. This is correct because nothing
 * is compressed and no other message is sent in fragments.
 */
export class SocketSink implements Sink {
  readonly #prefix: string;

  constructor(
    readonly peer: Peer,
    readonly id: string,
    readonly end: OperationEnd,
  ) {
    this.#prefix = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  }

  get unreadBytes(): number {
    return this.peer.unreadBytes;
  }

  next(message: Message): void {
    this.#write(this.#prefix, message.form(toFramed));
  }

  fail(errors: Message): void {
    const { tail } = errors.form(toFramed);
    this.#write(`{"id":${JSON.stringify(this.id)},"type":"error","payload":`, { tail, frames: null });
    this.end.silently();
  }

  complete(): void {
    this.end.inOrder();
  }

  cut(): void {
    this.peer.cut();
  }

  whenRead(callback: () => void): void {
    this.peer.whenRead(callback);
  }

  #write(prefix: string, { tail, frames }: Pick<Framed, 'tail'> & { readonly frames: Framed['frames'] | null }): void {
    const { peer, id } = this;
    if (!peer.isOpen) return;
    const { raw } = peer;
    const known = frames?.get(id);
    if (known !== undefined) return void raw.write(known);
    if (frames !== null && id.length <= SHORT_ID && frames.size < MAX_FRAMES && tail.length <= MAX_FRAMED_BYTES) {
      const frame = Buffer.concat([headOf(prefix, tail.length), tail]);
      frames.set(id, frame);
      return void raw.write(frame);
    }
    raw.cork();
    raw.write(headOf(prefix, tail.length));
    raw.write(tail);
    raw.uncork();
  }
}

function toFramed(payload: string): Framed {
  return { tail: Buffer.from(`${payload}}`), frames: new Map() };
}

/** The header of a frame with the beginning of its text. */
function headOf(prefix: string, tailBytes: number): Buffer {
  const prefixBytes = Buffer.byteLength(prefix);
  const length = prefixBytes + tailBytes;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.allocUnsafe(2 + lengthBytes + prefixBytes);
  head[0] = FINAL_TEXT;
  head[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) head.writeUInt16BE(length, 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(length), 2);
  head.write(prefix, 2 + lengthBytes);
  return head;
}
