import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAddressGuard } from '../../src/source/address.js';
import { BOUNDS, failureOf, openHttp, startFakeSource } from './fakeSource.js';

const GET = () => ({ method: 'GET' as const, path: '/rows' });
const answer = (address: string) => [{ address, family: 4 }];

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

afterEach(() => void vi.unstubAllEnvs());

describe('a connection to a source', () => {
  it('goes to the address that was judged: the name is resolved once, and by nobody else', async () => {
    const source = await startFakeSource((_request, response) => response.end('ok'));
    const { port } = new URL(source.baseUrl);
    const asked: string[] = [];
    const addressGuard = createAddressGuard({
      allowedHosts: ['source.invalid'],
      resolveName: async (name) => {
        asked.push(name);
        return answer('127.0.0.1');
      },
    });
    const { http } = openHttp(`http://source.invalid:${port}`, { addressGuard });
    expect((await http.send(GET)).body).toBe('ok');
    expect(asked).toEqual(['source.invalid']);
    expect(source.received[0]?.headers.host).toBe(`source.invalid:${port}`);
  });

  it('is refused when the name leads inside by the time of connecting (DNS rebinding)', async () => {
    const source = await startFakeSource((_request, response) => response.end('inside'));
    const answers = ['203.162.0.1', '127.0.0.1'];
    const addressGuard = createAddressGuard({
      allowedHosts: [],
      resolveName: async () => answer(answers.shift() ?? '127.0.0.1'),
    });
    await addressGuard.resolve('rebinding.invalid', 80);
    const { http, attempts } = openHttp(source.baseUrl.replace('127.0.0.1', 'rebinding.invalid'), { addressGuard });
    expect(await failureOf(http.send(GET))).toMatchObject({ code: 'SYNC_ADDRESS', failureType: 'config_error' });
    expect(attempts).toEqual([]);
    expect(source.received).toEqual([]);
  });

  it('is refused, and not tried again, for a port that belongs to another protocol', async () => {
    const addressGuard = createAddressGuard({ allowedHosts: ['127.0.0.1'] });
    const { http } = openHttp('http://127.0.0.1:9', { addressGuard });
    const failure = await failureOf(http.send(GET));
    expect(failure).toMatchObject({ code: 'SYNC_ADDRESS', failureType: 'config_error', details: { port: 9 } });
    expect(failure.message).toContain('port 9');
  });

  it.each([
    '127.0.0.1',
    '2130706433',
    '[::ffff:127.0.0.1]',
  ])('is refused for a literal address inside, and by default: %s', async (host) => {
    const source = await startFakeSource((_request, response) => response.end('inside'));
    const addressGuard = createAddressGuard({ allowedHosts: [] });
    const { http } = openHttp(source.baseUrl.replace('127.0.0.1', host), { addressGuard });
    expect(await failureOf(http.send(GET))).toMatchObject({ code: 'SYNC_ADDRESS' });
    expect(source.received).toEqual([]);
  });

  it('is judged again for every hop of a redirect', async () => {
    const inside = await startFakeSource((_request, response) => response.end('inside'));
    const source = await startFakeSource((_request, response) =>
      response.writeHead(302, { location: `${inside.baseUrl}/meta-data` }).end(),
    );
    const addressGuard = createAddressGuard({ allowedHosts: [new URL(source.baseUrl).host] });
    const allowedHosts = [new URL(inside.baseUrl).host];
    const { http } = openHttp(source.baseUrl, { addressGuard, allowedHosts });
    expect(await failureOf(http.send(GET))).toMatchObject({ code: 'SYNC_ADDRESS' });
    expect(inside.received).toEqual([]);
  });

  it('asks no proxy of the environment', async () => {
    const proxy = await startFakeSource((_request, response) => response.end('proxy'));
    const source = await startFakeSource((_request, response) => response.end('source'));
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) vi.stubEnv(name, proxy.baseUrl);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    expect((await openHttp(source.baseUrl).http.send(GET)).body).toBe('source');
    expect(proxy.received).toEqual([]);
  });

  it('names the host to TLS, not the address', async () => {
    let hello = '';
    const port = await listen(
      createServer((socket) => {
        socket
          .on('error', () => undefined)
          .once('data', (data) => {
            hello += data.toString('latin1');
            socket.destroy();
          });
      }),
    );
    const addressGuard = createAddressGuard({
      allowedHosts: ['source.invalid'],
      resolveName: async () => answer('127.0.0.1'),
    });
    const { http } = openHttp(`https://source.invalid:${port}`, { addressGuard });
    expect((await failureOf(http.send(GET))).code).toBe('SYNC_TRANSIENT');
    expect(hello).toContain('source.invalid');
  });

  it('must be open in its time', async () => {
    const port = await listen(createServer(() => undefined));
    const bounds = { ...BOUNDS, connectTimeoutMs: 50 };
    const silent = await failureOf(openHttp(`https://127.0.0.1:${port}`, { bounds }).http.send(GET));
    expect(silent).toMatchObject({ code: 'SYNC_TRANSIENT', message: expect.stringContaining('50 ms') });
    const addressGuard = createAddressGuard({ allowedHosts: [], resolveName: () => new Promise(() => undefined) });
    const lost = await failureOf(openHttp('http://source.invalid', { bounds, addressGuard }).http.send(GET));
    expect(lost).toMatchObject({
      code: 'SYNC_TRANSIENT',
      message: expect.stringContaining('not resolved within 50 ms'),
    });
  });
});
