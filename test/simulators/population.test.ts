import { describe, expect, it } from 'vitest';
import { signRequest } from '../../simulators/population.js';
import { startForTest } from './client.js';

const STATISTICS = 'POPULATION_STATISTICS';

describe('population', () => {
  it('signs as its document says', () => {
    const envelope = {
      requestId: '0d3f8a52-6c1e-4b7a-9f20-5b1c2d3e4f5a',
      serviceCode: STATISTICS,
      consumerCode: 'DTI-PLATFORM',
      timestamp: '2026-03-18T02:15:00Z',
      body: { updatedAfter: 0, size: 500, page: 1 },
    };
    expect(signRequest(envelope, 'example-secret-key')).toBe(
      '0c70df20a10c51fa5d31d61397380367e3878f2391e3a9c7cf392af9849cd4b0',
    );
  });

  it('answers rows of provinces and central bodies, which have no people', async () => {
    const client = await startForTest();
    const rows = (await client.readAll('population')).flatMap((page) => page.rows);
    const names = (key: string): string[] => Object.keys(rows.find((row) => row.key === key)?.counts ?? {});
    expect(names('GSO-2025:01/2026-03')).toContain('activatedAccounts');
    expect(names('CENTRAL:VAST/2023-12')).toContain('servicesQuerying');
    expect(names('CENTRAL:VAST/2023-12')).not.toContain('activatedAccounts');
  });

  it.each([
    ['01', { signature: '0'.repeat(64) }],
    ['01', { consumerCode: 'SOMEONE' }],
    ['01', { body: { page: 2 } }],
    ['01', { timestamp: '2020-01-01T00:00:00Z' }],
    ['11', { requestId: 'seven' }],
    ['11', { body: { page: [1] } }],
    ['11', { body: null }],
  ])('answers code %s with HTTP 200 when %o is sent', async (code, replaced) => {
    const client = await startForTest();
    const answer = await client.bus(STATISTICS, { page: 1 }, replaced);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { code, data: null }]);
  });

  it.each([
    ['10', 'PERSON_LOOKUP', {}],
    ['11', STATISTICS, { size: 501 }],
    ['11', STATISTICS, { page: 0 }],
    ['11', STATISTICS, { updatedAfter: '0' }],
    ['12', STATISTICS, { resultSet: '1' }],
  ])('answers code %s to %s with %o', async (code, service, body) => {
    const client = await startForTest();
    expect(JSON.parse((await client.bus(service, body)).text).code).toBe(code);
  });

  it('answers text that is not JSON with code 11 and HTTP 200', async () => {
    const client = await startForTest();
    const answer = await client.send('/ndxp/gateway', { method: 'POST', body: 'hello' });
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([200, '11']);
  });

  it('refuses an old timestamp that is well signed', async () => {
    const client = await startForTest({ now: () => new Date(Date.now() + 301_000) });
    expect(JSON.parse((await client.bus(STATISTICS, {})).text).code).toBe('03');
  });

  it('answers a repeated request id with 02 every time', async () => {
    const client = await startForTest();
    const envelope = {
      requestId: '0d3f8a52-6c1e-4b7a-9f20-5b1c2d3e4f5a',
      serviceCode: STATISTICS,
      consumerCode: 'DTI-PLATFORM',
      timestamp: new Date().toISOString(),
      body: {},
    };
    const body = JSON.stringify({ ...envelope, signature: signRequest(envelope, 'example-secret-key') });
    const codes: string[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      codes.push(JSON.parse((await client.send('/ndxp/gateway', { method: 'POST', body })).text).code);
    }
    expect(codes).toEqual(['00', '02', '02']);
  });

  it('reports linkage with matched records at most the records, none while not connected', async () => {
    const client = await startForTest();
    const rows = (await client.readAll('linkage')).flatMap((page) => page.rows);
    expect(rows).toHaveLength(34 * 8 + 3);
    for (const { counts } of rows) {
      expect(Number(counts.recordsMatched)).toBeLessThanOrEqual(Number(counts.recordsTotal));
      if (counts.connectedOn === null) expect(counts.recordsMatched).toBe(0);
    }
    expect(rows.some((row) => row.counts.connectedOn === null)).toBe(true);
  });

  it('carries nothing that looks like a personal number or a telephone number', async () => {
    const client = await startForTest();
    for (const service of [STATISTICS, 'LINKAGE_REPORT']) {
      expect((await client.bus(service, { size: 500 })).text).not.toMatch(/\d{9}/);
    }
  });
});
