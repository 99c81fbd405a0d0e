import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from './manifests.js';
import { openWorld, run, type SimulatedWorld } from './simulated.js';

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
