import type { Message } from './message.js';

/** Where one subscription's messages go: an operation of a WebSocket, or a stream of events. No function of it throws or waits. */
export interface Sink {
  /** Bytes of its connection that were handed over and that the client has not taken yet. */
  readonly unreadBytes: number;
  /** Hands an answer over. */
  next(message: Message): void;
  /** Ends the subscription with errors; the connection stays. */
  fail(errors: Message): void;
  /** Ends the subscription in order. */
  complete(): void;
  /** Ends the connection, because its client reads too little. */
  cut(): void;
  /** Calls back once, when the client has taken everything that was handed over. */
  whenRead(callback: () => void): void;
}
