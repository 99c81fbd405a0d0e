import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '../access/authenticator.js';
import { NOT_SIGNED_IN, type SignedIn } from '../access/signedIn.js';
import { clientOf, Throttle } from '../access/throttle.js';
import { PlatformError } from '../domain/errors.js';
import { errorBody } from './error.js';

/** HTTP status of the failures of {@link Identity}, and of operations that were given up. */
const STATUS: Readonly<Record<string, number>> = {
  AUTH_INVALID: 401,
  AUTH_THROTTLED: 429,
  RATE_LIMITED: 429,
  AUTH_UNAVAILABLE: 503,
  TIMEOUT: 504,
};

/** What {@link Identity} needs. */
export interface IdentityOptions {
  /** Null = there is none yet, or nobody can sign in. */
  readonly authenticator: () => Authenticator | null;
  /** Requests and operations of one client a minute; 0 = any number. */
  readonly rateLimitPerMinute: number;
  /** Cost of the operations of one client a minute; 0 = any. */
  readonly costLimitPerMinute: number;
}

/** Says who asks, the same over HTTP and WebSocket, and how often they may. */
export class Identity {
  readonly #rate: Throttle | null;
  readonly #costs: Throttle | null;

  constructor(readonly options: IdentityOptions) {
    const { rateLimitPerMinute, costLimitPerMinute } = options;
    this.#costs = costLimitPerMinute === 0 ? null : new Throttle({ perMinute: costLimitPerMinute });
    this.#rate = rateLimitPerMinute === 0 ? null : new Throttle({ perMinute: rateLimitPerMinute });
  }

  /**
   * Says who asks.
   * @param authorization undefined = nobody has signed in; anything else must be right, else the public would be shown to somebody who expects more
   * @param address of the client
   * @throws PlatformError AUTH_INVALID, AUTH_THROTTLED, AUTH_UNAVAILABLE
   */
  async signIn(authorization: unknown, address: string): Promise<SignedIn> {
    if (authorization === undefined || authorization === null) return NOT_SIGNED_IN;
    const authenticator = this.options.authenticator();
    if (authenticator === null || typeof authorization !== 'string') {
      throw new PlatformError('AUTH_INVALID', 'The credentials are not valid: nobody can sign in with them here.');
    }
    return authenticator.authenticate(authorization, clientOf(address));
  }

  /**
   * Counts a request, a connection or an operation of one against the one who asks: by subject, or by address for the public.
   * @throws PlatformError RATE_LIMITED
   */
  count({ viewer }: SignedIn, address: string): void {
    const wait = this.#rate?.take(viewer.subject ?? clientOf(address)) ?? 0;
    if (wait === 0) return;
    const message = `${this.options.rateLimitPerMinute} requests a minute are allowed; try again in ${wait} s.`;
    throw new PlatformError('RATE_LIMITED', message, { details: { retryAfterSeconds: wait } });
  }

  /**
   * Counts what an operation costs that is about to be executed, against the one who asks; answers that are there already cost nothing, and of a
   * subscription one event counts.
   * @throws PlatformError RATE_LIMITED
   */
  spend({ viewer }: SignedIn, address: string, cost: number): void {
    const wait = this.#costs?.take(viewer.subject ?? clientOf(address), cost) ?? 0;
    if (wait === 0) return;
    const message = `Operations of a cost of ${this.options.costLimitPerMinute} a minute are allowed, this one costs ${cost}; try again in ${wait} s.`;
    throw new PlatformError('RATE_LIMITED', message, { details: { retryAfterSeconds: wait } });
  }

  /**
   * Finds out who sends a request. What goes wrong is answered with 401, 429 or 503.
   * @returns null = it was answered
   */
  admit(request: FastifyRequest, reply: FastifyReply): SignedIn | null | Promise<SignedIn | null> {
    // The same address answers differently to different people, and what is for one of them is not to be kept on the way.
    reply.header('vary', 'authorization');
    // Most requests, at once: the public without a limit of its rate.
    if (request.headers.authorization === undefined && this.#rate === null) return NOT_SIGNED_IN;
    return this.#admit(request, reply);
  }

  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<SignedIn | null> {
    try {
      const signedIn = await this.signIn(request.headers.authorization, request.ip);
      this.count(signedIn, request.ip);
      if (signedIn.viewer.subject !== null) reply.header('cache-control', 'private, no-store');
      return signedIn;
    } catch (error) {
      await this.refuse(error, reply);
      return null;
    }
  }

  /** Answers a failure of {@link Identity} with its status; throws every other one. */
  async refuse(error: unknown, reply: FastifyReply): Promise<FastifyReply> {
    const status = error instanceof PlatformError ? STATUS[error.code] : undefined;
    if (!(error instanceof PlatformError) || status === undefined) throw error;
    reply.code(status).header('cache-control', 'no-store');
    if (status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
    const { retryAfterSeconds } = error.details;
    if (typeof retryAfterSeconds === 'number') reply.header('retry-after', retryAfterSeconds);
    await reply.send(errorBody(error.code, error.message, error.details));
    return reply;
  }
}
