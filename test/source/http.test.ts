import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SourceRequest } from '../../src/domain/connector.js';
import { createAddressGuard } from '../../src/source/address.js';
import { createSourceHttp, MAX_ATTEMPTS } from '../../src/source/http.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { BOUNDS, failureOf, openHttp, startFakeSource } from './fakeSource.js';

const GET = (): SourceRequest => ({ method: 'GET', path: '/rows', query: { name: 'a b&c' } });

describe('one request', () => {
  it('sends query, headers and body under the base path', async () => {
    const source = await startFakeSource((_request, response) => response.end('{}'));
    const { http } = openHttp(`${source.baseUrl}/api/`);
    await http.send(() => ({ method: 'POST', path: '/x', query: { q: 'Đà Nẵng' }, headers: { a: 'b' }, body: 'é' }));
    expect(source.received[0]).toMatchObject({ method: 'POST', url: '/api/x?q=%C4%90%C3%A0+N%E1%BA%B5ng', body: 'é' });
    expect(source.received[0]?.headers.a).toBe('b');
  });

  it('reads gzip and the charset of the content type', async () => {
    const source = await startFakeSource((_request, response, number) => {
      if (number === 1) response.setHeader('content-encoding', 'gzip').end(gzipSync('Hà Nội'));
      else response.setHeader('content-type', 'text/csv; charset=windows-1258').end(Buffer.from([0xd0, 0x41]));
    });
    const { http } = openHttp(source.baseUrl);
    expect((await http.send(GET)).body).toBe('Hà Nội');
    expect((await http.send(GET)).body).toBe('ĐA');
  });

  it('refuses bytes that are not text', async () => {
    const source = await startFakeSource((_request, response) => response.end(Buffer.from([0xff, 0xfe, 0xfd])));
    expect(await failureOf(openHttp(source.baseUrl).http.send(GET))).toMatchObject({ code: 'SYNC_PROTOCOL' });
  });

  it('does not follow a redirect', async () => {
    const source = await startFakeSource((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    const failure = await failureOf(openHttp(source.baseUrl).http.send(GET, () => ({ kind: 'ok' })));
    expect(failure).toMatchObject({ code: 'SYNC_PROTOCOL', failureType: 'system_error' });
    expect(source.received).toHaveLength(1);
  });

  it.each(['ftp://x', 'http://user:pass@x', 'not a url', 'http://x/?q=1'])('refuses the base URL %s', (baseUrl) => {
    const open = () =>
      createSourceHttp({
        settings: { baseUrl, secrets: {} },
        bounds: BOUNDS,
        signal: new AbortController().signal,
        addressGuard: LOOPBACK,
        now: () => new Date(),
      });
    expect(open).toThrow(expect.objectContaining({ code: 'SYNC_CONFIG' }));
  });

  it.each([
    [400, 'SYNC_PROTOCOL', 'system_error'],
    [403, 'SYNC_AUTH', 'config_error'],
    [404, 'SYNC_CONFIG', 'config_error'],
  ])('fails at once with status %i', async (status, code, failureType) => {
    const source = await startFakeSource((_request, response) => response.writeHead(status).end());
    expect(await failureOf(openHttp(source.baseUrl).http.send(GET))).toMatchObject({ code, failureType });
    expect(source.received).toHaveLength(1);
  });
});

describe('transient failures', () => {
  it.each([408, 429, 500, 502, 503, 504])('are retried: status %i', async (status) => {
    const source = await startFakeSource((_request, response, number) =>
      number < 3 ? response.writeHead(status).end() : response.end('ok'),
    );
    const { http, attempts, waits } = openHttp(source.baseUrl);
    expect((await http.send(GET)).body).toBe('ok');
    expect(waits).toEqual([250, 500]);
    expect(attempts.map((each) => each.verdict)).toEqual(['retry', 'retry', 'ok']);
  });

  it('end after five attempts', async () => {
    const source = await startFakeSource((_request, response) => response.writeHead(503).end());
    const failure = await failureOf(openHttp(source.baseUrl).http.send(GET));
    expect(failure).toMatchObject({ code: 'SYNC_TRANSIENT', failureType: 'transient_error' });
    expect(failure.message).toContain('status 503');
    expect(source.received).toHaveLength(MAX_ATTEMPTS);
  });

  it('include a port where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const failure = await failureOf(openHttp(`http://127.0.0.1:${port}`).http.send(GET));
    expect(failure.code).toBe('SYNC_TRANSIENT');
    expect(failure.message).toMatch(/ECONNREFUSED/);
    // A preview is not, and neither is a run after its last attempt.
    expect(failure.message).not.toContain('tried again');
  });

  it('include a connection that breaks in the body, and a body without its end', async () => {
    const source = await startFakeSource((_request, response, number) => {
      if (number === 1) response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
      else if (number === 2) response.writeHead(200).write('half', () => response.destroy());
      else response.end('whole');
    });
    const { http, attempts } = openHttp(source.baseUrl);
    expect((await http.send(GET)).body).toBe('whole');
    expect(attempts.map((each) => each.status)).toEqual([null, null, 200]);
  });

  it('include an answer that never comes, or never ends', async () => {
    const source = await startFakeSource((_request, response, number) => {
      if (number === 2) response.write('and then');
      if (number > 2) response.end('ok');
    });
    const { http, attempts } = openHttp(source.baseUrl, { bounds: { ...BOUNDS, requestTimeoutMs: 150 } });
    expect((await http.send(GET)).body).toBe('ok');
    expect(attempts[0]?.reason).toBe('no whole answer within 150 ms');
  });

  it.each([
    ['2', 2000],
    ['0', 100],
    ['Wed, 18 Mar 2026 02:15:07 GMT', 7000],
    ['Wed, 18 Mar 2020 02:15:07 GMT', 100],
    ['99999999999999999999', 30_000],
    ['-5', 250],
    ['soon', 250],
    [null, 250],
  ])('wait as Retry-After %j asks, within the floor and the ceiling: %i ms', async (header, waitMs) => {
    const source = await startFakeSource((_request, response, number) =>
      number === 1 ? response.writeHead(429, header === null ? {} : { 'retry-after': header }).end() : response.end(),
    );
    const { http, waits } = openHttp(source.baseUrl);
    await http.send(GET);
    expect(waits).toEqual([waitMs]);
  });

  it('shorten the wait at random, by half at most', async () => {
    const source = await startFakeSource((_request, response) => response.writeHead(500).end());
    const { http, waits } = openHttp(source.baseUrl, { random: () => 1 });
    await failureOf(http.send(GET));
    expect(waits).toEqual([125, 250, 500, 1000]);
  });
});

describe('the verdict of a protocol', () => {
  it('finds an error in a 200, and builds each attempt anew', async () => {
    const source = await startFakeSource((_request, response, number) => response.end(number === 1 ? 'busy' : 'ok'));
    const { http, waits } = openHttp(source.baseUrl);
    let nonce = 0;
    const build = (): SourceRequest => {
      nonce += 1;
      return { method: 'POST', path: '/', body: `nonce ${nonce}` };
    };
    await http.send(build, ({ body }) =>
      body === 'ok' ? { kind: 'ok' } : { kind: 'retry', reason: 'busy', afterMs: 400 },
    );
    expect(source.received.map((each) => each.body)).toEqual(['nonce 1', 'nonce 2']);
    expect(waits).toEqual([400]);
  });

  it('fails with its own code and reason', async () => {
    const source = await startFakeSource((_request, response) => response.end('no'));
    const sent = openHttp(source.baseUrl).http.send(GET, () => ({
      kind: 'fail',
      code: 'SYNC_AUTH',
      reason: 'code 01',
    }));
    const failure = await failureOf(sent);
    expect(failure.code).toBe('SYNC_AUTH');
    expect(failure.message).toBe('GET /rows failed: code 01.');
  });

  it('that throws is a bug of the connector', async () => {
    const source = await startFakeSource((_request, response) => response.end('no'));
    const sent = openHttp(source.baseUrl).http.send(GET, () => {
      throw new TypeError('x is undefined');
    });
    expect(await failureOf(sent)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', failureType: 'system_error' });
  });
});

describe('bounds and cancelling', () => {
  it('stops reading an endless body, also one that grows when it is unpacked', async () => {
    const source = await startFakeSource((request, response) => {
      if (request.url.startsWith('/bomb')) {
        response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(10_000_000)));
        return;
      }
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000, 'x')));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    const { http } = openHttp(source.baseUrl);
    expect(await failureOf(http.send(GET))).toMatchObject({ code: 'SYNC_BOUND', failureType: 'config_error' });
    const bomb = http.send(() => ({ method: 'GET', path: '/bomb' }));
    expect(await failureOf(bomb)).toMatchObject({ code: 'SYNC_BOUND' });
    expect(source.received).toHaveLength(2);
  });

  it('says of a host whose name is not known to check the address, and not that it may pass', async () => {
    const resolveName = async () => Promise.reject(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
    const { http } = openHttp('http://misspelt.example', {
      addressGuard: createAddressGuard({ allowedHosts: [], resolveName }),
    });
    const failure = await failureOf(http.send(GET));
    expect(failure).toMatchObject({
      code: 'SYNC_TRANSIENT',
      message: expect.stringContaining('(ENOTFOUND). The name of'),
    });
    expect(failure.message).toMatch(/check the address \(base URL\)\.$/);
    expect(failure.message).not.toContain('may pass');
  });

  it('ends a request and a wait at once when the run is cancelled', async () => {
    const source = await startFakeSource((request, response) => {
      if (request.url !== '/hang') response.writeHead(503, { 'retry-after': '30' }).end();
    });
    for (const path of ['/hang', '/wait']) {
      const cancel = new AbortController();
      const http = createSourceHttp({
        settings: { baseUrl: source.baseUrl, secrets: {} },
        bounds: BOUNDS,
        signal: cancel.signal,
        addressGuard: LOOPBACK,
        now: () => new Date(),
      });
      setTimeout(() => cancel.abort(), 50);
      const startedAt = Date.now();
      expect(await failureOf(http.send(() => ({ method: 'GET', path })))).toMatchObject({ code: 'SYNC_CANCELLED' });
      // Without that, nothing ends the one and thirty seconds the other.
      expect(Date.now() - startedAt).toBeLessThan(20_000);
    }
  });
});

