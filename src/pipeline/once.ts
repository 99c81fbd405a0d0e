import { PlatformError } from '../domain/errors.js';
import { findWrite, keepWrite } from '../store/idempotentWrite.js';
import type { Database } from '../store/orm.js';
import type { SourceLibrary } from './sourceLibrary.js';

const MAX_KEY_CHARACTERS = 200;

/** A write as somebody asks for it. */
export interface WriteRequest {
  readonly operation: string;
  /** JSON data; may hold secrets, of which only a keyed hash is kept. */
  readonly input: unknown;
  /** Who asks; null = the platform itself. */
  readonly subject: string | null;
  /** null = the write is done whenever it is asked for. */
  readonly key: string | null;
}

/** Writes with a key that this process is doing; the same one again waits for the first. */
const underWay = new Map<string, Promise<unknown>>();

/**
 * Does a write once for each key: the same key with the same input gets the outcome of the first time. What failed is done anew. Two processes that get the
 * same key within the same moment both do it; the writes of sources find what is done already.
 * @param work its outcome must be JSON data
 * @throws PlatformError IDEMPOTENCY_KEY_REUSED when the key came with another input; BAD_USER_INPUT for a key that is empty or too long
 */
export async function once<Outcome>(
  database: Database,
  { sealer }: SourceLibrary,
  request: WriteRequest,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const { operation, input, key } = request;
  if (key === null) return work();
  if (key === '' || key.length > MAX_KEY_CHARACTERS) {
    throw new PlatformError('BAD_USER_INPUT', `An idempotencyKey has 1 to ${MAX_KEY_CHARACTERS} characters.`);
  }
  const id = { subject: request.subject ?? '', key };
  const name = JSON.stringify(id);
  await underWay.get(name)?.catch(() => undefined);
  const fingerprint = sealer.fingerprint(JSON.stringify([operation, input]));
  const doing = (async () => {
    const done = await findWrite(database.fork(), id);
    if (done !== null) {
      if (done.operation === operation && done.fingerprint === fingerprint) return done.outcome as Outcome;
      const message = `The idempotencyKey was used for another ${done.operation}. Take a new key for a new request.`;
      throw new PlatformError('IDEMPOTENCY_KEY_REUSED', message);
    }
    const outcome = await work();
    await keepWrite(database.fork(), id, { operation, fingerprint, outcome });
    return outcome;
  })();
  underWay.set(name, doing);
  return doing.finally(() => {
    if (underWay.get(name) === doing) underWay.delete(name);
  });
}
