import { issueToken, MAX_LOCAL_SECONDS, openLocalKey } from '../access/localToken.js';
import { ROLES } from '../access/viewer.js';
import { type Config, DATA_FOLDER } from '../config.js';
import { PlatformError } from '../domain/errors.js';
import { UsageError } from './failure.js';

/** How long a token is good when nothing is said. */
export const DEFAULT_SECONDS = 3600;

/** What the command line says, as text. */
export interface TokenArguments {
  readonly role?: string | undefined;
  readonly entity?: string | undefined;
  readonly expires?: string | undefined;
  readonly subject?: string | undefined;
}

/**
 * Makes a token for whoever can read the key file; needs no running platform.
 * @param warn told, as one line, when there was no key and one was made
 * @returns the token alone
 * @throws UsageError; PlatformError AMBIGUOUS_CODE, CONFIG_INVALID
 */
export async function makeToken(config: Config, given: TokenArguments, warn: (line: string) => void): Promise<string> {
  if (!config.localTokens) {
    const advice = 'Sign in there for a token; or set LOCAL_TOKENS=1, here and on the platform, to take both.';
    throw new PlatformError('CONFIG_INVALID', `Tokens come from OIDC_ISSUER, so local ones are not taken. ${advice}`);
  }
  const role = ROLES.find((each) => each === given.role);
  if (role === undefined) throw wrong(`--role must be one of ${ROLES.join(', ')}`);
  if (role === 'officer' && given.entity === undefined) throw wrong('an officer needs --entity, such as GSO-2025:79');
  const { expires = String(DEFAULT_SECONDS), subject = role } = given;
  const expiresInSeconds = Number(expires);
  if (!/^\d+$/.test(expires) || expiresInSeconds < 1 || expiresInSeconds > MAX_LOCAL_SECONDS) {
    throw wrong(`--expires must be 1 to ${MAX_LOCAL_SECONDS} seconds`);
  }
  if (!/^[\w.@-]{1,100}$/.test(subject)) throw wrong('--subject must be letters, digits and . @ _ - only');
  const entityKey = given.entity === undefined ? null : await findEntityKey(given.entity);
  const file = config.jwtKeyFile;
  const key = await openLocalKey(file, config.mayMakeKeys, () =>
    warn(`made a new key in ${file}; a running platform with another DATA_DIR will not know it`),
  );
  return issueToken(key, { role, entityKey, subject, expiresInSeconds });
}

/** `GSO-2025:79`, or a code that only one entity has. */
async function findEntityKey(text: string): Promise<string> {
  const { readReferenceFiles } = await import('../pipeline/readReferenceFiles.js');
  const { content } = await readReferenceFiles(DATA_FOLDER, new Date().getFullYear());
  const found = content.entities.filter(({ key, code }) => key === text || code === text);
  const [entity] = found;
  if (entity === undefined) throw wrong(`there is no entity ${text}`);
  if (found.length === 1) return entity.key;
  const list = found.map(({ key, name }) => `${key} (${name.en})`).join(', ');
  throw new PlatformError('AMBIGUOUS_CODE', `The code "${text}" names several entities: ${list}. Give one of these.`);
}

function wrong(message: string): UsageError {
  return new UsageError(message);
}
