import type { ConnectorContext } from '../../domain/connector.js';
import { compilePath } from '../decode/path.js';
import { syncFailure } from '../failure.js';
import type { Ask } from './ask.js';
import { compilePredicate } from './predicate.js';
import { readText } from './readDocument.js';
import type { JobSpec } from './streamSchema.js';
import type { Scope, ScopeValue } from './template.js';
import { RESPONSE_VARIABLES } from './text.js';
import { addressOf, compileRequest, type SharedParts } from './writeRequest.js';

/** An export that is ready: the placeholders of what is fetched, and the address that relative ones start from. */
export interface FinishedJob {
  readonly scope: Scope;
  readonly address: string;
}

/**
 * Orders an export and waits until it is ready.
 * @returns the scope with `job.id` and `job.result`
 * @throws PlatformError SYNC_PROTOCOL when it has no name; SYNC_TRANSIENT when it fails; SYNC_BOUND when it takes too long
 */
export async function runJob(
  spec: JobSpec,
  shared: SharedParts,
  { ask, context, scope }: { readonly ask: Ask; readonly context: ConnectorContext; readonly scope: Scope },
): Promise<FinishedJob> {
  const submitted = await ask(compileRequest(spec.submit, shared), scope);
  const id =
    spec.id === undefined
      ? (submitted.response.headers.location ?? null)
      : readText(compilePath(spec.id)(submitted.document));
  if (id === null) {
    const where = spec.id ?? 'its Location header';
    throw syncFailure('SYNC_PROTOCOL', `The answer to the order of an export does not name it in ${where}.`);
  }
  // A Location may be a whole address; its last piece is the name.
  const name = spec.id === undefined ? (id.replace(/\/$/, '').split('/').at(-1) ?? id) : id;
  const named: Scope = new Map<string, ScopeValue>([...scope, ['job.id', name]]);
  const poll = compileRequest(spec.poll, shared);
  const isDone = compilePredicate(spec.done, RESPONSE_VARIABLES);
  const isFailed = spec.failed === undefined ? () => false : compilePredicate(spec.failed, RESPONSE_VARIABLES);
  for (let number = 1; number <= spec.maxPolls; number += 1) {
    await context.wait(spec.intervalSeconds * 1000);
    const answer = await ask(poll, named);
    const seen = { body: answer.document, status: answer.response.status, headers: answer.response.headers };
    if (isFailed(seen))
      throw syncFailure('SYNC_TRANSIENT', `The source could not make the export ${name}. It may pass by itself.`);
    if (!isDone(seen)) continue;
    const result = spec.result === undefined ? null : readText(compilePath(spec.result)(answer.document));
    if (spec.result !== undefined && result === null) {
      throw syncFailure('SYNC_PROTOCOL', `The export ${name} is ready, but there is no result in ${spec.result}.`);
    }
    const address = addressOf(answer.request, context.settings.baseUrl);
    return { scope: new Map([...named, ['job.result', result]]), address };
  }
  const limit = spec.maxPolls * spec.intervalSeconds;
  throw syncFailure(
    'SYNC_BOUND',
    `The export ${name} was not ready after ${spec.maxPolls} questions (${limit} s). Raise job.maxPolls.`,
  );
}
