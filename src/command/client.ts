import type { Agent, RequestInit, Response } from 'undici';
import { describeError } from '../domain/errors.js';
import { AnswerError } from './failure.js';
import type { Session } from './session.js';

/** An error of GraphQL, as it is sent. */
export interface SentError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

/** An answer of GraphQL. */
export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly SentError[];
}

/** An answer with what HTTP says of it. */
export interface Received<Data> extends Answer<Data> {
  readonly status: number;
  /** Estimated cost of the operation; null = nothing was executed. */
  readonly cost: number | null;
}

/** An operation. */
export interface Operation {
  readonly query: string;
  readonly variables?: object;
  readonly operationName?: string;
}

/**
 * Sends an operation to the platform.
 * @throws AnswerError when the platform does not answer, or not in GraphQL
 */
export async function send<Data>(session: Session, operation: Operation): Promise<Received<Data>> {
  const response = await get(session, '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  const cost = response.headers.get('graphql-cost');
  try {
    const { data = null, errors = [] } = JSON.parse(text) as Answer<Data>;
    return { data, errors, status: response.status, cost: cost === null ? null : Number(cost) };
  } catch {
    throw new AnswerError('UNREACHABLE', `${session.url} answered ${response.status}, and not in GraphQL`);
  }
}

/**
 * Sends an operation that must succeed.
 * @throws AnswerError with the code of the first error and the messages of all
 */
export async function ask<Data>(session: Session, query: string, variables: object = {}): Promise<Data> {
  const { data, errors = [], status } = await send<Data>(session, { query, variables });
  if (errors.length > 0) {
    const code = errors[0]?.extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    throw new AnswerError(code, errors.map(({ message }) => message).join('\n'));
  }
  if (data !== undefined && data !== null) return data;
  throw new AnswerError('UNREACHABLE', `${session.url} answered ${status}, without data`);
}

/** Made with the first request: nothing of HTTP is loaded for a command that asks nobody. */
let patient: Promise<Pick<typeof import('undici'), 'fetch' | 'Headers'> & { readonly dispatcher: Agent }> | null = null;

/** Waits for the beginning of an answer as long as the connection stands: fetch by itself gives up after 300 s, and the round of all communes takes its time. */
function openPatient() {
  patient ??= import('undici').then(({ Agent, Headers, fetch }) => ({
    ...{ fetch, Headers },
    dispatcher: new Agent({ headersTimeout: 0 }),
  }));
  return patient;
}

/**
 * Asks for a path of the platform, signed in as the session is, and waits until it answers, the connection is lost or the console's signal aborts.
 * @throws AnswerError when nobody answers
 */
export async function get(session: Session, path: string, init: RequestInit = {}): Promise<Response> {
  const token = await session.token();
  const { fetch, Headers, dispatcher } = await openPatient();
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const { signal } = session.console;
  return fetch(`${session.url}${path}`, { signal, dispatcher, ...init, headers }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    // What undici says of a port that the fetch standard blocks, since other protocols live there.
    const isBlocked = cause instanceof Error && cause.message === 'bad port';
    const advice = isBlocked ? 'no HTTP request is sent to this port; give another --url' : 'start it, or give --url';
    throw new AnswerError('UNREACHABLE', `${session.url} does not answer (${describeError(cause)}); ${advice}`);
  });
}
