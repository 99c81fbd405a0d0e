import { Authenticator } from './access/authenticator.js';
import { openLocalKey } from './access/localToken.js';
import { OidcVerifier } from './access/oidc.js';
import type { Config } from './config.js';
import { openCredentials } from './store/credential.js';
import type { Database } from './store/orm.js';

/**
 * Opens what says who asks: local tokens, the OpenID Connect issuer, API keys.
 * @throws PlatformError CONFIG_INVALID when the key of local tokens cannot be used
 */
export async function openAuthenticator(config: Config, database: Database): Promise<Authenticator> {
  return new Authenticator({
    localKey: config.localTokens ? await openLocalKey(config.jwtKeyFile, config.mayMakeKeys) : null,
    oidc: config.oidc === null ? null : new OidcVerifier(config.oidc),
    store: openCredentials(database),
  });
}
