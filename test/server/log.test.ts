import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFailure, openLog, redact, toText } from '../../src/server/log.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

const SECRET = 'hunter2-is-no-secret-any-more';

describe('the log', () => {
  it('has one line of JSON each, with time, level and part', () => {
    const lines: string[] = [];
    const log = openLog('feed', 'info', (line) => void lines.push(line));
    log.debug('not this');
    log.info('that');
    log.error('failed', new Error('because', { cause: new Error('of this') }));
    const [first, second] = lines.map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(first).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), part: 'feed', msg: 'that' });
    expect(second).toMatchObject({
      level: 'error',
      err: { type: 'Error', message: 'because', cause: { message: 'of this' } },
    });
    expect(toText(lines[0] ?? '')).toMatch(/^\d{4}-\S+ info feed: that\n$/);
  });

  it('leaves credentials and personal data out', () => {
    const text = `Bearer ${SECRET} eyJhbGciOi.eyJzdWIi.x1 dti_0123456789abcdef postgres://me:${SECRET}@db:5432/dti an.nguyen@example.vn 079099012345`;
    const clean = redact(text);
    for (const part of [SECRET, 'eyJzdWIi', '0123456789abcdef', 'nguyen', '079099012345'])
      expect(clean).not.toContain(part);
    expect(clean).toContain('@db:5432/dti');
  });

  it('tells of a failure of PostgreSQL which it was, and neither statement nor values', async () => {
    const client = new pg.Client({ connectionString: serving.database.database.url });
    await client.connect();
    try {
      const ofDriver = await client.query(`select '${SECRET}'::int`).catch((error: unknown) => error);
      const ofOrm = await serving.database.database
        .fork()
        .execute(`select '${SECRET}'::int`)
        .catch((error: unknown) => error);
      for (const error of [ofDriver, ofOrm]) {
        const told = describeFailure(error);
        expect(told).toMatchObject({ code: '22P02', at: expect.any(Array) });
        expect(JSON.stringify(told)).not.toMatch(/hunter2|select/);
      }
    } finally {
      await client.end();
    }
  });

  it('has no trace of what a client sends, wherever it stands, whatever comes of it', async () => {
    const lines: string[] = [];
    const broken = new Error(`could not read ${SECRET.length} rows`);
    const platform = {
      ...serving.platform,
      catalogue: () => {
        if (isBroken) throw broken;
        return serving.platform.catalogue();
      },
    };
    let isBroken = false;
    const { url } = await startTestServer({
      ...{ platform: () => platform, log: (line) => void lines.push(line), logLevel: 'debug', accessLog: true },
    });
    const headers = { authorization: `Bearer ${SECRET}`, cookie: `session=${SECRET}`, 'x-api-key': SECRET };
    await fetch(`${url}/graphql?query={${SECRET}}`, { headers });
    await fetch(`${url}/nowhere?token=${SECRET}`, { headers: { referer: `http://x/?${SECRET}` } });
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"${SECRET}`,
    });
    await postGraphql(url, `{ ${SECRET.replaceAll('-', '_')} }`);
    await postGraphql(url, 'query Q($code: String!) { entity(code: $code) { code } }', { code: SECRET });
    isBroken = true;
    expect(await postGraphql(url, '{ rounds { totalCount } }', { code: SECRET })).toMatchObject({ status: 500 });
    isBroken = false;
    const client = await GraphqlSocket.connect(url);
    const id = client.subscribe('query Q($code: String!) { entity(code: $code) { code } }', { code: SECRET });
    await client.next({ id });
    await client.close();
    const refused = await GraphqlSocket.open(url);
    refused.send({ type: 'connection_init', payload: { authorization: `Bearer ${SECRET}` } });
    await refused.ended;
    const text = lines.join('');
    expect(text).not.toMatch(/hunter2/);
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries.filter(({ msg }) => msg === 'request').length).toBeGreaterThanOrEqual(6);
    expect(entries).toContainEqual(
      expect.objectContaining({
        path: '/graphql',
        method: 'POST',
        status: 200,
        role: 'public',
        ms: expect.any(Number),
      }),
    );
    expect(text).toContain('could not read');
    expect(Object.keys(entries.find(({ msg }) => msg === 'request'))).not.toContain('subject');
  });
});
