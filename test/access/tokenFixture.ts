import { Buffer } from 'node:buffer';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';

/** A key pair of a test's own. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly alg: string;
  readonly kid: string;
}

/** Makes a key pair. */
export function makeKey(alg: 'RS256' | 'ES256' | 'EdDSA', kid: string): TestKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  return { ...pair, alg, kid };
}

/** Signs claims as somebody who has the key. */
export function sign(
  { privateKey, alg, kid }: Pick<TestKey, 'alg' | 'privateKey' | 'kid'>,
  claims: Record<string, unknown>,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(privateKey);
}

/** A token without a signature, which says so (`alg: none`), or claims any other algorithm. */
export function unsigned(claims: Record<string, unknown>, alg = 'none'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg, typ: 'JWT' })}.${part(claims)}.`;
}

/** Changes one claim and keeps the signature. */
export function tamper(token: string, changes: Record<string, unknown>): string {
  const [head, body = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  return [head, Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url'), signature].join('.');
}

/** An OpenID Connect issuer on this machine. */
export interface TestIssuer {
  readonly issuer: string;
  /** The keys that it publishes now. */
  keys: TestKey[];
  /** What it was asked for. */
  readonly asked: string[];
  /** Answers 503 instead. */
  isDown: boolean;
  /** What discovery says, beside the address of the keys. */
  discovery: Record<string, unknown>;
  /** Claims of a good token, with changes. */
  claims(changes?: Record<string, unknown>): Record<string, unknown>;
  close(): Promise<void>;
}

/** Starts an issuer: discovery and a key set, over HTTP on a free port. */
export async function startIssuer(): Promise<TestIssuer> {
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    started.asked.push(path);
    const jwks = async () => ({
      keys: await Promise.all(
        started.keys.map(async ({ publicKey, alg, kid }) => ({
          ...(await exportJWK(publicKey)),
          alg,
          kid,
          use: 'sig',
        })),
      ),
    });
    const body = path === '/keys' ? await jwks() : { jwks_uri: `${started.issuer}/keys`, ...started.discovery };
    response.writeHead(started.isDown ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const now = () => Math.floor(Date.now() / 1000);
  const started: TestIssuer = {
    ...{ issuer, keys: [], asked: [], isDown: false, discovery: { issuer } },
    claims: (changes = {}) => ({
      ...{ iss: issuer, aud: 'dti', sub: 'anna', dti_role: 'integrator', iat: now(), exp: now() + 600 },
      ...changes,
    }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return started;
}
