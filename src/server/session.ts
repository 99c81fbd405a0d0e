import type { SignedIn } from '../access/signedIn.js';
import type { Credential } from '../domain/credential.js';

/** How long a socket may outlive the revocation of its credential, at most. */
const REVOCATION_MS = 2_000;
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Clients of graphql-ws connect again after this code, and then ask for a new token, if they have a function that makes one. */
const CLOSE_FORBIDDEN = 4403;

/** A connection that ends with its credential: a WebSocket, or a stream of events. */
export interface Connected {
  close(code: number, reason: string): void;
  once(event: 'close', callback: () => void): unknown;
}

/** What {@link Sessions} needs. */
export interface SessionOptions {
  /** Those of the credentials that were revoked. */
  readonly findRevoked: (credentials: readonly Credential[]) => Promise<readonly Credential[]>;
  /** Told when they cannot be found out; it is tried again. */
  readonly onFailure: (error: unknown) => void;
  /** Time between two looks at what was revoked, in milliseconds. */
  readonly intervalMs?: number;
}

/**
 * Ends connections with their credentials: at the moment of expiry by a timer each, after a revocation by one look at the database every two
 * seconds, however many sockets there are. A revocation is a row that any gateway wrote, so it is looked up rather than announced.
 */
export class Sessions {
  readonly #sockets = new Map<Connected, Credential>();
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  constructor(readonly options: SessionOptions) {
    this.#timer = setInterval(() => void this.#look(), options.intervalMs ?? REVOCATION_MS);
    this.#timer.unref();
  }

  /** Binds a socket to what it signed in with, until it closes. */
  bind(socket: Connected, { expiresAt, credential }: SignedIn): void {
    const stopTimer = expiresAt === null ? () => undefined : expireAt(socket, expiresAt);
    if (credential !== null) this.#sockets.set(socket, credential);
    socket.once('close', () => {
      stopTimer();
      this.#sockets.delete(socket);
    });
  }

  /** Stops looking. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#sockets.size === 0) return;
    this.#isLooking = true;
    try {
      const nameOf = ({ kind, id }: Credential) => `${kind} ${id}`;
      const distinct = new Map([...this.#sockets.values()].map((each) => [nameOf(each), each]));
      const revoked = new Set((await this.options.findRevoked([...distinct.values()])).map(nameOf));
      for (const [socket, credential] of this.#sockets) {
        if (revoked.has(nameOf(credential))) socket.close(CLOSE_FORBIDDEN, 'The credentials were revoked');
      }
    } catch (error) {
      this.options.onFailure(error);
    } finally {
      this.#isLooking = false;
    }
  }
}

/** Closes a socket at a time; returns what stops that. */
function expireAt(socket: Connected, time: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const leftMs = time - Date.now();
    if (leftMs <= 0) socket.close(CLOSE_FORBIDDEN, 'The credentials have expired; connect again with new ones');
    else timer = setTimeout(arm, Math.min(leftMs, MAX_TIMER_MS));
  };
  arm();
  return () => clearTimeout(timer);
}
