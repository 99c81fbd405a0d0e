import { randomBytes } from 'node:crypto';
import { PlatformError } from '../src/domain/errors.js';
import { SYSTEMS } from './systems/index.js';

/** What lets a client in. There are no defaults: the parent makes them up and tells both sides. */
export interface Credentials {
  readonly einvoice: { readonly username: string; readonly password: string };
  readonly publicServices: { readonly clientId: string; readonly clientSecret: string };
  readonly population: { readonly consumerCode: string; readonly secretKey: string };
  /** By key of the system and name of the secret, as `secrets` of the system lists them. */
  readonly systems: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Expected in `x-control-token` by the control interface. */
  readonly controlToken: string;
}

/** Makes new credentials, each secret of 192 random bits. */
export function generateCredentials(): Credentials {
  const secret = (): string => randomBytes(24).toString('base64url');
  return {
    einvoice: { username: 'dti-platform', password: secret() },
    publicServices: { clientId: 'dti-platform', clientSecret: secret() },
    population: { consumerCode: 'DTI-PLATFORM', secretKey: secret() },
    systems: Object.fromEntries(
      SYSTEMS.map(({ key, secrets }) => [key, Object.fromEntries(secrets.map((name) => [name, secret()]))]),
    ),
    controlToken: secret(),
  };
}

/**
 * Reads credentials as JSON, in the shape of {@link Credentials}.
 * @throws PlatformError CONFIG_INVALID that names the missing part, never its value
 */
export function parseCredentials(json: string): Credentials {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw new PlatformError('CONFIG_INVALID', 'The simulators got credentials that are not JSON.');
  }
  const text = (...path: readonly string[]): string => {
    let value = parsed;
    for (const name of path) {
      value =
        typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : null;
    }
    if (typeof value === 'string' && value !== '') return value;
    throw new PlatformError('CONFIG_INVALID', `The simulators' credentials have no "${path.join('.')}".`);
  };
  return {
    einvoice: { username: text('einvoice', 'username'), password: text('einvoice', 'password') },
    publicServices: {
      clientId: text('publicServices', 'clientId'),
      clientSecret: text('publicServices', 'clientSecret'),
    },
    population: { consumerCode: text('population', 'consumerCode'), secretKey: text('population', 'secretKey') },
    systems: Object.fromEntries(
      SYSTEMS.map(({ key, secrets }) => [
        key,
        Object.fromEntries(secrets.map((name) => [name, text('systems', key, name)])),
      ]),
    ),
    controlToken: text('controlToken'),
  };
}
