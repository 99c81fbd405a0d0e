import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODE_CONNECTORS } from '../../connectors/index.js';
import { checkSource } from '../../src/source/check.js';
import { previewSource } from '../../src/source/preview.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { CASES } from './cases.js';
import { CREDENTIALS, figuresOf, IDS, openWorld, run, type SimulatedWorld, startWorld } from './simulated.js';

it('CODE_CONNECTORS lists each connector once', () => {
  expect(CODE_CONNECTORS.map(({ spec }) => spec.key)).toEqual(['population']);
});

describe.each(CASES)('$database', ({ database, create, rows, records, perRow }) => {
  const connector = create();
  /** One for all tests but the one that poisons it: what they move no other counts on. */
  let world: SimulatedWorld;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  it('reads everything, and nothing is rejected', async () => {
    const all = await run(connector, world.settings(database));
    const feeds = connector.streams.flatMap((stream) => stream.feeds);
    expect(all.rejected + all.skipped).toBe(0);
    expect(all.records).toHaveLength(records);
    expect(all.pages).toHaveLength(Math.ceil(rows / 500));
    expect(all.pages.filter((page) => page.stopReason !== null)).toHaveLength(1);
    const fed = feeds.flatMap((feed) => feed.indicatorCodes.map((code) => IDS.get(`${feed.frameworkCode}:${code}`)));
    // A manifest says which frameworks and which indicators it may feed, not which pairs of them exist.
    const known = fed.filter((id) => id !== undefined);
    expect(new Set(all.records.map((record) => record.indicatorId))).toEqual(new Set(known));
    expect(all.records.filter((record) => record.obsStatus === 'P').every(({ period }) => period === '2026-03')).toBe(
      true,
    );
  });

  it('reads the same with any size of page', async () => {
    const settings = world.settings(database);
    const whole = figuresOf(await run(connector, settings));
    expect(figuresOf(await run(create(97), settings))).toEqual(whole);
    // A page of one row is an object, not a list, to a careless XML reader; the changes of one tick are few.
    const { cursors } = await run(connector, settings);
    world.simulators.simulation.advance();
    const few = await run(connector, settings, { cursors });
    expect(figuresOf(await run(create(1), settings, { cursors }))).toEqual(figuresOf(few));
  });

  it('reads only what changed after its cursor, and then what all of it says', async () => {
    const settings = world.settings(database);
    const first = await run(connector, settings);
    const nothing = await run(connector, settings, { cursors: first.cursors });
    expect(nothing.records).toHaveLength(0);
    expect(nothing.pages.map((page) => page.stopReason)).toHaveLength(1);
    expect(nothing.cursors).toEqual(first.cursors);
    world.simulators.simulation.advance(20);
    const changes = await run(connector, settings, { cursors: nothing.cursors });
    expect(changes.records.length).toBeGreaterThan(0);
    expect(changes.records.length).toBeLessThan(records / 10);
    expect(changes.records.every((record) => record.period === '2026-03')).toBe(true);
    const after = figuresOf(await run(connector, settings, { mode: 'FULL_REFRESH', cursors: changes.cursors }));
    expect(after).toHaveLength(records);
    const known = new Set(after);
    expect(figuresOf(changes).filter((figure) => !known.has(figure))).toEqual([]);
  });

  it('sees one state of the database, whatever happens while it reads', async () => {
    const settings = world.settings(database);
    const quiet = figuresOf(await run(connector, settings));
    const read = await run(connector, settings, { onProgress: () => world.simulators.simulation.advance(3) });
    expect(figuresOf(read)).toEqual(quiet);
    const rest = await run(connector, settings, { cursors: read.cursors });
    expect(rest.records.length).toBeGreaterThan(0);
  });

  it('rejects the figures that poison rows feed, and keeps the rest of the page', async () => {
    const poisoned = await startWorld();
    await poisoned.setFaults(database, { poisonRows: { count: 4 } });
    const all = await run(connector, poisoned.settings(database));
    const rejected = all.pages.flatMap((page) => page.rejected);
    const rules = rejected.map((reject) => reject.rule).sort();
    expect(rules).toEqual([...Array<string>(perRow).fill('entity'), 'number', 'range', 'required']);
    expect(rejected.every((reject) => typeof reject.raw === 'object' && reject.raw !== null)).toBe(true);
    expect(all.records).toHaveLength(records + 3 * (perRow - 1));
  });

  it('says what is wrong with its credentials, and never shows them', async () => {
    const settings = world.settings(database);
    const options = { signal: new AbortController().signal, now: () => new Date(), addressGuard: LOOPBACK };
    const good = await checkSource(connector, { ...options, settings });
    expect(good).toMatchObject({ ok: true, message: expect.stringContaining(String(rows)) });
    const secrets = Object.fromEntries(Object.keys(settings.secrets).map((name) => [name, `wrong-${name}-value`]));
    const bad = await checkSource(connector, { ...options, settings: { ...settings, secrets } });
    expect(bad).toMatchObject({ ok: false, message: expect.stringContaining('SYNC_AUTH') });
    for (const secret of Object.values(secrets)) expect(bad.message).not.toContain(secret);
    const lost = { ...settings, baseUrl: `${settings.baseUrl}/elsewhere` };
    expect(await checkSource(connector, { ...options, settings: lost })).toMatchObject({ ok: false });
  });

  it('previews a page without secrets', async () => {
    const settings = world.settings(database);
    const preview = await previewSource(create(5), {
      settings,
      mode: 'FULL_REFRESH',
      cursors: {},
      lookup: { entityId: () => 1, indicatorId: () => null },
      signal: new AbortController().signal,
      addressGuard: LOOPBACK,
      now: () => new Date(),
      maxPages: 2,
    });
    expect(preview.failure).toBeNull();
    expect(preview.pages).toHaveLength(2);
    expect(preview.pages[0]?.rejected[0]?.rule).toBe('indicator');
    const shown = JSON.stringify(preview);
    for (const secret of Object.values(CREDENTIALS[database])) expect(shown).not.toContain(secret);
  });
});
