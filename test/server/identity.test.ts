// Over 400 lines: who asks is one rule for HTTP, sockets and event streams, and every test looks at it through one server.
import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Authenticator, FAILURES_PER_MINUTE } from '../../src/access/authenticator.js';
import { issueToken, type LocalKey } from '../../src/access/localToken.js';
import { OidcVerifier } from '../../src/access/oidc.js';
import { PERMISSIONS } from '../../src/access/permission.js';
import { ROLES, type Role } from '../../src/access/viewer.js';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { openCredentials } from '../../src/store/credential.js';
import { makeKey, sign, startIssuer } from '../access/tokenFixture.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { rowsOf } from '../store/batch.js';
import { pathsOf } from './pathTo.js';
import { openTestServing, startTestServer, type TestServer, type TestServing } from './testServer.js';

const KEY: LocalKey = { ...generateKeyPairSync('ed25519'), alg: 'EdDSA' };
const LIVE = 'subscription { rankingUpdates(round: "PROVINCE-2026") { revision } }';
const WHO = '{ viewer { role subject entity { code } can(coordinate: "Mutation.syncSource") permissions } }';
const KEYS = '{ apiKeys { totalCount edges { node { id name role revokedAt lastUsedAt createdBy } } } }';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

/** A server with an authenticator of its own, so that failures of one test do not throttle another. */
function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const store = openCredentials(serving.database.database);
  const authenticator = new Authenticator({ localKey: KEY, oidc: null, store });
  return startTestServer({ platform: () => serving.platform, authenticator: () => authenticator, ...options });
}

function tokenOf(role: Role, expiresInSeconds = 600): Promise<string> {
  return issueToken(KEY, {
    role,
    entityKey: role === 'officer' ? 'GSO-2004:74' : null,
    subject: role,
    expiresInSeconds,
  });
}

async function connect(url: string, token?: string): Promise<GraphqlSocket> {
  const client = await GraphqlSocket.connect(
    url,
    token === undefined ? undefined : { authorization: `Bearer ${token}` },
  );
  onTestFinished(async () => void (await client.close()));
  return client;
}

/** How a connection ends that offers these parameters; null = it was accepted. */
async function knock(url: string, payload: Record<string, unknown>) {
  const client = await GraphqlSocket.open(url);
  client.send({ type: 'connection_init', payload });
  const answer = await client.next().catch(() => null);
  if (answer?.type === 'connection_ack') await client.close();
  return answer === null ? await client.ended : null;
}

/** Asks by HTTP or WebSocket and returns the codes of the errors. */
async function codesOver(
  transport: 'HTTP' | 'WebSocket',
  url: string,
  client: GraphqlSocket,
  query: string,
  token?: string,
) {
  if (transport === 'HTTP') {
    const { errors } = await postGraphql(url, query, undefined, undefined, token);
    return (errors ?? []).map(({ extensions }) => extensions.code);
  }
  const id = client.subscribe(query);
  const { type, payload } = await client.next({ id });
  client.complete(id);
  const errors: { extensions: { code: string } }[] = type === 'error' ? payload : (payload.errors ?? []);
  return errors.map(({ extensions }) => extensions.code);
}

