import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildBaseline } from '../../simulators/baseline.js';
import { countFields, DATABASE_NAMES } from '../../simulators/database.js';
import { readRounds } from '../../simulators/figures.js';
import { databasesRestated, provincesTouched } from '../../simulators/tick.js';
import { type Client, type DatabaseReader, READER_NAMES, startForTest } from './client.js';
import { makeFolder, PROVINCES_2025 } from './figureFolder.js';

async function keysAt(client: Client, database: DatabaseReader, size: number): Promise<string[]> {
  return (await client.readAll(database, 0, size)).flatMap((page) => page.rows.map((row) => row.key));
}

describe('a result', () => {
  it.each(READER_NAMES)('covers all rows of %s exactly once at page sizes 1, 7 and 500', async (database) => {
    const client = await startForTest();
    await client.control('POST', 'tick', { count: 9 });
    const whole = await client.readAll(database);
    const keys = whole.flatMap((page) => page.rows.map((row) => row.key));
    expect(new Set(keys).size).toBe(whole[0]?.total);
    expect(await keysAt(client, database, 1)).toEqual(keys);
    expect(await keysAt(client, database, 7)).toEqual(keys);
  });

  it.each(READER_NAMES)('is cut from one state of %s, also when ticks pass between its pages', async (database) => {
    const client = await startForTest();
    const rows = (await client.readAll(database)).flatMap((page) => page.rows);
    const seen: unknown[] = [];
    let next: string | null = null;
    do {
      const page = await client.page(database, 0, 100, next);
      seen.push(...page.rows);
      next = page.next;
      await client.control('POST', 'tick');
    } while (next !== null);
    expect(seen).toEqual(rows);
  });

  it.each(DATABASE_NAMES)('tells after a cursor only what changed in %s', async (database) => {
    const client = await startForTest();
    const plan = { seed: 922, provinces: PROVINCES_2025.length };
    let cursor = (await client.readAll(database))[0]?.highest ?? 0;
    expect((await client.page(database, cursor, 500, null)).rows).toEqual([]);
    for (let tick = 1; tick <= 15; tick += 1) {
      await client.control('POST', 'tick');
      const page = await client.page(database, cursor, 500, null);
      const restated = provincesTouched(plan, tick)
        .filter((province) => databasesRestated(plan, tick, province).includes(database))
        .map((province) => `GSO-2025:${PROVINCES_2025[province]}/2026-03`);
      expect(page.rows.map((row) => row.key)).toEqual(restated.sort());
      expect(page.highest).toBeGreaterThan(cursor);
      cursor = page.highest;
    }
  });

  it.each(READER_NAMES)('has the same bytes for the same seed and tick: %s', async (database) => {
    const [first, second, other] = [await startForTest(), await startForTest(), await startForTest({ seed: 1 })];
    for (const client of [first, second, other]) await client.control('POST', 'tick', { count: 5 });
    const read = async (client: Client): Promise<string> => JSON.stringify(await client.readAll(database, 0, 50));
    expect(await read(first)).toBe(await read(second));
    expect(await read(first)).not.toBe(await read(other));
  });

  it('has no month that has not begun', async () => {
    const client = await startForTest();
    const rows = (await client.readAll('einvoice')).flatMap((page) => page.rows);
    const months = new Set(rows.filter((row) => row.key.startsWith('GSO-2025')).map((row) => row.key.slice(-7)));
    expect([...months].sort()).toEqual(['2026-01', '2026-02', '2026-03']);
  });

  it('gives the running month as provisional', async () => {
    const client = await startForTest();
    const rows = (await client.readAll('einvoice')).flatMap((page) => page.rows);
    for (const row of rows) {
      expect(row.counts.status).toBe(row.key.endsWith('2026-03') ? 'PROVISIONAL' : 'FINAL');
    }
  });
});

describe('the data folder', () => {
  it('keeps the tick, and with it every byte, over a restart', async () => {
    const dataDir = makeFolder();
    const first = await startForTest({ dataDir });
    await first.control('POST', 'tick', { count: 4 });
    const before = await first.readAll('population');
    await first.simulators.close();
    const second = await startForTest({ dataDir, anchor: undefined });
    expect(await second.control('GET', 'state')).toMatchObject({ tick: 4, seed: 922, anchor: '2026-03' });
    expect(await second.readAll('population')).toEqual(before);
  });

  it('begins a new epoch with another anchor month, so that an old cursor reads everything', async () => {
    const dataDir = makeFolder();
    const first = await startForTest({ dataDir });
    await first.control('POST', 'tick', { count: 4 });
    const cursor = (await first.readAll('einvoice'))[0]?.highest ?? 0;
    await first.simulators.close();
    const second = await startForTest({ dataDir, anchor: { year: 2026, month: 4 } });
    const [page] = await second.readAll('einvoice', cursor);
    expect(page?.total).toBe(5 * 36 + 34 * 4);
    expect(await second.control('GET', 'state')).toMatchObject({ tick: 0, anchor: '2026-04' });
  });
});

describe.skipIf(!existsSync('data/demonstration/figures-PROVINCE-OPEN.csv'))('the figures of the demonstration', () => {
  it('are exactly the December counts, and those of the anchor month', () => {
    const rounds = readRounds('data/demonstration', 2026);
    const { rows } = buildBaseline(rounds, 922, { year: 2026, month: 5 });
    let compared = 0;
    for (const database of DATABASE_NAMES) {
      const byKey = new Map(rows[database].map((row) => [`${row.codeSystem}:${row.code}/${row.period}`, row.counts]));
      for (const { codeSystem, year, open, rows: figures } of rounds) {
        for (const field of countFields(database, codeSystem)) {
          for (const { indicator, side } of field.origins) {
            for (const figure of figures.filter((each) => each.indicatorCode === indicator)) {
              const key = `${codeSystem}:${figure.entityCode}/${year}-${open ? '05' : '12'}`;
              expect(String(byKey.get(key)?.[field.name]), `${key} ${field.name}`).toBe(figure[side]);
              compared += 1;
            }
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(6000);
  });
});
