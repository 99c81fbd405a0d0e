import { describe, expect, it } from 'vitest';
import { createTokenProvider } from '../../src/source/oauth.js';
import { failureOf, openHttp, startFakeSource } from './fakeSource.js';

/** A portal that accepts its newest token only. */
async function startPortal(options: { readonly lifetimeSeconds?: number; readonly slowMs?: number } = {}) {
  let issued = 0;
  let refuse = false;
  const source = await startFakeSource((request, response) => {
    if (request.url === '/token') {
      issued += 1;
      const body = JSON.stringify({ access_token: `token-${issued}`, expires_in: options.lifetimeSeconds ?? 300 });
      setTimeout(() => response.end(body), options.slowMs ?? 0);
      return;
    }
    const isNewest = request.headers.authorization === `Bearer token-${issued}`;
    response.writeHead(isNewest && !refuse ? 200 : 401).end();
  });
  let nowMs = Date.parse('2026-03-18T02:15:00Z');
  const now = () => new Date(nowMs);
  const { http } = openHttp(source.baseUrl, { now });
  const token = createTokenProvider({ http, now, tokenPath: '/token', clientId: 'c:1', clientSecret: 's 2' });
  return {
    source,
    token,
    issued: () => issued,
    /** As if the portal had forgotten its tokens. */
    expire: () => {
      issued += 1;
    },
    refuseAll: () => {
      refuse = true;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    get: () =>
      http.send(async () => ({ method: 'GET', path: '/rows', headers: { authorization: `Bearer ${await token()}` } })),
  };
}

describe('createTokenProvider', () => {
  it('asks once for any number of concurrent callers, with encoded credentials', async () => {
    const portal = await startPortal({ slowMs: 30 });
    const tokens = await Promise.all(Array.from({ length: 20 }, () => portal.token()));
    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(portal.source.received).toHaveLength(1);
    const [request] = portal.source.received;
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('c%3A1:s%202').toString('base64')}`);
    expect(request?.body).toBe('grant_type=client_credentials');
  });

  it('renews before the token expires', async () => {
    const portal = await startPortal({ lifetimeSeconds: 300 });
    await portal.token();
    portal.pass(269_000);
    expect(await portal.token()).toBe('token-1');
    portal.pass(2000);
    expect(await portal.token()).toBe('token-2');
  });

  it('lives with tokens of one second', async () => {
    const portal = await startPortal({ lifetimeSeconds: 1 });
    expect(await portal.token()).toBe('token-1');
    portal.pass(700);
    expect(await portal.token()).toBe('token-1');
    portal.pass(200);
    expect(await portal.token()).toBe('token-2');
  });

  it('is refreshed by a 401, once for all callers that were refused', async () => {
    const portal = await startPortal();
    await portal.get();
    portal.expire();
    await Promise.all(Array.from({ length: 10 }, () => portal.get()));
    expect(portal.source.received.filter((each) => each.url === '/token')).toHaveLength(2);
  });

  it('fails with SYNC_AUTH when a fresh token is refused too', async () => {
    const portal = await startPortal();
    portal.refuseAll();
    const failure = await failureOf(portal.get());
    expect(failure).toMatchObject({ code: 'SYNC_AUTH', failureType: 'config_error' });
    expect(portal.issued()).toBe(2);
  });

  it('fails with SYNC_AUTH when the client is refused, and asks again next time', async () => {
    const source = await startFakeSource((_request, response, number) =>
      number === 1 ? response.writeHead(401).end('{"error":"invalid_client"}') : response.end('{"access_token":"t"}'),
    );
    const { http } = openHttp(source.baseUrl);
    const token = createTokenProvider({
      http,
      now: () => new Date(),
      tokenPath: '/t',
      clientId: 'a',
      clientSecret: 'b',
    });
    expect(await failureOf(token())).toMatchObject({ code: 'SYNC_AUTH', failureType: 'config_error' });
    expect(await token()).toBe('t');
  });

  it('refuses an answer without a token', async () => {
    const source = await startFakeSource((_request, response) => response.end('{"token":"t"}'));
    const { http } = openHttp(source.baseUrl);
    const token = createTokenProvider({
      http,
      now: () => new Date(),
      tokenPath: '/t',
      clientId: 'a',
      clientSecret: 'b',
    });
    expect(await failureOf(token())).toMatchObject({ code: 'SYNC_PROTOCOL' });
  });
});