describe('who asks', () => {
  it('is told to dashboards, with what to show', async () => {
    const { url } = await start();
    const who = async (token?: string) => (await postGraphql(url, WHO, undefined, undefined, token)).data.viewer;
    expect(await who()).toEqual({ role: 'PUBLIC', subject: null, entity: null, can: false, permissions: [] });
    expect(await who(await tokenOf('officer'))).toMatchObject({ role: 'OFFICER', entity: { code: '74' }, can: false });
    expect(await who(await tokenOf('integrator'))).toMatchObject({
      ...{ role: 'INTEGRATOR', subject: 'local:integrator', can: true },
      permissions: expect.arrayContaining(['Mutation.registerSource']),
    });
    const client = await connect(url, await tokenOf('reviewer'));
    expect((await client.next({ id: client.subscribe(WHO) })).payload.data.viewer.role).toBe('REVIEWER');
  });

  it('is never taken for the public when the credentials are not right', async () => {
    const { url, log } = await start();
    const good = await tokenOf('admin');
    for (const header of ['Bearer secret-nonsense', 'Basic YTpi', '', `Bearer ${good}x`]) {
      const response = await fetch(`${url}/graphql`, {
        ...{ method: 'POST', body: '{"query":"{ __typename }"}' },
        headers: { 'content-type': 'application/json', authorization: header },
      });
      expect([header, response.status, response.headers.get('www-authenticate')]).toEqual([
        header,
        401,
        'Bearer error="invalid_token"',
      ]);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'AUTH_INVALID' } }] });
    }
    for (const authorization of ['Bearer nonsense', '', 7, {}]) {
      expect(await knock(url, { authorization })).toMatchObject({
        code: 4401,
        reason: expect.stringMatching(/not valid/),
      });
    }
    expect(log.join('')).not.toMatch(/nonsense|Bearer/);
  });

  it('gets no answer that was kept for somebody else, of the same text', async () => {
    const { url } = await start();
    const admin = await tokenOf('admin');
    const post = (query: string, token?: string) => postGraphql(url, query, undefined, undefined, token);
    const open = '{ rounds(first: 2) { edges { node { code } } } }';
    const closed = '{ sources(first: 1) { edges { node { key versions { version } } } } }';
    for (let time = 0; time < 3; time += 1) {
      expect((await post(closed, admin)).errors).toBeUndefined();
      expect((await post(closed)).errors).toMatchObject([{ extensions: { code: 'AUTH_REQUIRED' } }]);
      expect((await post(closed, await tokenOf('officer'))).errors).toMatchObject([
        { extensions: { code: 'AUTH_FORBIDDEN' } },
      ]);
      expect((await post(open)).data).toEqual((await post(open, admin)).data);
    }
    const body = JSON.stringify({ query: open });
    const headers = { 'content-type': 'application/json' };
    const kept = async (more: Record<string, string> = {}) =>
      (await fetch(`${url}/graphql`, { method: 'POST', headers: { ...headers, ...more }, body })).headers.get(
        'cache-control',
      );
    expect(await kept({ authorization: `Bearer ${admin}` })).toBe('private, no-store');
    expect(await kept()).not.toBe('private, no-store');
  });

  it('cannot be anybody where nobody can sign in', async () => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    expect((await postGraphql(url, WHO, undefined, undefined, await tokenOf('admin'))).status).toBe(401);
    expect((await knock(url, { authorization: 'Bearer x' }))?.code).toBe(4401);
    expect(await knock(url, {})).toBeNull();
  });

  it('may say so in the upgrade of a socket as well', async () => {
    const { url } = await start();
    const { WebSocket } = await import('ws');
    const ends = async (authorization: string) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: { authorization },
      });
      socket.on('open', () => socket.send('{"type":"connection_init"}'));
      socket.on('message', () => socket.close(1000));
      return new Promise((resolve) => socket.on('close', resolve));
    };
    expect(await ends(`Bearer ${await tokenOf('admin')}`)).toBe(1000);
    expect(await ends('Bearer nonsense')).toBe(4401);
  });

  it('gets answers that no cache keeps', async () => {
    const { url } = await start();
    const get = async (headers: Record<string, string>) => {
      const response = await fetch(`${url}/graphql?query={viewer{role}}`, {
        headers: { ...headers, 'apollo-require-preflight': '1' },
      });
      return [response.status, response.headers.get('vary'), response.headers.get('cache-control')];
    };
    expect(await get({ authorization: `Bearer ${await tokenOf('admin')}` })).toEqual([
      200,
      'authorization',
      'private, no-store',
    ]);
    expect((await get({})).slice(0, 2)).toEqual([200, 'authorization, accept']);
    expect((await get({ authorization: 'x' }))[2]).toBe('no-store');
  });

  it('changes nothing by GET, nor from a page of another origin', async () => {
    const { url } = await start();
    const authorization = `Bearer ${await tokenOf('admin')}`;
    const mutation = 'mutation { revokeToken(jti: "by-get") }';
    const address = `${url}/graphql?query=${encodeURIComponent(mutation)}`;
    expect((await fetch(address, { headers: { authorization, 'apollo-require-preflight': '1' } })).status).toBe(405);
    const form = {
      method: 'POST',
      headers: { authorization, 'content-type': 'text/plain' },
      body: JSON.stringify({ query: mutation }),
    };
    expect((await fetch(`${url}/graphql`, form)).status).toBe(400);
    expect(await rowsOf(serving.database.database, `select * from revoked_token where jti = 'by-get'`)).toEqual([]);
  });
});

