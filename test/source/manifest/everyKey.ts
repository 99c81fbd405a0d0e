import { makeManifest } from './manifestFixture.js';

type Data = Readonly<Record<string, unknown>>;

const REQUEST = { method: 'POST', path: '/p', query: { a: '1' }, headers: { b: '2' }, body: { json: { free: 1 } } };
const SIZED = { size: 5, total: 'total', carry: { set: 'set' } };

function makePaged(pagination: Data, placeholder: string): Data {
  return { request: { ...REQUEST, query: { at: placeholder } }, pagination: { ...pagination, ...SIZED } };
}

/** Manifests that between them have every key of the language that is ours. */
export const MANIFESTS: Readonly<Record<string, Data>> = {
  whole: makeManifest(
    {
      request: {
        ...REQUEST,
        query: {
          a: '{{ cursor }}',
          p: '{{ partition.list }}{{ partition.range }}{{ partition.entities }}{{ partition.parent }}',
        },
      },
      partitions: {
        list: { type: 'list', values: ['a'], group: 1, separator: ';' },
        range: { type: 'range', unit: 'year', from: '2021', to: '2022', step: 1, group: 1, separator: ',' },
        entities: { type: 'entities', codeSystem: 'GSO-2025', group: 1, separator: ',' },
        parent: { type: 'parent', request: REQUEST, format: { type: 'json' }, values: 'v', group: 1, separator: ',' },
      },
      job: {
        ...{ submit: REQUEST, id: 'id', poll: REQUEST, done: 'true', failed: 'false', result: 'r' },
        ...{ intervalSeconds: 1, maxPolls: 2 },
      },
      resultUrl: true,
      errors: [
        {
          status: [404, '5xx'],
          header: { name: 'a', contains: 'b' },
          body: 'true',
          action: 'retry',
          as: 'auth',
          message: 'm',
          afterSeconds: 1,
        },
      ],
      verify: ['status == 200'],
      incremental: { from: 'row', path: 'at', type: 'number', initial: 0, inclusive: true, ordered: true, lookback: 1 },
      pagination: { type: 'none', total: 'total' },
      conditional: false,
      privacy: { allow: [{ field: 'office.phone', kind: 'phone', reason: 'Hotlines of the offices' }] },
      rules: { unique: 'reject_both', maxRejectShare: 0.5, minRowsShare: 0.9, fullSnapshot: true },
    },
    {
      ...{
        $schema: 'https://x.example/schema.json',
        preset: 'odata',
        simulated: true,
        freshnessLimitSeconds: 1,
        secrets: ['key'],
        schedule: '15 2 * * MON-FRI',
      },
      bounds: { maxPages: 1, maxRows: 1, maxBodyBytes: 1, requestTimeoutMs: 1, runTimeoutMs: 1 },
      http: {
        ...{
          headers: { a: 'b' },
          query: { c: 'd' },
          baseUrl: 'https://a.example/api',
          limits: { requestsPerSecond: 0.5, maxConcurrent: 2 },
          timeouts: { connectMs: 1, headersMs: 1, idleMs: 1 },
          allowedHosts: ['a.example'],
        },
        retryAfter: { floorSeconds: 1, ceilingSeconds: 2 },
      },
      authentication: { type: 'apiKey', in: 'query', name: 'k', key: 'key', prefix: '' },
      errors: [{ status: [404], action: 'empty' }],
    },
  ),
  bodies: makeManifest({
    request: {
      method: 'POST',
      path: '/p',
      body: { soap: { version: '1.2', action: 'a', header: '<h/>', body: '<b/>' } },
    },
  }),
  form: makeManifest({ request: { method: 'POST', path: '/p', body: { form: { a: 'b' } } } }),
  text: makeManifest({ request: { method: 'POST', path: '/p', body: { text: 'a' } } }),
  xml: makeManifest({ request: { method: 'POST', path: '/p', body: { xml: '<a/>' } } }),
  page: makeManifest(makePaged({ type: 'page', first: 0, stop: { rule: 'lastPage', path: 'p' } }, '{{ page }}')),
  offset: makeManifest(
    makePaged({ type: 'offset', first: 0, advanceBy: 'rows', stop: { rule: 'emptyPage', pages: 2 } }, '{{ offset }}'),
  ),
  cursor: makeManifest(makePaged({ type: 'cursor', next: 'n', stop: { rule: 'hasMore', path: 'm' } }, '{{ next }}')),
  link: makeManifest(
    makePaged({ type: 'linkHeader', relation: 'next', stop: { rule: 'expression', when: 'rows == 0' } }, '1'),
  ),
  nextUrl: makeManifest(makePaged({ type: 'nextUrl', next: 'n', stop: { rule: 'totalReached' } }, '1')),
  basic: makeManifest({}, { secrets: ['u', 'p'], authentication: { type: 'basic', username: 'u', password: 'p' } }),
  bearer: makeManifest({}, { secrets: ['t'], authentication: { type: 'bearer', token: 't' } }),
  oauth: makeManifest(
    {},
    {
      secrets: ['i', 's'],
      authentication: {
        ...{
          type: 'oauth2ClientCredentials',
          tokenPath: '/t',
          clientId: 'i',
          clientSecret: 's',
          credentialsIn: 'body',
        },
        parameters: { scope: 'x' },
      },
    },
  ),
  session: makeManifest(
    {},
    {
      authentication: {
        ...{
          type: 'sessionToken',
          login: REQUEST,
          tokenPath: 't',
          lifetimeSeconds: 5,
          in: 'query',
          name: 'n',
          prefix: '',
        },
      },
    },
  ),
  hmac: makeManifest(
    {},
    {
      secrets: ['k'],
      authentication: {
        ...{ type: 'hmac', key: 'k', algorithm: 'sha1', encoding: 'hex', lines: ['a'], separator: '' },
        ...{ headers: { s: '{{ signature }}' }, query: { t: 'u' } },
      },
    },
  ),
  wss: makeManifest(
    {},
    { secrets: ['u', 'p'], authentication: { type: 'wsSecurityUsernameToken', username: 'u', password: 'p' } },
  ),
  oauthElsewhere: makeManifest(
    {},
    {
      secrets: ['i'],
      http: { allowedHosts: ['login.example'] },
      authentication: {
        ...{ type: 'oauth2ClientCredentials', tokenUrl: 'https://login.example/t', clientId: 'i', clientSecret: 'i' },
      },
    },
  ),
  sessionHeader: makeManifest({}, { authentication: { type: 'sessionToken', login: REQUEST, tokenHeader: 'h' } }),
};
