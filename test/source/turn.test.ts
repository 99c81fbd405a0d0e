import { describe, expect, it } from 'vitest';
import type { HostGovernor, HostLimits } from '../../src/domain/connector.js';
import { PlatformError } from '../../src/domain/errors.js';
import { failureOf, openHttp, startFakeSource } from './fakeSource.js';

const GET = () => ({ method: 'GET' as const, path: '/rows' });

/** A governor that lets everybody in and writes down what happens. */
function recordTurns() {
  const log: string[] = [];
  const limits: (HostLimits | null)[] = [];
  const governor: HostGovernor = {
    async enter(host, given) {
      log.push(`enter ${host}`);
      limits.push(given);
      return { leave: async (outcome) => void log.push(outcome) };
    },
  };
  return { governor, log, limits };
}

describe('the turn of a host', () => {
  it('is taken for every attempt, and says how the host did', async () => {
    const { governor, log, limits } = recordTurns();
    const statuses = [500, 429, 404];
    const source = await startFakeSource((_request, response, number) => {
      if (number === 1) response.destroy();
      else response.writeHead(statuses[number - 2] ?? 200).end();
    });
    const hostLimits = { requestsPerSecond: 3 };
    const { http } = openHttp(source.baseUrl, { governor, hostLimits });
    expect((await failureOf(http.send(GET))).code).toBe('SYNC_CONFIG');
    const enter = `enter ${new URL(source.baseUrl).host}`;
    expect(log).toEqual([enter, 'failed', enter, 'failed', enter, 'failed', enter, 'ok']);
    expect(limits[0]).toEqual(hostLimits);
  });

  it('is taken anew for another host that a redirect leads to', async () => {
    const { governor, log } = recordTurns();
    const other = await startFakeSource((_request, response) => response.end('there'));
    const source = await startFakeSource((_request, response) =>
      response.writeHead(302, { location: other.baseUrl }).end(),
    );
    const [here, there] = [source, other].map(({ baseUrl }) => new URL(baseUrl).host);
    const { http } = openHttp(source.baseUrl, { governor, allowedHosts: [there ?? ''] });
    await http.send(GET);
    expect(log).toEqual([`enter ${here}`, 'ok', `enter ${there}`, 'ok']);
  });

  it('is given back when a body is beyond its bound, and the host is not blamed for a cancelled run', async () => {
    const { governor, log } = recordTurns();
    const cancel = new AbortController();
    const source = await startFakeSource((_request, response, number) => {
      if (number === 1) response.end('x'.repeat(200_000));
      else cancel.abort();
    });
    const { http } = openHttp(source.baseUrl, { governor, signal: cancel.signal });
    expect((await failureOf(http.send(GET))).code).toBe('SYNC_BOUND');
    expect((await failureOf(http.send(GET))).code).toBe('SYNC_CANCELLED');
    expect(log.filter((line) => !line.startsWith('enter'))).toEqual(['ok', 'ok']);
  });

  it('does not come while the circuit is open, and nothing is sent', async () => {
    const source = await startFakeSource((_request, response) => response.end());
    const governor: HostGovernor = {
      enter: async () => {
        throw new PlatformError('SYNC_TRANSIENT', 'The circuit is open.');
      },
    };
    const failure = await failureOf(openHttp(source.baseUrl, { governor }).http.send(GET));
    expect(failure).toMatchObject({ code: 'SYNC_TRANSIENT', failureType: 'transient_error' });
    expect(source.received).toEqual([]);
  });
});
