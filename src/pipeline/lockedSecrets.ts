import { setTimeout as sleep } from 'node:timers/promises';
import type { Sealer } from '../access/seal.js';
import type { Database } from '../store/orm.js';
import { readSealedSecrets } from '../store/sealedSecret.js';

/** Most owners that a message names. */
const MOST_NAMED = 12;
const LOOK_MS = 30_000;

/**
 * Whose secrets no key opens that the platform has, as after a restore without its key: their sources cannot be read and their webhooks not be signed.
 * @param sealer null = there is no key
 * @returns for people, each once: `source einvoice`, `webhook 0123456789ab`
 */
export async function findLocked(database: Database, sealer: Pick<Sealer, 'hasKeyOf'> | null): Promise<string[]> {
  const secrets = await readSealedSecrets(database.fork());
  return [...new Set(secrets.filter(({ sealed }) => sealer?.hasKeyOf(sealed) !== true).map(({ owner }) => owner))];
}

/** What an operator is told of them, and what to do. @param owners as {@link findLocked} has them, at least one */
export function describeLocked(owners: readonly string[]): string {
  const more = owners.length > MOST_NAMED ? ` and ${owners.length - MOST_NAMED} more` : '';
  return `no key here opens the secrets of ${owners.slice(0, MOST_NAMED).join(', ')}${more}: add the key that sealed them to SECRETS_KEY_FILE, as a line of its own, or set these secrets again`;
}

/** What {@link watchLocked} needs. */
export interface LockedOptions {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly warn: (message: string) => void;
  readonly log: (message: string) => void;
  readonly signal: AbortSignal;
  readonly lookMs?: number;
}

/**
 * Warns of secrets that cannot be opened, and looks again, while there are any, until they were set again.
 * @returns whether there are any now
 */
export async function watchLocked({
  database,
  sealer,
  warn,
  log,
  signal,
  lookMs,
}: LockedOptions): Promise<() => boolean> {
  let owners = await findLocked(database, sealer);
  const lookAgain = async (): Promise<void> => {
    while (owners.length > 0) {
      await sleep(lookMs ?? LOOK_MS, undefined, { signal, ref: false });
      owners = await findLocked(database, sealer).catch(() => owners);
    }
    log('all secrets can be opened now');
  };
  if (owners.length > 0) {
    warn(`SECRETS_KEY: ${describeLocked(owners)}`);
    // Ends with the signal.
    void lookAgain().catch(() => undefined);
  }
  return () => owners.length > 0;
}
