import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPopulation } from '../../connectors/population/index.js';
import type { Connector } from '../../src/domain/connector.js';
import { failureOf } from '../source/fakeSource.js';
import { CASES, PROVINCE_MONTHS, SERVICE_MINISTRY_MONTHS } from './cases.js';
import { readManifest } from './manifests.js';
import {
  type Database,
  figuresOf,
  openWorld,
  type Run,
  run,
  type SimulatedWorld,
  startWorld,
  withTimeout,
} from './simulated.js';

const sleep = async (): Promise<void> => {};

describe.each(CASES)('faults of $database', ({ database, create }) => {
  const connector = create();
  let world: SimulatedWorld;
  let cursors: Run['cursors'];
  let quiet: string[];
  // A run from this cursor has little to read, so that many can be made.
  beforeAll(async () => {
    world = await openWorld();
    ({ cursors } = await run(connector, world.settings(database)));
    world.simulators.simulation.advance(10);
    quiet = figuresOf(await run(connector, world.settings(database), { cursors }));
  });
  afterAll(() => world.close());

  it.each([
    ['429 with a date', { status429: { times: 1, retryAfter: 'http-date' } }],
    ['429 with nonsense', { status429: { times: 1, retryAfter: 'tomorrow' } }],
    ['429 with 0 seconds', { status429: { times: 2, retryAfter: '0' } }],
    ['500 without the protocol', { status500: { times: 2 } }],
    ['a page of HTML with status 200', { html200: { times: 1 } }],
    ['busy in the words of the protocol', { busy: { times: 1 } }],
    ['half a body as a valid message', { truncatedBody: { times: 1, abort: false } }],
    ['half a body and a broken connection', { truncatedBody: { times: 1, abort: true } }],
    ['no answer at all', { hang: { times: 1 } }],
  ])('comes through %s without loss', async (_name, fault) => {
    await world.setFaults(database, fault);
    const all = await run(withTimeout(connector, 600), world.settings(database), { cursors, sleep });
    expect(figuresOf(all)).toEqual(quiet);
    expect(all.attempts.filter((attempt) => attempt.verdict === 'retry').length).toBeGreaterThan(0);
  });

  it('fails, and does not read "no rows", when HTML is all there is', async () => {
    await world.setFaults(database, { html200: { times: 5 } });
    const failure = await failureOf(run(connector, world.settings(database), { cursors, sleep }));
    expect(failure).toMatchObject({ code: 'SYNC_TRANSIENT', failureType: 'transient_error' });
    expect(failure.message).toMatch(/html/i);
  });
});

describe('credentials that run out', () => {
  it('publicServices gets a new token when all expire in the middle of a run', async () => {
    const world = await startWorld();
    const expired: Promise<void>[] = [];
    const onProgress = () => expired.push(world.setFaults('publicServices', { expireTokens: true }));
    const all = await run(readManifest('public_services', 200), world.settings('publicServices'), { onProgress });
    await Promise.all(expired);
    expect(all.records).toHaveLength((PROVINCE_MONTHS + SERVICE_MINISTRY_MONTHS) * 7);
    expect(all.attempts.filter((attempt) => attempt.verdict === 'refresh_auth').length).toBeGreaterThan(0);
  });

  it('publicServices fails with SYNC_AUTH when fresh tokens are refused too', async () => {
    const world = await startWorld();
    await world.setFaults('publicServices', { unauthorised: { times: 9 } });
    const failure = await failureOf(run(readManifest('public_services'), world.settings('publicServices')));
    expect(failure).toMatchObject({ code: 'SYNC_AUTH', failureType: 'config_error' });
  });

  it.each<[Database, () => Connector]>([
    ['einvoice', () => readManifest('einvoice')],
    ['population', createPopulation],
  ])('%s says that the clocks differ', async (database, create) => {
    const world = await startWorld(() => new Date(Date.now() + 3_600_000));
    const failure = await failureOf(run(create(), world.settings(database)));
    expect(failure).toMatchObject({ code: 'SYNC_AUTH', failureType: 'config_error' });
    expect(failure.message).toMatch(/clock/);
  });
});