describe('redaction', () => {
  it('hides secrets in every message and attempt, however the source writes them', async () => {
    const secret = 'pa+ss/w rd&"é';
    const forms = [secret, encodeURIComponent(secret), Buffer.from(`user:${secret}`).toString('base64')];
    const source = await startFakeSource((_request, response) => response.writeHead(200).end(forms.join(' | ')));
    const { http, attempts } = openHttp(source.baseUrl, { settings: { baseUrl: source.baseUrl, secrets: { secret } } });
    const failure = await failureOf(
      http.send(
        () => ({ method: 'GET', path: `/rows/${encodeURIComponent(secret)}` }),
        ({ body }) => ({ kind: 'fail', code: 'SYNC_PROTOCOL', reason: body }),
      ),
    );
    const shown = failure.message + JSON.stringify(attempts) + String(failure.cause) + failure.stack;
    for (const form of forms) expect(shown).not.toContain(form);
    expect(shown).toContain('[secret]');
  });

  it('hides a bearer token that was made in the run', async () => {
    const source = await startFakeSource((request, response) =>
      response.end(`bad token ${request.headers.authorization}`),
    );
    const { http } = openHttp(source.baseUrl);
    const failure = await failureOf(
      http.send(
        () => ({ method: 'GET', path: '/', headers: { authorization: 'Bearer abc.def.ghi' } }),
        ({ body }) => ({ kind: 'fail', code: 'SYNC_PROTOCOL', reason: body }),
      ),
    );
    expect(failure.message).not.toContain('abc.def.ghi');
  });
});
