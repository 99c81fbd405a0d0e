import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../../src/domain/connector.js';
import { checkSource } from '../../../src/source/check.js';
import { sha256 } from '../../../src/source/hash.js';
import { CASES } from '../../connectors/cases.js';
import { compileText } from '../../connectors/manifests.js';
import { type Run, run, startWorld } from '../../connectors/simulated.js';
import { LOOPBACK } from '../../helpers/loopback.js';
import { failureOf } from '../fakeSource.js';

const sleep = async (): Promise<void> => {};

/** The population database as a manifest, with pages of another size; shipped is the connector in code. */
function readFixture(pageSize?: number): Connector {
  return compileText(readFileSync(`${import.meta.dirname}/fixtures/population.yaml`, 'utf8'), pageSize);
}

/** Everything about the records but their place on a page; short, so that a difference can be read. */
function recordsOf({ records }: Run): { count: number; sha256: string } {
  const lines = records.map(({ row: _row, rowHash: _hash, ...record }) => JSON.stringify(record)).sort();
  return { count: lines.length, sha256: sha256(lines.join('\n')) };
}

describe.each(CASES.filter(({ database }) => database === 'population'))('$database as a manifest', ({
  database,
  create,
  rows,
  perRow,
}) => {
  let manifest: Connector;
  beforeAll(() => {
    manifest = readFixture();
  });

  it('says the same about itself as the code', () => {
    const { key, name, secrets, freshnessLimitSeconds } = create().spec;
    expect(manifest.spec).toMatchObject({ key, name, secrets, freshnessLimitSeconds, simulated: true });
    const fed = (connector: Connector) =>
      connector.streams.flatMap(({ feeds }) => feeds.map(({ frameworkCode }) => frameworkCode)).sort();
    expect(fed(manifest)).toEqual(fed(create()));
  });

  it('reads the same records as the code, with any size of page, and then the same changes', async () => {
    const world = await startWorld();
    const settings = world.settings(database);
    const [code, data] = [await run(create(), settings), await run(manifest, settings)];
    expect(recordsOf(data)).toEqual(recordsOf(code));
    expect(data.rejected).toBe(0);
    expect(data.pages).toHaveLength(code.pages.length);
    expect(recordsOf(await run(readFixture(97), settings))).toEqual(recordsOf(code));
    world.simulators.simulation.advance(20);
    const changes = await run(create(), settings, { cursors: code.cursors });
    const changed = await run(manifest, settings, { cursors: data.cursors });
    expect(changes.records.length).toBeGreaterThan(0);
    expect(recordsOf(changed)).toEqual(recordsOf(changes));
    expect(recordsOf(await run(manifest, settings, { cursors: changed.cursors }))).toMatchObject({ count: 0 });
  });

  it('rejects the same figures of poison rows', async () => {
    const world = await startWorld();
    await world.setFaults(database, { poisonRows: { count: 4 } });
    const { pages } = await run(manifest, world.settings(database));
    const rules = pages
      .flatMap((page) => page.rejected)
      .map(({ rule }) => rule)
      .sort();
    expect(rules).toEqual([...Array<string>(perRow).fill('entity'), 'number', 'range', 'required']);
  });

  it.each([
    ['429', { status429: { times: 1, retryAfter: '0' } }],
    ['a page of HTML with status 200', { html200: { times: 1 } }],
    ['busy in the words of the protocol', { busy: { times: 1 } }],
    ['half a body', { truncatedBody: { times: 1, abort: false } }],
    ['500 without the protocol', { status500: { times: 2 } }],
  ])('comes through %s without loss', async (_name, fault) => {
    const world = await startWorld();
    const settings = world.settings(database);
    const { cursors } = await run(manifest, settings);
    world.simulators.simulation.advance(10);
    const quiet = recordsOf(await run(manifest, settings, { cursors }));
    await world.setFaults(database, fault);
    const all = await run(manifest, settings, { cursors, sleep });
    expect(recordsOf(all)).toEqual(quiet);
    expect(all.attempts.some(({ verdict }) => verdict === 'retry')).toBe(true);
  });

  it('says what is wrong with its credentials, and never shows them', async () => {
    const world = await startWorld();
    const settings = world.settings(database);
    const options = { signal: new AbortController().signal, now: () => new Date(), addressGuard: LOOPBACK };
    const good = await checkSource(manifest, { ...options, settings });
    expect(good).toMatchObject({ ok: true, message: expect.stringContaining(String(rows)) });
    const secrets = Object.fromEntries(Object.keys(settings.secrets).map((name) => [name, `wrong-${name}-value`]));
    const bad = await checkSource(manifest, { ...options, settings: { ...settings, secrets } });
    expect(bad).toMatchObject({ ok: false, message: expect.stringContaining('SYNC_AUTH') });
    for (const secret of Object.values(secrets)) expect(bad.message).not.toContain(secret);
  });

  it('says SYNC_TRANSIENT when HTML is all there is', async () => {
    const world = await startWorld();
    await world.setFaults(database, { html200: { times: 5 } });
    const failure = await failureOf(run(manifest, world.settings(database), { sleep }));
    expect(failure).toMatchObject({ code: 'SYNC_TRANSIENT', failureType: 'transient_error' });
  });
});
