import { createHmac } from 'node:crypto';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from './manifests.js';
import { figuresOf, openWorld, run, type SimulatedWorld } from './simulated.js';

// What is particular to the protocols of single systems; what all have in common is in systems.test.ts.

let world: SimulatedWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Asks a system without the platform. */
async function ask(key: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${world.settings(key).baseUrl}${path}`, init);
}

describe('tax', () => {
  it('orders an export, waits until it is done, and fetches one file of the archive', async () => {
    const waits: number[] = [];
    const { attempts, pages } = await run(readManifest('tax'), world.settings('tax'), {
      sleep: async (ms) => void waits.push(ms),
    });
    const asked = attempts.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{18}/, '<id>')}`);
    const poll = 'GET /v1/exports/<id>';
    const submit = 'POST /v1/exports';
    expect(asked).toEqual(['POST /oauth2/token', submit, poll, poll, poll, `${poll}/file`]);
    expect(waits).toEqual([200, 200, 200]);
    expect(pages).toHaveLength(1);
  });

  it('refuses a file before it is ready, an order without a data set, and a token that it did not give', async () => {
    const { clientId, clientSecret } = world.settings('tax').secrets;
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    const token = await ask('tax', '/oauth2/token', {
      ...{ method: 'POST', body: 'grant_type=client_credentials' },
      headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
    });
    const { access_token: value } = (await token.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${value}` };
    const body = JSON.stringify({ dataset: 'E_TAX_PAYMENT' });
    const ordered = await ask('tax', '/v1/exports', { method: 'POST', headers, body });
    const { id } = (await ordered.json()) as { id: string };
    expect([ordered.status, ordered.headers.get('location')]).toEqual([202, `/tax/v1/exports/${id}`]);
    expect((await ask('tax', `/v1/exports/${id}/file`, { headers })).status).toBe(409);
    expect((await ask('tax', '/v1/exports/none', { headers })).status).toBe(404);
    expect((await ask('tax', '/v1/exports', { method: 'POST', headers, body: '{}' })).status).toBe(400);
    expect((await ask('tax', `/v1/exports/${id}`, { headers: { authorization: 'Bearer none' } })).status).toBe(401);
  });
});

describe('customs', () => {
  it('reads what is deleted and what is missing, beside thousands with every digit', async () => {
    const { records } = await run(readManifest('customs'), world.settings('customs'));
    const trial = records.filter(({ period }) => period === '2020-06');
    expect(trial.map(({ deleted, obsStatus }) => `${deleted} ${obsStatus}`).sort()).toEqual([
      ...['false O', 'false O', 'true A', 'true A'],
    ]);
    expect(trial.every(({ numerator, value }) => numerator === null && value === null)).toBe(true);
  });

  it('is not read again while its ETag stays, and whole when it changes', async () => {
    const first = await run(readManifest('customs'), world.settings('customs'));
    const second = await run(readManifest('customs'), world.settings('customs'), { cursors: first.cursors });
    expect(second.pages.map(({ stopReason }) => stopReason)).toEqual(['not modified since the last run']);
    world.simulators.simulation.advance(12);
    const third = await run(readManifest('customs'), world.settings('customs'), { cursors: second.cursors });
    expect(third.records).toHaveLength(first.records.length);
    expect(third.cursors).not.toEqual(second.cursors);
  });
});

describe('banking', () => {
  it('follows the pages of the server, and begins the next run at a number beyond 2^53', async () => {
    const all = await run(readManifest('banking'), world.settings('banking'));
    expect(all.pages.map(({ records }) => records.length)).toEqual([200, 200, 200, all.records.length - 600]);
    const { sequence } = world.simulators.simulation;
    expect(all.cursors.accounts?.cursor).toBe(String(9_007_199_254_740_993n + BigInt(sequence)));
  });

  it('bounds its pages and refuses filters that it does not have', async () => {
    const { username, password } = world.settings('banking').secrets;
    const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    const page = (await (await ask('banking', '/odata/v4/PaymentAccounts', { headers })).json()) as { value: [] };
    expect(page.value).toHaveLength(250);
    const filter = encodeURIComponent("ProvinceCode eq '01'");
    expect((await ask('banking', `/odata/v4/PaymentAccounts?$filter=${filter}`, { headers })).status).toBe(400);
    expect((await ask('banking', '/odata/v4/PaymentAccounts?$skiptoken=9.0.0.200', { headers })).status).toBe(410);
  });
});

describe('business_registration', () => {
  const path = '/r1/VN-TEST/GOV/MPI-0105/dkkd/enterprise-statistics/v1/digital-enterprises';

  it('says which security server refuses, in a header and with 500', async () => {
    const client = { 'x-road-client': 'VN-TEST/GOV/MOST-0401/unknown' };
    const denied = await ask('business_registration', path, { headers: client });
    expect([denied.status, denied.headers.get('x-road-error')]).toEqual([500, 'Server.ServerProxy.AccessDenied']);
    expect(Object.keys((await denied.json()) as object)).toEqual(['type', 'message', 'detail']);
    const { subsystem } = world.settings('business_registration').secrets;
    const headers = { 'x-road-client': `VN-TEST/GOV/MOST-0401/${subsystem}`, 'x-road-id': 'abc' };
    const unknown = await ask('business_registration', path.replace('enterprise', 'other'), { headers });
    expect(unknown.headers.get('x-road-error')).toBe('Server.ServerProxy.UnknownService');
    expect((await ask('business_registration', path)).status).toBe(400);
    const passed = await ask('business_registration', `${path}?limit=301`, { headers });
    expect([passed.status, passed.headers.get('x-road-error'), passed.headers.get('x-road-id')]).toEqual([
      400,
      null,
      'abc',
    ]);
  });

  it('does not try again when it is not allowed', async () => {
    const settings = { ...world.settings('business_registration'), secrets: { subsystem: 'unknown' } };
    const attempts: unknown[] = [];
    const read = run(readManifest('business_registration'), settings, { onAttempt: (each) => attempts.push(each) });
    await expect(read).rejects.toMatchObject({ code: 'SYNC_AUTH' });
    expect(attempts).toHaveLength(1);
  });
});

describe('driver_licence', () => {
  it('is let in once with a nonce, and never with an old time', async () => {
    const { appId = '', signingKey = '' } = world.settings('driver_licence').secrets;
    const sign = (seconds: number, nonce: string) => {
      const lines = ['GET', '/driver_licence/api/v2/licence-integration', 'per_page=1', appId, seconds, nonce];
      const signature = createHmac('sha256', signingKey).update(lines.join('\n')).digest('base64');
      return { 'x-app-id': appId, 'x-timestamp': String(seconds), 'x-nonce': nonce, 'x-signature': signature };
    };
    const get = async (headers: Record<string, string>) =>
      (await ask('driver_licence', '/api/v2/licence-integration?per_page=1', { headers })).status;
    const now = Math.floor(Date.now() / 1000);
    const good = sign(now, 'nonce-of-16-chars');
    expect([await get(good), await get(good)]).toEqual([200, 401]);
    expect(await get(sign(now - 400, 'another-nonce-of-16'))).toBe(401);
    expect(await get({ ...sign(now, 'third-nonce-of-16-chars'), 'x-signature': 'c2lnbmF0dXJl' })).toBe(401);
  });

  it('leads from page to page by its links', async () => {
    const { pages, records } = await run(readManifest('driver_licence'), world.settings('driver_licence'));
    expect(pages).toHaveLength(Math.ceil(records.length / 200));
    expect(pages.at(-1)?.stopReason).toBe('no link with relation next');
  });
});

describe('health_insurance', () => {
  it('logs in again when the session is refused in mid-run', async () => {
    const quiet = await run(readManifest('health_insurance'), world.settings('health_insurance'));
    await world.setFaults('health_insurance', { unauthorised: { times: 1 } });
    const all = await run(readManifest('health_insurance'), world.settings('health_insurance'));
    expect(figuresOf(all)).toEqual(figuresOf(quiet));
    expect(all.attempts.filter(({ path }) => path === '/session')).toHaveLength(2);
  });

  it('answers 200 to everything, and says inside what it is worth', async () => {
    const body = JSON.stringify({ username: 'nobody', password: 'nothing' });
    const refused = await ask('health_insurance', '/session', { method: 'POST', body });
    expect([refused.status, await refused.json()]).toMatchObject([200, { code: 'LOGIN_REFUSED', data: null }]);
    const lost = await ask('health_insurance', '/statistics/search', { method: 'POST', body: '{}' });
    expect([lost.status, await lost.json()]).toMatchObject([200, { code: 'SESSION_EXPIRED' }]);
  });
});

describe('social_security', () => {
  it('halves questions that are too big, and takes "nothing new" for an answer', async () => {
    const first = await run(readManifest('social_security'), world.settings('social_security'));
    // 63 and 34 provinces by eight: eight groups and four, and one of two provinces that is small enough.
    expect(first.attempts.filter(({ status }) => status === 403)).toHaveLength(8 + 4);
    const next = await run(readManifest('social_security'), world.settings('social_security'), {
      cursors: first.cursors,
    });
    expect(next.records).toEqual([]);
    expect(next.pages.at(-1)?.stopReason).toContain('There is nothing for these provinces');
  });
});

describe('digital_signature', () => {
  it('gives fewer rows than it is asked for, and another order each time unless one is named', async () => {
    const { apiToken = '' } = world.settings('digital_signature').secrets;
    const get = async (sort: string): Promise<number[]> => {
      const path = `/api/3/action/datastore_search?resource_id=0b7e4c1a-5d0f-4c38-9a55-3f4f0f6f2d10&limit=500${sort}`;
      const answer = await ask('digital_signature', path, { headers: { authorization: apiToken } });
      const { result } = (await answer.json()) as { result: { records: { _id: number }[] } };
      return result.records.map(({ _id }) => _id);
    };
    expect(await get('&sort=_id')).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
    expect(await get('')).not.toEqual(await get(''));
  });
});

describe('smedx', () => {
  it('reads tombstones, and asks for what changed in each month', async () => {
    const first = await run(readManifest('smedx'), world.settings('smedx'));
    const withdrawn = first.records.filter(({ deleted }) => deleted);
    expect(withdrawn.map(({ period, value }) => [period, value])).toEqual(Array(4).fill(['2021-01', null]));
    world.simulators.simulation.advance(12);
    const next = await run(readManifest('smedx'), world.settings('smedx'), { cursors: first.cursors });
    const before = new Set(figuresOf(first));
    expect(figuresOf(next).filter((line) => !before.has(line))).toHaveLength(2);
  });
});

describe('ecommerce', () => {
  it('knows the provinces by all spellings of them', async () => {
    const { pages, records } = await run(readManifest('ecommerce'), world.settings('ecommerce'));
    const files = pages.map(({ body }) =>
      iconv.decode(Buffer.from(body.split('base64,')[1] ?? '', 'base64'), 'windows-1258'),
    );
    const names = files.flatMap((file) => file.match(/(?<=^\d+;)[^;]+/gm) ?? []).map((name) => name.normalize('NFC'));
    for (const name of ['Sài Gòn', 'Thừa Thiên – Huế', 'BR-VT', 'Tỉnh Hà Giang', 'HÀ GIANG'])
      expect(names).toContain(name);
    expect(new Set(records.map(({ entityId }) => entityId)).size).toBe(97);
  });
});
