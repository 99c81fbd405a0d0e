import { createSecretKey } from 'node:crypto';
import { exportSPKI } from 'jose';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { OidcVerifier } from '../../src/access/oidc.js';
import { makeKey, sign, startIssuer, type TestIssuer, tamper, unsigned } from './tokenFixture.js';

const RSA = makeKey('RS256', 'first');
const EC = makeKey('ES256', 'second');
const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;

let issuer: TestIssuer;
let verifier: OidcVerifier;
beforeEach(async () => {
  issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  issuer.keys = [RSA];
  verifier = new OidcVerifier({ issuer: issuer.issuer, audience: 'dti', unknownKeyMs: 0 });
});

const codeOf = (token: string) =>
  verifier.verify(token).then(
    ({ viewer }) => viewer.role as string,
    (error: { code?: string }) => error.code,
  );

describe('tokens of an OpenID Connect issuer', () => {
  it('name the viewer, its role and its entity', async () => {
    const signedIn = await verifier.verify(await sign(RSA, issuer.claims({ jti: 'one' })));
    expect(signedIn).toMatchObject({
      viewer: { role: 'integrator', subject: 'oidc:anna', entityKey: null },
      credential: { kind: 'token', id: 'one' },
    });
    const officer = issuer.claims({ dti_role: ['officer', 'other'], dti_entity: 'GSO-2025:79', aud: ['x', 'dti'] });
    expect((await verifier.verify(await sign(RSA, officer))).viewer).toEqual({
      ...{ role: 'officer', subject: 'oidc:anna', entityKey: 'GSO-2025:79' },
    });
    expect(await codeOf(await sign(RSA, issuer.claims({ dti_role: ['reviewer', 'admin'] })))).toBe('admin');
    expect(await codeOf(await sign(RSA, issuer.claims({ dti_role: undefined })))).toBe('public');
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://login.example' }],
    ['for another audience', { aud: 'shop' }],
    ['without an audience', { aud: undefined }],
    ['that has expired', { exp: seconds(-60) }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: seconds(120) }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with an unknown role', { dti_role: 'king' }],
    ['with a role that is an object', { dti_role: { admin: true } }],
    ['of an officer without an entity', { dti_role: 'officer' }],
    ['of an officer of nonsense', { dti_role: 'officer', dti_entity: "x' or 1=1" }],
  ])('%s are refused', async (_name, changes) => {
    expect(await codeOf(await sign(RSA, issuer.claims(changes)))).toBe('AUTH_INVALID');
  });

  it('are refused when they were changed, or say how they want to be verified', async () => {
    const good = await sign(RSA, issuer.claims());
    expect(await codeOf(tamper(good, { dti_role: 'admin' }))).toBe('AUTH_INVALID');
    expect(await codeOf(good.slice(0, -4))).toBe('AUTH_INVALID');
    expect(await codeOf(unsigned(issuer.claims({ dti_role: 'admin' })))).toBe('AUTH_INVALID');
    expect(await codeOf(unsigned(issuer.claims(), 'NONE'))).toBe('AUTH_INVALID');
    // The public key as the secret of a symmetric signature: the classic confusion.
    const secret = createSecretKey(await exportSPKI(RSA.publicKey), 'utf8');
    expect(await codeOf(await sign({ privateKey: secret, alg: 'HS256', kid: 'first' }, issuer.claims()))).toBe(
      'AUTH_INVALID',
    );
    const stranger = makeKey('RS256', 'first');
    expect(await codeOf(await sign(stranger, issuer.claims()))).toBe('AUTH_INVALID');
  });

  it('go on while the keys rotate, and end with their key', async () => {
    const old = await sign(RSA, issuer.claims());
    expect(await codeOf(old)).toBe('integrator');
    const fresh = await sign(EC, issuer.claims());
    expect(await codeOf(fresh)).toBe('AUTH_INVALID');
    issuer.keys = [RSA, EC];
    expect([await codeOf(fresh), await codeOf(old)]).toEqual(['integrator', 'integrator']);
    issuer.keys = [EC];
    expect(await codeOf(await sign(makeKey('EdDSA', 'third'), issuer.claims()))).toBe('AUTH_INVALID');
    expect([await codeOf(fresh), await codeOf(old)]).toEqual(['integrator', 'AUTH_INVALID']);
  });

  it('cannot make the platform ask for keys over and over', async () => {
    verifier = new OidcVerifier({ issuer: issuer.issuer, audience: 'dti' });
    expect(await codeOf(await sign(RSA, issuer.claims()))).toBe('integrator');
    for (let at = 0; at < 5; at += 1) {
      expect(await codeOf(await sign(makeKey('ES256', `unknown-${at}`), issuer.claims()))).toBe('AUTH_INVALID');
    }
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('are neither right nor wrong while the issuer does not answer', async () => {
    issuer.isDown = true;
    const token = await sign(RSA, issuer.claims());
    expect(await codeOf(token)).toBe('AUTH_UNAVAILABLE');
    expect(await codeOf(token)).toBe('AUTH_UNAVAILABLE');
    // Left alone for a while after a failure.
    expect(issuer.asked).toHaveLength(1);
  });

  it.each([
    ['speaks of another issuer', { issuer: 'https://login.example' }],
    ['names keys that anybody on the way can change', { jwks_uri: 'http://login.example/keys' }],
    ['names no keys', { jwks_uri: 7 }],
  ])('are not taken when discovery %s', async (_name, changes) => {
    issuer.discovery = { issuer: issuer.issuer, ...changes };
    expect(await codeOf(await sign(RSA, issuer.claims()))).toBe('AUTH_UNAVAILABLE');
  });
});
