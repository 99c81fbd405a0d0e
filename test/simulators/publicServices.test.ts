import { describe, expect, it } from 'vitest';
import { CREDENTIALS, startForTest } from './client.js';

const { clientId, clientSecret } = CREDENTIALS.publicServices;
const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
const form = 'application/x-www-form-urlencoded';

describe('publicServices token', () => {
  it.each([
    [
      'a wrong secret',
      { authorization: 'Basic eDp5', 'content-type': form },
      'grant_type=client_credentials',
      401,
      'invalid_client',
    ],
    [
      'another grant',
      { authorization: basic, 'content-type': form },
      'grant_type=password',
      400,
      'unsupported_grant_type',
    ],
    ['JSON', { authorization: basic, 'content-type': 'application/json' }, '{}', 400, 'invalid_request'],
  ])('refuses %s', async (_what, headers, body, status, error) => {
    const client = await startForTest();
    const answer = await client.send('/public-services/oauth/token', { method: 'POST', headers, body });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { error }]);
    if (status === 401) expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });

  it('lives 300 seconds', async () => {
    let now = new Date('2026-03-18T02:15:00Z');
    const client = await startForTest({ now: () => now });
    expect((await client.portal({})).status).toBe(200);
    now = new Date('2026-03-18T02:19:59Z');
    expect((await client.portal({})).status).toBe(200);
    now = new Date('2026-03-18T02:20:00Z');
    const late = await client.portal({});
    expect(late.status).toBe(401);
    expect(late.headers.get('www-authenticate')).toContain(
      'error="invalid_token", error_description="The token has expired"',
    );
    expect(JSON.parse(late.text)).toMatchObject({ status: 401, code: 'TOKEN_EXPIRED' });
  });
});

describe('publicServices statistics', () => {
  it('answers items with body, period and counts', async () => {
    const client = await startForTest();
    const answer = await client.portal({ limit: '1' });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse(answer.text)).toMatchObject({
      items: [{ body: { codeSystem: 'CENTRAL', code: 'MOF' }, period: '2021-01', sequence: 1000, status: 'FINAL' }],
      total: 354,
      highestSequence: 1000,
    });
  });

  it('has no items for bodies without public services', async () => {
    const client = await startForTest();
    const rows = (await client.readAll('publicServices')).flatMap((page) => page.rows);
    expect(rows.some((row) => row.key.startsWith('CENTRAL:MPI/'))).toBe(true);
    expect(rows.some((row) => row.key.startsWith('CENTRAL:VAST/'))).toBe(false);
  });

  it.each([
    [{}, 'TOKEN_MISSING'],
    [{ authorization: 'Bearer made-up' }, 'TOKEN_INVALID'],
  ])('refuses %o', async (headers, code) => {
    const client = await startForTest();
    const answer = await client.send('/public-services/v1/statistics', { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.parse(answer.text).code).toBe(code);
  });

  it.each([
    [{ limit: '501' }, 400, 'PARAMETER_INVALID'],
    [{ limit: '0' }, 400, 'PARAMETER_INVALID'],
    [{ updatedAfter: '-1' }, 400, 'PARAMETER_INVALID'],
    [{ cursor: 'nonsense' }, 400, 'CURSOR_INVALID'],
    [{ cursor: Buffer.from('5.0.0').toString('base64url') }, 410, 'CURSOR_EXPIRED'],
  ])('answers %o with a problem', async (query, status, code) => {
    const client = await startForTest();
    const answer = await client.portal(query);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([status, code]);
  });

  it('answers an unknown path with a problem', async () => {
    const client = await startForTest();
    const answer = await client.send('/public-services/v2/statistics');
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, 'NOT_FOUND']);
  });
});