describe('tokens of an OpenID Connect issuer', () => {
  it('are taken beside API keys, instead of local ones', async () => {
    const issuer = await startIssuer();
    onTestFinished(() => issuer.close());
    const key = makeKey('ES256', 'k');
    issuer.keys = [key];
    const oidc = new OidcVerifier({ issuer: issuer.issuer, audience: 'dti' });
    const store = openCredentials(serving.database.database);
    const authenticator = new Authenticator({ localKey: null, oidc, store });
    const { url } = await start({ authenticator: () => authenticator });
    const token = await sign(key, issuer.claims({ jti: 'from-the-issuer', dti_role: 'admin' }));
    const asked = await postGraphql(url, WHO, undefined, undefined, token);
    expect(asked.data.viewer).toMatchObject({ role: 'ADMIN', subject: 'oidc:anna' });
    expect((await postGraphql(url, WHO, undefined, undefined, await tokenOf('admin'))).status).toBe(401);
    const client = await connect(url, token);
    const revoke = 'mutation { revokeToken(jti: "from-the-issuer") }';
    expect((await postGraphql(url, revoke, undefined, undefined, token)).data).toEqual({ revokeToken: true });
    expect((await client.ended).code).toBe(4403);
  });

  it('are answered by 503 and 4503 while the issuer is away, and nobody is throttled for it', async () => {
    const issuer = await startIssuer();
    onTestFinished(() => issuer.close());
    issuer.isDown = true;
    const oidc = new OidcVerifier({ issuer: issuer.issuer, audience: 'dti' });
    const authenticator = new Authenticator({
      ...{ localKey: KEY, oidc },
      store: openCredentials(serving.database.database),
    });
    const { url, log } = await start({ authenticator: () => authenticator });
    const token = await sign(makeKey('EdDSA', 'k'), issuer.claims());
    for (let at = 0; at <= FAILURES_PER_MINUTE; at += 1) {
      const answer = await postGraphql(url, WHO, undefined, undefined, token);
      expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: 'AUTH_UNAVAILABLE' } }] });
      expect(JSON.stringify(answer)).not.toContain(issuer.issuer);
    }
    expect((await knock(url, { authorization: `Bearer ${token}` }))?.code).toBe(4503);
    expect((await postGraphql(url, WHO, undefined, undefined, await tokenOf('admin'))).status).toBe(200);
    expect(log.join('')).not.toContain(token);
  });
});

