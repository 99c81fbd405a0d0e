import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { failureOf, type Received, startFakeSource } from '../fakeSource.js';
import { makeConnector, makeManifest, makeRows, queryOf, read, sendJson } from './manifestFixture.js';

const PAGE = { items: makeRows(1, 2) };

/** A server that answers when a request is let in, else 401. */
async function startGuarded(letsIn: (request: Received) => boolean) {
  return startFakeSource((request, response) => {
    if (letsIn(request)) sendJson(response, PAGE);
    else sendJson(response, { error: 'who are you?' }, 401);
  });
}

describe('a source lets a manifest in by', () => {
  it.each([
    [
      'an API key in a header',
      { type: 'apiKey', name: 'X-Key', key: 'key' },
      (request: Received) => request.headers['x-key'] === 'k&1',
    ],
    [
      'an API key with a prefix',
      { type: 'apiKey', name: 'Authorization', prefix: 'Token ', key: 'key' },
      (request: Received) => request.headers.authorization === 'Token k&1',
    ],
    [
      'an API key in the query',
      { type: 'apiKey', in: 'query', name: 'api_key', key: 'key' },
      (request: Received) => queryOf(request.url).get('api_key') === 'k&1',
    ],
    [
      'Basic',
      { type: 'basic', username: 'user', password: 'key' },
      (request: Received) => request.headers.authorization === `Basic ${Buffer.from('u:k&1').toString('base64')}`,
    ],
    ['Bearer', { type: 'bearer', token: 'key' }, (request: Received) => request.headers.authorization === 'Bearer k&1'],
  ])('%s, and fails with SYNC_AUTH by another one', async (_name, authentication, letsIn) => {
    const source = await startGuarded(letsIn);
    const connector = makeConnector(makeManifest({}, { secrets: ['user', 'key'], authentication }));
    const result = await read(connector, source.baseUrl, { secrets: { user: 'u', key: 'k&1' } });
    expect(result.codes).toEqual([1, 2]);
    expect(JSON.stringify(result.pages)).not.toMatch(/k&1|k%261/);
    const failure = await failureOf(read(connector, source.baseUrl, { secrets: { user: 'u', key: 'wrong-key' } }));
    expect(failure).toMatchObject({ code: 'SYNC_AUTH' });
    expect(failure.message).not.toContain('wrong-key');
  });

  it('nothing, when it is open', async () => {
    const source = await startGuarded(({ headers }) => headers.authorization === undefined);
    expect((await read(makeConnector(makeManifest({})), source.baseUrl)).codes).toEqual([1, 2]);
  });

  it.each([
    'header',
    'body',
  ])('OAuth 2.0 client credentials in the %s, once for all pages, renewed at 401', async (credentialsIn) => {
    let issued = 0;
    const source = await startFakeSource(({ url, headers, body }, response, number) => {
      if (url === '/oauth/token') {
        const form = new URLSearchParams(body);
        const basic = `Basic ${Buffer.from('me:s%26cret').toString('base64')}`;
        const isMe =
          credentialsIn === 'body' ? form.get('client_secret') === 's&cret' : headers.authorization === basic;
        if (!isMe || form.get('scope') !== 'read') return sendJson(response, { error: 'invalid_client' }, 401);
        issued += 1;
        return sendJson(response, { access_token: `token-${issued}`, expires_in: 3600 });
      }
      // The first token is refused in the middle of the run.
      const valid = number < 4 ? 'token-1' : 'token-2';
      if (headers.authorization !== `Bearer ${valid}`) return sendJson(response, {}, 401);
      const page = Number(queryOf(url).get('page'));
      sendJson(response, { items: makeRows(page, page), pages: 3 });
    });
    const stream = {
      request: { path: '/rows', query: { page: '{{ page }}' } },
      pagination: { type: 'page', stop: { rule: 'lastPage', path: 'pages' } },
    };
    const connector = makeConnector(
      makeManifest(stream, {
        secrets: ['id', 'secret'],
        authentication: {
          type: 'oauth2ClientCredentials',
          tokenPath: '/oauth/token',
          clientId: 'id',
          clientSecret: 'secret',
          credentialsIn,
          parameters: { scope: 'read' },
        },
      }),
    );
    const result = await read(connector, source.baseUrl, { secrets: { id: 'me', secret: 's&cret' } });
    expect(result.codes).toEqual([1, 2, 3]);
    expect(issued).toBe(2);
    const failure = await failureOf(read(connector, source.baseUrl, { secrets: { id: 'me', secret: 'wrong' } }));
    expect(failure).toMatchObject({ code: 'SYNC_AUTH' });
  });

  it('OAuth 2.0 from a token endpoint on another host that is allowed', async () => {
    const login = await startFakeSource((_request, response) => sendJson(response, { access_token: 'abc-token' }));
    const source = await startGuarded(({ headers }) => headers.authorization === 'Bearer abc-token');
    const manifest = makeManifest(
      {},
      {
        secrets: ['id', 'secret'],
        http: { allowedHosts: [new URL(login.baseUrl).host] },
        authentication: {
          type: 'oauth2ClientCredentials',
          tokenUrl: `${login.baseUrl}/token`,
          clientId: 'id',
          clientSecret: 'secret',
        },
      },
    );
    expect((await read(makeConnector(manifest), source.baseUrl, { secrets: { id: 'a', secret: 'b' } })).codes).toEqual([
      1, 2,
    ]);
    expect(login.received[0]?.url).toBe('/token');
  });

  it.each([
    ['in its body', { tokenPath: 'data.session' }],
    ['in a header', { tokenHeader: 'X-Session' }],
  ])('a session whose login answers with a token %s, again when it is refused', async (_name, where) => {
    let logins = 0;
    const source = await startFakeSource(({ method, url, headers, body }, response) => {
      if (url === '/login') {
        if (method !== 'POST' || JSON.parse(body).password !== 'p"w') return sendJson(response, {}, 403);
        logins += 1;
        response.setHeader('x-session', `session-${logins}`);
        return sendJson(response, { data: { session: `session-${logins}` } });
      }
      if (headers['x-token'] === 'session-2') sendJson(response, { ...PAGE, echo: headers['x-token'] });
      else sendJson(response, {}, 401);
    });
    const connector = makeConnector(
      makeManifest(
        {},
        {
          secrets: ['user', 'password'],
          authentication: {
            type: 'sessionToken',
            login: {
              method: 'POST',
              path: '/login',
              body: { json: { user: '{{ secret.user }}', password: '{{ secret.password }}' } },
            },
            ...where,
            name: 'X-Token',
          },
        },
      ),
    );
    const result = await read(connector, source.baseUrl, { secrets: { user: 'u', password: 'p"w' } });
    expect(result.codes).toEqual([1, 2]);
    expect(logins).toBe(2);
    expect(result.pages[0]?.body).not.toContain('session-2');
    const failure = await failureOf(read(connector, source.baseUrl, { secrets: { user: 'u', password: 'wrong' } }));
    expect(failure).toMatchObject({ code: 'SYNC_AUTH' });
  });

  it('an HMAC over a canonical string, with a fresh nonce for every attempt', async () => {
    const nonces = new Set<unknown>();
    const source = await startFakeSource(({ method, url, headers, body }, response, number) => {
      const { pathname, search } = new URL(url, 'http://source');
      const lines = [
        method,
        pathname,
        search.slice(1),
        headers['x-nonce'],
        headers['x-time'],
        createHash('sha256').update(body).digest('hex'),
      ];
      const expected = createHmac('sha512', 'the-key').update(lines.join('|')).digest('base64');
      const isFresh = !nonces.has(headers['x-nonce']);
      nonces.add(headers['x-nonce']);
      if (headers.authorization !== `HMAC me:${expected}` || !isFresh) return sendJson(response, {}, 403);
      if (number === 1) return sendJson(response, {}, 503);
      sendJson(response, PAGE);
    });
    const manifest = makeManifest(
      {
        request: {
          method: 'POST',
          path: '/rows',
          query: { b: '2', a: 'x y' },
          body: { json: { at: '{{ timestamp }}' } },
        },
      },
      {
        secrets: ['key'],
        http: { headers: { 'x-nonce': '{{ nonce }}', 'x-time': '{{ timestamp.seconds }}' } },
        authentication: {
          type: 'hmac',
          key: 'key',
          algorithm: 'sha512',
          encoding: 'base64',
          separator: '|',
          lines: [
            '{{ method }}',
            '{{ path }}',
            'b=2&a=x+y',
            '{{ nonce }}',
            '{{ timestamp.seconds }}',
            '{{ requestBody-sha256 }}',
          ],
          headers: { authorization: 'HMAC me:{{ signature }}' },
        },
      },
    );
    const result = await read(makeConnector(manifest), `${source.baseUrl}/base`, { secrets: { key: 'the-key' } });
    expect(result.codes).toEqual([1, 2]);
    expect(nonces.size).toBe(2);
    expect(source.received[0]?.url).toBe('/base/rows?b=2&a=x+y');
  });

  it('a UsernameToken in a SOAP 1.2 envelope', async () => {
    const source = await startFakeSource(({ headers, body }, response) => {
      const [, nonce = ''] = /<wsse:Nonce[^>]*>([^<]*)</.exec(body) ?? [];
      const [, created = ''] = /<wsu:Created>([^<]*)</.exec(body) ?? [];
      const sha = createHash('sha1')
        .update(Buffer.from(nonce, 'base64'))
        .update(created)
        .update('pa&ss')
        .digest('base64');
      const isKnown =
        body.includes(`>${sha}<`) && headers['content-type'] === 'application/soap+xml; charset=utf-8; action="List"';
      const rows = makeRows(1, 2).map(
        ({ code, year, value }) => `<Row><code>${code}</code><year>${year}</year><value>${value}</value></Row>`,
      );
      const fault =
        '<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason></s:Fault>';
      const inside = isKnown && body.includes('<q>a&lt;b</q>') ? `<List><Rows>${rows.join('')}</Rows></List>` : fault;
      response.setHeader('content-type', 'application/soap+xml');
      response.end(
        `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${inside}</s:Body></s:Envelope>`,
      );
    });
    const manifest = makeManifest(
      {
        request: {
          path: '/soap',
          body: { soap: { version: '1.2', action: 'List', body: '<q>{{ secret.filter }}</q>' } },
        },
        format: { type: 'xml', records: 'Envelope.Body.List.Rows.Row', lists: ['Row'] },
      },
      {
        preset: 'soap12',
        secrets: ['user', 'password', 'filter'],
        authentication: { type: 'wsSecurityUsernameToken', username: 'user', password: 'password' },
      },
    );
    const secrets = { user: 'u', password: 'pa&ss', filter: 'a<b' };
    expect((await read(makeConnector(manifest), source.baseUrl, { secrets })).codes).toEqual([1, 2]);
    const failure = await failureOf(
      read(makeConnector(manifest), source.baseUrl, { secrets: { ...secrets, password: 'wrong-word' } }),
    );
    expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL', message: expect.stringContaining(': no') });
  });
});
