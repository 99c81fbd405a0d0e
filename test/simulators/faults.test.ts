import { describe, expect, it } from 'vitest';
import { DATABASE_NAMES } from '../../simulators/database.js';
import { type Answer, type Client, startForTest } from './client.js';

function call(client: Client, database: (typeof DATABASE_NAMES)[number]): Promise<Answer> {
  if (database === 'einvoice') return client.soap(0, 1, 500);
  return database === 'publicServices'
    ? client.portal({ limit: '500' })
    : client.bus('POPULATION_STATISTICS', { size: 500 });
}

describe.each(DATABASE_NAMES)('faults of %s', (database) => {
  it('answers 429 with each kind of Retry-After, so many times', async () => {
    const client = await startForTest();
    for (const retryAfter of ['1', '0', '99999999', 'soon']) {
      await client.control('POST', 'faults', { [database]: { status429: { times: 1, retryAfter } } });
      const answer = await call(client, database);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, retryAfter]);
      expect((await call(client, database)).status).toBe(200);
    }
    await client.control('POST', 'faults', { [database]: { status429: { times: 1, retryAfter: 'http-date' } } });
    const date = (await call(client, database)).headers.get('retry-after') ?? '';
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(60_000);
    await client.control('POST', 'faults', { [database]: { status429: { times: 1, retryAfter: null } } });
    expect((await call(client, database)).headers.get('retry-after')).toBeNull();
  });

  it('answers 500 and HTML in the order of precedence, then recovers', async () => {
    const client = await startForTest();
    await client.control('POST', 'faults', { [database]: { html200: { times: 1 }, status500: { times: 2 } } });
    const answers = [];
    for (let attempt = 0; attempt < 4; attempt += 1) answers.push(await call(client, database));
    expect(answers.map((answer) => answer.status)).toEqual([500, 500, 200, 200]);
    expect(answers[2]?.headers.get('content-type')).toContain('text/html');
    expect(answers[3]?.headers.get('content-type')).not.toContain('text/html');
  });

  it('cuts a body in half, as a valid message or with a broken connection', async () => {
    const client = await startForTest();
    const whole = await call(client, database);
    await client.control('POST', 'faults', { [database]: { truncatedBody: { times: 1 } } });
    const half = await call(client, database);
    expect(half.status).toBe(200);
    expect(whole.text.startsWith(half.text)).toBe(true);
    expect(half.text.length).toBeLessThan(whole.text.length);
    await client.control('POST', 'faults', { [database]: { truncatedBody: { times: 1, abort: true } } });
    await expect(call(client, database)).rejects.toThrow();
    expect((await call(client, database)).text).toBe(whole.text);
  });

  it('hangs until the reader gives up', async () => {
    const client = await startForTest();
    await call(client, database);
    await client.control('POST', 'faults', { [database]: { hang: { times: 1 } } });
    const path = {
      einvoice: '/einvoice/soap',
      publicServices: '/public-services/v1/statistics',
      population: '/ndxp/gateway',
    };
    const method = database === 'publicServices' ? 'GET' : 'POST';
    const patience = new AbortController();
    const hanging = client.send(path[database], { method, signal: patience.signal });
    // The fault has been spent on it, so that the next one is answered.
    await expect
      .poll(() => client.control('GET', 'state'))
      .toMatchObject({ faults: { [database]: { times: { hang: 0 } } } });
    patience.abort(new Error('timeout'));
    await expect(hanging).rejects.toThrow('timeout');
    expect((await call(client, database)).status).toBe(200);
  });

  it('is late by the latency', async () => {
    const client = await startForTest();
    await client.control('POST', 'faults', { [database]: { latencyMs: 120 } });
    const begun = performance.now();
    expect((await call(client, database)).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThan(110);
  });

  it('refuses in the words of the protocol when busy or unauthorised', async () => {
    const client = await startForTest();
    await client.control('POST', 'faults', { [database]: { unauthorised: { times: 1 }, busy: { times: 1 } } });
    const words = {
      einvoice: ['AUTH_FAILED', 'BUSY'],
      publicServices: ['TOKEN_EXPIRED', 'BUSY'],
      population: ['"01"', '"20"'],
    };
    for (const word of words[database]) expect((await call(client, database)).text).toContain(word);
    expect((await call(client, database)).status).toBe(200);
  });

  it('adds bad rows after a cursor and takes them out again', async () => {
    const client = await startForTest();
    const cursor = (await client.readAll(database))[0]?.highest ?? 0;
    await client.control('POST', 'faults', { [database]: { poisonRows: { count: 6 } } });
    const { rows, total } = await client.page(database, cursor, 500, null);
    expect([rows.length, total]).toEqual([6, 6]);
    expect(rows.filter((row) => row.key.startsWith('GSO-2004:00/'))).toHaveLength(2);
    expect(rows.map((row) => JSON.stringify(row.counts)).some((text) => /n\/a|null/.test(text))).toBe(true);
    expect(new Set(rows.map((row) => Object.keys(row.counts).length)).size).toBe(2);
    await client.control('DELETE', 'faults');
    expect((await client.page(database, cursor, 500, null)).rows).toEqual([]);
  });

  it('restates an old month as a late correction', async () => {
    const client = await startForTest();
    const cursor = (await client.readAll(database))[0]?.highest ?? 0;
    const field = { einvoice: 'EnterprisesIssuing', publicServices: 'dossiersOnline', population: 'servicesQuerying' }[
      database
    ];
    const lateCorrection = { entity: 'GSO-2004:74', period: '2022-12', field, value: 17 };
    await client.control('POST', 'faults', { [database]: { lateCorrection } });
    const { rows } = await client.page(database, cursor, 500, null);
    expect(rows).toMatchObject([{ key: 'GSO-2004:74/2022-12', counts: { [field]: 17 } }]);
  });

  it('are all taken back by DELETE', async () => {
    const client = await startForTest();
    await client.control('POST', 'faults', { [database]: { status500: { times: 9 }, latencyMs: 500 } });
    await client.control('DELETE', 'faults');
    expect((await call(client, database)).status).toBe(200);
  });
});

describe('faults of tokens', () => {
  it('shortens the life of the next token and expires the ones given out', async () => {
    const client = await startForTest();
    await client.control('POST', 'faults', { publicServices: { tokenLifetimeSeconds: 0 } });
    expect((await client.portal({})).status).toBe(401);
    const other = await startForTest();
    expect((await other.portal({})).status).toBe(200);
    await other.control('POST', 'faults', { publicServices: { expireTokens: true } });
    expect(JSON.parse((await other.portal({})).text).code).toBe('TOKEN_EXPIRED');
  });
});