describe('permissions over both transports', () => {
  const roots = pathsOf(buildGraphSchema()).filter(({ coordinates }) => coordinates.length === 1);

  it.each([
    'HTTP',
    'WebSocket',
  ] as const)('every root field is refused to whom the map does not name, over %s', async (transport) => {
    const { url } = await start();
    for (const role of ROLES) {
      const token = role === 'public' ? undefined : await tokenOf(role);
      const client = await connect(url, token);
      for (const { coordinates, operation } of roots) {
        const isAllowed = PERMISSIONS[coordinates[0] ?? '']?.roles.includes(role) ?? false;
        // What is open is executed by other tests; here only what changes nothing with these arguments.
        if (isAllowed && !operation.startsWith('query')) continue;
        const codes = await codesOver(transport, url, client, operation, token);
        const refusals = codes.filter((code) => code.startsWith('AUTH_'));
        const expected = isAllowed ? [] : [role === 'public' ? 'AUTH_REQUIRED' : 'AUTH_FORBIDDEN'];
        expect([role, operation, refusals]).toEqual([role, operation, expected]);
      }
    }
  });

  it('a refusal has the status of HTTP, and says no more than who would be needed', async () => {
    const { url } = await start();
    const answer = await postGraphql(url, '{ sources { totalCount } apiKeys { totalCount } }');
    expect(answer).toEqual({
      status: 401,
      errors: [
        {
          message: 'Query.apiKeys is for the roles admin; nobody has signed in.',
          extensions: { code: 'AUTH_REQUIRED', details: { coordinate: 'Query.apiKeys', roles: ['admin'] } },
        },
      ],
    });
    expect((await postGraphql(url, KEYS, undefined, undefined, await tokenOf('officer'))).status).toBe(403);
  });

  it('an id does not lead around the map', async () => {
    const { url } = await start();
    for (const id of ['ApiKey:0123456789ab', 'AuditEntry:1']) {
      const one = `{ node(id: "${id}") { __typename id } }`;
      const many = `{ nodes(ids: ["Entity:GSO-2004:74", "${id}"]) { __typename id } }`;
      for (const query of [one, many]) {
        expect(await postGraphql(url, query)).toMatchObject({ errors: [{ extensions: { code: 'AUTH_REQUIRED' } }] });
        const asIntegrator = await postGraphql(url, query, undefined, undefined, await tokenOf('integrator'));
        expect(asIntegrator).toMatchObject({ errors: [{ extensions: { code: 'AUTH_FORBIDDEN' } }] });
        expect((await postGraphql(url, query, undefined, undefined, await tokenOf('admin'))).errors).toBeUndefined();
      }
    }
  });
});

