import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { jwtVerify, SignJWT } from 'jose';
import { describeError, PlatformError } from '../domain/errors.js';
import { ENTITY_CLAIM, invalid, ROLE_CLAIM, viewerOfClaims } from './claim.js';
import { FOLDER_ADVICE, makeKeyFolder } from './keyFolder.js';
import { explainToken, type SignedIn } from './signedIn.js';
import type { Role } from './viewer.js';

/** `iss` and `aud` of the platform's own tokens. */
export const LOCAL_ISSUER = 'dti-graph';

/** Longest life of a local token, in seconds. */
export const MAX_LOCAL_SECONDS = 86_400;

/** Clocks of two gateways may differ by this. It never lengthens a token's life. */
const CLOCK_SECONDS = 5;

/** The key that local tokens are signed with. */
export interface LocalKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly alg: 'EdDSA' | 'ES256';
}

/**
 * Reads the key of local tokens: PEM (PKCS #8), Ed25519 or P-256.
 * @param mayMake makes one, mode 0600, when the file is not there
 * @param onMade told when it has made one
 * @throws PlatformError CONFIG_INVALID when there is none or it cannot be used
 */
export async function openLocalKey(
  file: string,
  mayMake: boolean,
  onMade: () => void = () => undefined,
): Promise<LocalKey> {
  try {
    return readKey(await readFile(file));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || !mayMake) throw unusable(file, isMissing ? 'it is not there' : describeError(error));
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${randomUUID()}`;
  try {
    await makeKeyFolder(file);
    await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
    // Of two processes that start at once, one makes the key and both use it; nobody ever reads half a file.
    await link(draft, file).then(onMade, (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw unusable(file, `it is not there and cannot be made (${describeError(error)}). ${FOLDER_ADVICE}`);
  } finally {
    await rm(draft, { force: true });
  }
  try {
    return readKey(await readFile(file));
  } catch (error) {
    throw unusable(file, describeError(error));
  }
}

function readKey(pem: Buffer): LocalKey {
  const privateKey = createPrivateKey(pem);
  const isP256 = privateKey.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (privateKey.asymmetricKeyType !== 'ed25519' && !isP256)
    throw new Error('it is neither an Ed25519 nor a P-256 key');
  return { privateKey, publicKey: createPublicKey(privateKey), alg: isP256 ? 'ES256' : 'EdDSA' };
}

function unusable(file: string, reason: string): PlatformError {
  const message = `JWT_KEY_FILE: ${file} cannot be used, ${reason}. It is a private key in PEM, Ed25519 or P-256: openssl genpkey -algorithm ed25519.`;
  return new PlatformError('CONFIG_INVALID', message);
}

/** Whom a token is for. */
export interface TokenRequest {
  readonly role: Role;
  /** `GSO-2025:79`; for officers, null for others. */
  readonly entityKey: string | null;
  /** Whom the audit names. */
  readonly subject: string;
  /** Life in seconds, at most {@link MAX_LOCAL_SECONDS}. */
  readonly expiresInSeconds: number;
}

/** Signs a token for somebody who can read the key file. */
export async function issueToken(key: LocalKey, request: TokenRequest, now = new Date()): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const entity = request.entityKey === null ? {} : { [ENTITY_CLAIM]: request.entityKey };
  return new SignJWT({ [ROLE_CLAIM]: request.role, ...entity })
    .setProtectedHeader({ alg: key.alg, typ: 'JWT' })
    .setIssuer(LOCAL_ISSUER)
    .setAudience(LOCAL_ISSUER)
    .setSubject(request.subject)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + request.expiresInSeconds)
    .sign(key.privateKey);
}

/**
 * Verifies a local token.
 * @throws PlatformError AUTH_INVALID
 */
export async function verifyLocalToken(key: LocalKey, token: string): Promise<SignedIn> {
  const { payload } = await jwtVerify(token, key.publicKey, {
    ...{ algorithms: [key.alg], issuer: LOCAL_ISSUER, audience: LOCAL_ISSUER, clockTolerance: CLOCK_SECONDS },
    ...{ requiredClaims: ['exp', 'iat', 'sub', 'jti'], maxTokenAge: MAX_LOCAL_SECONDS },
  }).catch((error: unknown) => {
    throw explainToken(error);
  });
  const expiresAt = Number(payload.exp) * 1000;
  if (expiresAt <= Date.now()) throw invalid('the token has expired');
  return {
    viewer: viewerOfClaims(payload, 'local'),
    expiresAt,
    credential: { kind: 'token', id: String(payload.jti) },
  };
}
