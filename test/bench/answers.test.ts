import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareBench } from '../../bench/benchData.js';
import { BENCH_SIZES } from '../../bench/benchSize.js';
import { plainAnswer } from '../../bench/plainAnswer.js';
import { askedOf, bodyOf, QUESTIONS, variablesOf } from '../../bench/queries.js';
import { STATEMENTS } from '../../bench/statement.js';
import { holdCatalogue, openServing, type Serving } from '../../src/platform.js';
import { type Database, openDatabase } from '../../src/store/orm.js';
import { cloneDatabase } from '../helpers/database.js';
import { startTestServer } from '../server/testServer.js';

const SIZE = BENCH_SIZES.tiny;
/** Requests of each question; the bound of Q4 leaves some entities and none in turn. */
const ASKED = 24;

let place: Awaited<ReturnType<typeof cloneDatabase>>;
let database: Database;
let serving: Serving;
let peers: pg.Client;

beforeAll(async () => {
  place = await cloneDatabase(null);
  await prepareBench(place.url, 'tiny');
  database = await openDatabase({ url: place.url });
  serving = await openServing(database, await holdCatalogue(database), {
    ...{ publicProvisional: true, log: () => undefined },
  });
  peers = new pg.Client({ connectionString: place.url, options: '-c search_path=peers' });
  await peers.connect();
});

afterAll(async () => {
  await peers.end();
  await serving.close();
  await database.close();
  await place.drop();
});

describe('the platform on the data of the bench', () => {
  it.each(QUESTIONS)('answers %s as hand-written SQL over the tables of the peers does', async (question) => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    const { text, values } = STATEMENTS[question];
    for (let n = 0; n < ASKED; n += 1) {
      const asked = askedOf(SIZE, n);
      const response = await fetch(`${url}/graphql`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: bodyOf('platform', SIZE, question, asked, new Map()),
      });
      const ours = (await response.json()) as { data: Record<string, unknown> };
      expect(ours).not.toHaveProperty('errors');
      const { rows } = await peers.query<{ answer: string }>(
        text,
        values(variablesOf('hand', question, asked, new Map())),
      );
      const { data } = JSON.parse(rows[0]?.answer ?? '') as { data: Record<string, unknown> };
      expect(plainAnswer('platform', question, ours.data)).toBe(plainAnswer('hand', question, data));
    }
  });

  it('has scores of every year, all but the last published', async () => {
    const { rows } = await peers.query<{ year: number; status: string; scores: number }>(
      `select s.year, r.status, count(*)::int scores from score s join public.round r on r.year = s.year
        group by 1, 2 order by 1`,
    );
    const scores = SIZE.entities + SIZE.ministries;
    expect(rows).toEqual([
      { year: 2016, status: 'PUBLISHED', scores },
      { year: 2017, status: 'OPEN', scores },
    ]);
  });
});
