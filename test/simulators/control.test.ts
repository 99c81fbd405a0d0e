import { describe, expect, it } from 'vitest';
import { startForTest } from './client.js';
import { makeFolder } from './figureFolder.js';

const OVERRIDE = {
  database: 'publicServices',
  codeSystem: 'GSO-2004',
  entity: '74',
  period: '2022-12',
  field: 'dossiersOnline',
  value: 12_345,
};

describe('the control interface', () => {
  it('refuses requests without its token', async () => {
    const client = await startForTest();
    expect((await client.send('/_control/state')).status).toBe(401);
    const headers = { 'x-control-token': 'guess' };
    expect((await client.send('/_control/tick', { method: 'POST', headers })).status).toBe(401);
  });

  it('counts the requests of each database, tokens included', async () => {
    const client = await startForTest();
    await client.soap(0, 1, 1);
    await client.portal({});
    expect(await client.control('GET', 'state')).toMatchObject({
      tick: 0,
      requests: { einvoice: 1, publicServices: 2, population: 0 },
    });
  });

  it('alters one count for good, with a new sequence number', async () => {
    const dataDir = makeFolder();
    const client = await startForTest({ dataDir });
    const before = (await client.readAll('publicServices')).flatMap((page) => page.rows);
    const change = await client.control('POST', 'override', OVERRIDE);
    expect(change).toMatchObject({ code: '74', value: 12_345, sequence: 1001 });
    const { rows, highest } = await client.page('publicServices', 1000, 500, null);
    const old = before.find((row) => row.key === 'GSO-2004:74/2022-12');
    expect(rows).toEqual([{ key: old?.key, sequence: 1001, counts: { ...old?.counts, dossiersOnline: 12_345 } }]);
    expect((await client.page('publicServices', highest, 500, null)).rows).toEqual([]);
    await client.simulators.close();
    const again = await startForTest({ dataDir });
    expect((await again.page('publicServices', 1000, 500, null)).rows).toEqual(rows);
  });

  it('keeps an altered count of the running month over later ticks', async () => {
    const client = await startForTest();
    await client.control('POST', 'override', { ...OVERRIDE, codeSystem: 'GSO-2025', entity: '01', period: '2026-03' });
    await client.control('POST', 'tick', { count: 48 });
    const rows = (await client.readAll('publicServices')).flatMap((page) => page.rows);
    const row = rows.find((each) => each.key === 'GSO-2025:01/2026-03');
    expect(row?.counts.dossiersOnline).toBe(12_345);
    expect(row?.sequence).toBeGreaterThan(1001);
  });

  it.each([
    ['override', { ...OVERRIDE, database: 'weather' }, 400],
    ['override', { ...OVERRIDE, value: 1.5 }, 400],
    ['override', { ...OVERRIDE, value: -1 }, 400],
    ['override', { ...OVERRIDE, period: '2024-01' }, 404],
    ['override', { ...OVERRIDE, entity: '00' }, 404],
    ['override', { ...OVERRIDE, field: 'dossiers' }, 404],
    ['faults', { einvoice: { explode: { times: 1 } } }, 400],
    ['faults', { einvoice: { status429: { times: -1 } } }, 400],
    ['faults', { weather: {} }, 400],
    ['tick', { count: 0 }, 400],
    ['dance', {}, 404],
  ])('refuses %s with %o', async (name, body, status) => {
    const client = await startForTest();
    const headers = { 'x-control-token': 'example-control-token' };
    const answer = await client.send(`/_control/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).not.toBe('');
    expect(await client.control('GET', 'state')).toMatchObject({ sequence: 1000 });
  });

  it('ticks by a timer', async () => {
    const client = await startForTest({ tickMs: 20 });
    await expect.poll(() => client.simulators.simulation.state.tick).toBeGreaterThan(2);
  });
});