describe('API keys', () => {
  const CREATE = `mutation Create($key: String) { createApiKey(name: "loader", role: INTEGRATOR, idempotencyKey: $key) { secret apiKey { id role createdBy } } }`;

  it('live from their making to their revocation, in the database and in the audit', async () => {
    const { url } = await start();
    const admin = await tokenOf('admin');
    const ask = (query: string, token = admin, variables = {}) => postGraphql(url, query, variables, undefined, token);
    const { data } = await ask(CREATE, admin, { key: 'first' });
    const { secret, apiKey } = data.createApiKey;
    expect(apiKey).toMatchObject({ role: 'INTEGRATOR', createdBy: 'local:admin' });
    expect((await ask(CREATE, admin, { key: 'first' })).data.createApiKey).toEqual({ secret: null, apiKey });
    const another = CREATE.replace('"loader"', '"another"');
    expect(await ask(another, admin, { key: 'first' })).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    const subject = `key:${apiKey.id.replace('ApiKey:', '')}`;
    expect((await ask(WHO, secret)).data.viewer).toMatchObject({ role: 'INTEGRATOR', subject, can: true });
    const listed = (await ask(KEYS)).data.apiKeys.edges.map(({ node }: { node: object }) => node);
    expect(listed).toContainEqual({
      ...{ id: apiKey.id, name: 'loader', role: 'INTEGRATOR', createdBy: 'local:admin', revokedAt: null },
      lastUsedAt: expect.stringMatching(/:00:00/),
    });
    const rows = await rowsOf(serving.database.database, 'select * from api_key');
    // The secret itself may hold the separator.
    expect(JSON.stringify(rows)).not.toContain(secret.split('_').slice(2).join('_'));

    const client = await connect(url, secret);
    client.subscribe(LIVE);
    const { revokeApiKey } = (await ask(`mutation { revokeApiKey(id: "${apiKey.id}") { revokedAt } }`)).data;
    expect(revokeApiKey.revokedAt).toBeTruthy();
    expect(await ask(WHO, secret)).toMatchObject({ status: 401, errors: [{ extensions: { code: 'AUTH_INVALID' } }] });
    expect(await client.ended).toEqual({ code: 4403, reason: 'The credentials were revoked' });

    const found = await ask(
      '{ auditTrail(filter: { action: { contains: "apikey" } }) { edges { node { actor action target details } } } }',
    );
    expect(found.data.auditTrail.edges.map(({ node }: { node: object }) => node)).toEqual([
      { actor: 'local:admin', action: 'revokeApiKey', target: apiKey.id, details: {} },
      {
        ...{ actor: 'local:admin', action: 'createApiKey', target: apiKey.id },
        details: { name: 'loader', role: 'integrator', entityKey: null, expiresAt: null },
      },
    ]);
  });

  it.each([
    ['name: "", role: ADMIN', 'name'],
    ['name: "x", role: PUBLIC', 'PUBLIC'],
    ['name: "x", role: OFFICER', 'entity'],
    ['name: "x", role: OFFICER, entity: "GSO-2025:00"', 'entity'],
    ['name: "x", role: ADMIN, entity: "GSO-2025:79"', 'OFFICER'],
    ['name: "x", role: ADMIN, expiresAt: "2020-01-01T00:00:00Z"', 'expiresAt'],
  ])('are not made of (%s)', async (args, advice) => {
    const { url } = await start();
    const query = `mutation { createApiKey(${args}) { secret } }`;
    const { errors } = await postGraphql(url, query, undefined, undefined, await tokenOf('admin'));
    expect(errors).toMatchObject([
      { message: expect.stringContaining(advice), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  it('of officers speak for one entity', async () => {
    const { url } = await start();
    const create = 'mutation { createApiKey(name: "x", role: OFFICER, entity: "74") { secret apiKey { entityKey } } }';
    const { data } = await postGraphql(url, create, undefined, undefined, await tokenOf('admin'));
    expect(data.createApiKey.apiKey.entityKey).toBe('GSO-2004:74');
    const { data: seen } = await postGraphql(url, WHO, undefined, undefined, data.createApiKey.secret);
    expect(seen.viewer).toMatchObject({ role: 'OFFICER', entity: { code: '74' } });
  });
});

describe('subscriptions', () => {
  it('of different viewers share nothing, those of equal ones everything', async () => {
    const server = await start();
    const tokens = [undefined, await tokenOf('admin'), await tokenOf('reviewer'), await tokenOf('officer')];
    for (const token of [...tokens, ...tokens]) (await connect(server.url, token)).subscribe(LIVE);
    await expect.poll(() => server.live()).toMatchObject({ members: 8, groups: 4 });
  });

  it('over Server-Sent Events end with their credentials', async () => {
    const server = await start();
    const open = async (token: string) => {
      const headers = {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      };
      const answer = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query: LIVE }),
      });
      return {
        status: answer.status,
        end: answer.text().then(
          () => 'in order',
          () => 'broken off',
        ),
      };
    };
    expect((await open('nonsense')).status).toBe(401);
    const short = await open(await tokenOf('admin', 6));
    expect(short.status).toBe(200);
    await expect.poll(() => server.live().members).toBe(1);
    expect(await short.end).toBe('broken off');
    await expect.poll(() => server.live().members).toBe(0);
  });
});

describe('sockets', () => {
  it('end when their token expires, with what they watch', async () => {
    const { url } = await start();
    const client = await connect(url, await tokenOf('integrator', 5));
    client.subscribe(LIVE);
    const other = await connect(url);
    expect(await client.ended).toMatchObject({ code: 4403, reason: expect.stringContaining('expired') });
    expect((await other.next({ id: other.subscribe('{ __typename }') })).type).toBe('next');
  });

  it('end within seconds when their token is revoked, at another gateway too, and it is refused from then on', async () => {
    const [{ url }, elsewhere] = [await start(), await start()];
    const [admin, token] = [await tokenOf('admin'), await tokenOf('integrator')];
    const [client, spared] = [await connect(elsewhere.url, token), await connect(url, await tokenOf('integrator'))];
    client.subscribe(LIVE);
    const revoke = `mutation { revokeToken(jti: "${decodeJwt(token).jti}") }`;
    expect((await postGraphql(url, revoke, undefined, undefined, admin)).data).toEqual({ revokeToken: true });
    expect((await postGraphql(url, revoke, undefined, undefined, admin)).data).toEqual({ revokeToken: false });
    expect((await postGraphql(url, WHO, undefined, undefined, token)).status).toBe(401);
    expect((await client.ended).code).toBe(4403);
    expect((await spared.next({ id: spared.subscribe('{ __typename }') })).type).toBe('next');
    expect((await knock(url, { authorization: `Bearer ${token}` }))?.code).toBe(4401);
  });
});

describe('throttling', () => {
  // So that nothing comes back while the tests count, however long they take.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    return () => void vi.useRealTimers();
  });

  it('answers 429 over HTTP, closes sockets, and leaves the public alone', async () => {
    const { url } = await start();
    const statuses = [];
    for (let at = 0; at < FAILURES_PER_MINUTE + 2; at += 1) {
      statuses.push((await postGraphql(url, '{ __typename }', undefined, undefined, `guess-${at}`)).status);
    }
    expect(statuses.slice(-3)).toEqual([401, 429, 429]);
    const response = await fetch(`${url}/graphql?query={__typename}`, { headers: { authorization: 'Bearer guess' } });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'AUTH_THROTTLED' } }] });
    expect((await knock(url, { authorization: 'Bearer guess' }))?.code).toBe(4429);
    expect((await knock(url, { authorization: `Bearer ${await tokenOf('admin')}` }))?.code).toBe(4429);
    expect((await postGraphql(url, '{ __typename }')).status).toBe(200);
    expect(await knock(url, {})).toBeNull();
  });

  it('counts what fails on sockets against HTTP as well', async () => {
    const { url } = await start();
    for (let at = 0; at < FAILURES_PER_MINUTE; at += 1) await knock(url, { authorization: `Bearer guess-${at}` });
    expect((await postGraphql(url, '{ __typename }', undefined, undefined, 'guess')).status).toBe(429);
  });

  const failAs = async (url: string, forwarded: string, token = 'guess') =>
    (
      await fetch(`${url}/graphql?query={__typename}`, {
        headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': forwarded, 'apollo-require-preflight': '1' },
      })
    ).status;

  it('goes by the address that a trusted proxy tells, and by no other', async () => {
    const { url } = await start({ trustProxy: 1 });
    for (let at = 0; at < FAILURES_PER_MINUTE; at += 1) await failAs(url, '192.0.2.1');
    expect([await failAs(url, '192.0.2.1'), await failAs(url, '192.0.2.2')]).toEqual([429, 401]);
    // What the client itself claims stands before what the proxy adds.
    expect(await failAs(url, '203.0.113.9, 192.0.2.1')).toBe(429);
    const direct = await start();
    for (let at = 0; at < FAILURES_PER_MINUTE; at += 1) await failAs(direct.url, `192.0.2.${at}`);
    expect(await failAs(direct.url, '192.0.2.99')).toBe(429);
    const named = await start({ trustProxy: ['127.0.0.0/8'] });
    for (let at = 0; at < FAILURES_PER_MINUTE; at += 1) await failAs(named.url, '192.0.2.1');
    expect([await failAs(named.url, '192.0.2.1'), await failAs(named.url, '192.0.2.2')]).toEqual([429, 401]);
  });

  it('limits requests and operations of a client where that is wanted', async () => {
    const { url } = await start({ rateLimitPerMinute: 6 });
    const client = await connect(url);
    const codes = [];
    for (let at = 0; at < 3; at += 1) {
      codes.push(...(await codesOver('HTTP', url, client, '{ __typename }')));
      codes.push(...(await codesOver('WebSocket', url, client, '{ __typename }')));
    }
    expect(codes).toEqual(['RATE_LIMITED']);
    const { status } = await postGraphql(url, '{ __typename }');
    expect(status).toBe(429);
    expect((await knock(url, {}))?.code).toBe(4429);
    // Whoever has signed in is counted by name.
    expect((await postGraphql(url, '{ __typename }', undefined, undefined, await tokenOf('admin'))).status).toBe(200);
  });
});
