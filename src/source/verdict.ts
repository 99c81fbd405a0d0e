import type { ResponseVerdict, SourceResponse } from '../domain/connector.js';
import { describeError } from '../domain/errors.js';
import type { Exchange } from './exchange.js';
import { syncFailure } from './failure.js';
import { maskPersonal } from './personal.js';

/** A source may answer with pages of explanation. */
const MAX_REASON_CHARS = 300;

/** The verdict by status: 2xx is ok, 401 refreshes the authentication, 408, 429 and 5xx are retried, the rest fails. */
export function judgeByStatus(response: SourceResponse): ResponseVerdict {
  const { status } = response;
  if (status >= 200 && status < 300) return { kind: 'ok' };
  const reason = `status ${status}`;
  if (status === 401) return { kind: 'refresh_auth', reason };
  if (status === 408 || status === 429 || status >= 500) return { kind: 'retry', reason };
  if (status === 403)
    return { kind: 'fail', reason: `${reason}: the credentials do not allow this`, code: 'SYNC_AUTH' };
  if (status === 404) return { kind: 'fail', reason: `${reason}: check the base URL`, code: 'SYNC_CONFIG' };
  return { kind: 'fail', reason, code: 'SYNC_PROTOCOL' };
}

/**
 * Makes a verdict for a protocol: what the status says where it is not 2xx, a retry when the body cannot be read (half a body, or a page of HTML from a
 * proxy), else what the protocol says about what was read.
 * @param parse throws when the body is not what the protocol allows
 * @param judge decides about what was parsed
 */
export function judgeParsed<T>(
  parse: (body: string) => T,
  judge: (parsed: T) => ResponseVerdict = () => ({ kind: 'ok' }),
): (response: SourceResponse) => ResponseVerdict {
  return (response) => {
    const verdict = judgeByStatus(response);
    if (verdict.kind !== 'ok') return verdict;
    let parsed: T;
    try {
      parsed = parse(response.body);
    } catch (error) {
      return { kind: 'retry', reason: describeError(error) };
    }
    return judge(parsed);
  };
}

/** Says what a response means, at once or after decoding it. */
export type Judge = (response: SourceResponse) => ResponseVerdict | Promise<ResponseVerdict>;

/** The verdict about an exchange, with a short reason that carries no secret and nobody's number. */
export async function judgeOutcome(
  outcome: Exchange,
  judge: Judge,
  redact: (text: string) => string,
): Promise<ResponseVerdict> {
  const verdict: ResponseVerdict =
    outcome.kind === 'broken' ? { ...outcome, kind: 'retry' } : await judgeResponse(outcome.response, judge);
  if (verdict.kind === 'ok') return verdict;
  // Secrets are hidden before the cut, since half of one would not be recognised.
  return { ...verdict, reason: maskPersonal(redact(verdict.reason)).slice(0, MAX_REASON_CHARS).replace(/\.$/, '') };
}

/** A redirect is never for the connector to judge: following it could carry credentials to another host. */
function judgeResponse(response: SourceResponse, judge: Judge): ResponseVerdict | Promise<ResponseVerdict> {
  // 304 answers a conditional request, and leads nowhere.
  if (response.status < 300 || response.status >= 400 || response.status === 304) return judge(response);
  const target = response.headers.location ?? 'nowhere';
  const reason = `status ${response.status} redirects to ${target}; redirects are not followed, correct the base URL`;
  return { kind: 'fail', code: 'SYNC_PROTOCOL', reason };
}

/** The failure that a request ends with, once nothing is left to try. */
export function endRequest(verdict: ResponseVerdict, what: string, attempts: number, status: number | null): Error {
  const details = { attempts, status };
  if (verdict.kind === 'fail') return syncFailure(verdict.code, `${what} failed: ${verdict.reason}.`, details);
  if (verdict.kind === 'refresh_auth') {
    const message = `${what} was refused (${verdict.reason}) also with fresh credentials. Check the secrets of this source.`;
    return syncFailure('SYNC_AUTH', message, details);
  }
  // Whether it is tried again is for the one who asked to say: a preview is not.
  const { reason, advice = 'It may pass by itself.' } = verdict.kind === 'retry' ? verdict : { reason: 'no response' };
  return syncFailure('SYNC_TRANSIENT', `${what} failed ${attempts} times, last: ${reason}. ${advice}`, details);
}
