// Over 400 lines: one life of a source, from draft to retirement, through one desk.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readHead } from '../../src/store/revision.js';
import { type GraphqlAnswer, postGraphql } from '../helpers/graphqlClient.js';
import { type RowServer, SECRET, spellingsOf, startRowServer, TOKEN } from '../pipeline/rowServer.js';
import { sampleManifest } from '../pipeline/sourceStage.js';
import { rowsOf } from '../store/batch.js';
import { type DeskServing, deskOn, openDesk } from './sourceDesk.js';
import type { TestServer } from './testServer.js';

const REGISTER = `mutation ($input: RegisterSourceInput!) {
  registerSource(input: $input) { source { key status version } problems { path line column code message } } }`;
const CHECK = `mutation ($key: String!, $version: Int) { checkSource(key: $key, version: $version) {
  version ok message source { status version waitingVersion { version status } } } }`;
const ACTIVATE = `mutation ($key: String!, $version: Int, $idempotencyKey: String) {
  activateSource(key: $key, version: $version, idempotencyKey: $idempotencyKey) { source { status version name } } }`;
const PREVIEW = `mutation ($input: PreviewSourceInput, $key: String) { previewSource(input: $input, key: $key) {
  problems { code line } failure { code message }
  pages { stream request status body stopReason skipped rejects { row rule raw }
    observations { row entity framework indicator period value numerator denominator obsStatus deleted } } } }`;
const SETTINGS = `mutation ($key: String!, $settings: SourceSettingsInput!) { setSourceSettings(key: $key, settings: $settings) {
  source { settings { baseUrl secretNames schedule secrets { name } } } } }`;
const SYNC = `mutation ($key: String!, $wait: Boolean = true, $idempotencyKey: String) {
  syncSource(key: $key, wait: $wait, idempotencyKey: $idempotencyKey) { run { id status read written unchanged rejected stopReasons error { code } } } }`;
const SOURCE = `query ($key: String!) { source(key: $key) { key status version settings { baseUrl secretNames schedule updatedAt }
  versions { version status manifest createdBy checkedAt checkOk checkMessage sha256 } } }`;
const PROBLEMS = `query ($manifest: String!) {
  manifestProblems(manifest: $manifest) { path line column code message } }`;
const one = (verb: string) => `mutation ($key: String!) { ${verb}Source(key: $key) { source { status } } }`;

let desk: DeskServing;
let source: RowServer;
let server: TestServer;
let token: string;
/** Everything that any client was answered. */
const answers: string[] = [];
beforeAll(async () => {
  desk = await openDesk();
  source = await startRowServer();
  token = await desk.tokenOf('integrator');
});
afterAll(async () => {
  await source.close();
  await desk.close();
});
beforeEach(async () => {
  server = await desk.start();
});

async function ask(document: string, variables: Record<string, unknown> = {}, bearer = token): Promise<GraphqlAnswer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify({ query: document, variables }),
  });
  const text = await response.text();
  answers.push(text);
  return JSON.parse(text) as GraphqlAnswer;
}

/** The data of an answer without errors. */
async function done(document: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await ask(document, variables);
  expect(errors).toBeUndefined();
  return data;
}

async function refused(document: string, variables: Record<string, unknown> = {}): Promise<string> {
  const { errors } = await ask(document, variables);
  return (errors ?? []).map(({ extensions }) => extensions.code).join();
}

const register = (parts: Parameters<typeof sampleManifest>[0] = {}, more: Record<string, unknown> = {}) =>
  done(REGISTER, { input: { manifest: sampleManifest(parts), ...more } });
const place = () => ({ baseUrl: source.baseUrl, secrets: [{ name: 'token', value: TOKEN }] });

describe('the life of a source through GraphQL', () => {
  it('is a draft, checked, previewed, active, read, paused and retired', async () => {
    const { registerSource } = await register({}, place());
    expect(registerSource).toEqual({ source: { key: 'sample', status: 'DRAFT', version: 1 }, problems: [] });
    expect(await refused(ACTIVATE, { key: 'sample' })).toBe('SOURCE_STATE');
    expect(await refused(SYNC, { key: 'sample' })).toBe('SOURCE_STATE');
    const { checkSource } = await done(CHECK, { key: 'sample' });
    expect(checkSource).toMatchObject({ version: 1, ok: true, source: { status: 'CHECKED', waitingVersion: null } });
    const { activateSource } = await done(ACTIVATE, { key: 'sample' });
    expect(activateSource.source).toEqual({ status: 'ACTIVE', version: 1, name: 'Sample' });
    const { syncSource } = await done(SYNC, { key: 'sample' });
    expect(syncSource.run).toMatchObject({ status: 'SUCCEEDED_WITH_REJECTS', read: 3, written: 2, rejected: 1 });
    const again = await done(SYNC, { key: 'sample', wait: false });
    expect(['RUNNING', 'SUCCEEDED_WITH_REJECTS']).toContain(again.syncSource.run.status);
    expect((await done(one('pause'), { key: 'sample' })).pauseSource.source.status).toBe('PAUSED');
    expect(await refused(SYNC, { key: 'sample' })).toBe('SOURCE_STATE');
    expect((await done(ACTIVATE, { key: 'sample' })).activateSource.source.status).toBe('ACTIVE');
    const audit = await rowsOf<{ action: string; actor: string }>(
      desk.database.database,
      `select action, actor from audit where target = 'Source:sample' order by id`,
    );
    expect(audit.map(({ action }) => action)).toEqual([
      ...['registerSource', 'checkSource', 'activateSource', 'syncSource', 'syncSource', 'pauseSource'],
      'activateSource',
    ]);
    expect(new Set(audit.map(({ actor }) => actor))).toEqual(new Set(['local:the integrator']));
  });

  it('shows the page that a figure comes from, to those who may see it', async () => {
    const origin = `{ observations(first: 1, filter: { source: { eq: "sample" } }) { edges { node { page syncRun { id } } } } }`;
    const { node: observation } = (await done(origin)).observations.edges[0];
    const document = `query ($id: ID!, $number: Int) { node(id: $id) { ... on SyncRun {
      pagesRead(number: $number) { totalCount edges { node { number request body bodyCut } } } } } }`;
    const variables = { id: observation.syncRun.id, number: observation.page };
    const { pagesRead } = (await done(document, variables)).node;
    expect(pagesRead).toEqual({
      totalCount: 1,
      edges: [
        {
          node: {
            ...{ number: observation.page, request: 'GET /rows', bodyCut: false },
            body: JSON.stringify({ items: source.rows, echo: 'Bearer [secret]' }),
          },
        },
      ],
    });
    expect((await done(document, { ...variables, number: 99 })).node.pagesRead).toEqual({ totalCount: 0, edges: [] });
    const { errors } = await ask(document, variables, await desk.tokenOf('reviewer'));
    expect(errors?.[0]?.extensions.code).toBe('AUTH_FORBIDDEN');
  });

  it('goes on with its version until the next one is activated, and goes back to it', async () => {
    await register({ version: 2, name: 'Second' });
    expect((await done(SOURCE, { key: 'sample' })).source).toMatchObject({
      ...{ status: 'ACTIVE', version: 1 },
      versions: [
        { version: 2, status: 'DRAFT', createdBy: 'local:the integrator', checkedAt: null },
        { version: 1, status: 'IN_USE', checkOk: true },
      ],
    });
    expect(await refused(ACTIVATE, { key: 'sample' })).toBe('SOURCE_STATE');
    await done(CHECK, { key: 'sample' });
    const second = await done(ACTIVATE, { key: 'sample' });
    expect(second.activateSource.source).toEqual({ status: 'ACTIVE', version: 2, name: 'Second' });
    const first = await done(ACTIVATE, { key: 'sample', version: 1 });
    expect(first.activateSource.source).toEqual({ status: 'ACTIVE', version: 1, name: 'Sample' });
    const { source: rolledBack } = await done(SOURCE, { key: 'sample' });
    expect(rolledBack.versions).toMatchObject([{ status: 'CHECKED' }, { status: 'IN_USE' }]);
    expect(rolledBack.versions[0].manifest).toBe(sampleManifest({ version: 2, name: 'Second' }));
    expect(await refused(ACTIVATE, { key: 'sample', version: 9 })).toBe('NOT_FOUND');
  });

  it('replays what was rejected, once its manifest says better', async () => {
    const replay = `mutation ($key: String!) { replayRejected(key: $key) { run { status mode read written rejected } } }`;
    const still = await done(replay, { key: 'sample' });
    expect(still.replayRejected.run).toMatchObject({ mode: 'REPLAY', written: 0 });
    expect(still.replayRejected.run.rejected).toBeGreaterThan(0);
    expect(await refused(replay, { key: 'nobody' })).toBe('NOT_FOUND');
    const ends = '{ source(key: "sample") { lastRun { mode } lastReading { mode finishedAt } lastGoodRunAt } }';
    const { data } = await postGraphql(server.url, ends);
    const { lastRun, lastReading, lastGoodRunAt } = data?.source as Record<string, Record<string, unknown>>;
    expect([lastRun, lastReading]).toMatchObject([{ mode: 'REPLAY' }, { mode: 'INCREMENTAL' }]);
    expect(lastReading?.finishedAt).toBe(lastGoodRunAt);
    const mended = sampleManifest({ version: 3 }).replace('field: code, pad: 2', "field: code, table: { '00': '08' }");
    await done(REGISTER, { input: { manifest: mended } });
    await done(CHECK, { key: 'sample' });
    await done(ACTIVATE, { key: 'sample' });
    const { replayRejected } = await done(replay, { key: 'sample' });
    expect(replayRejected.run).toMatchObject({ mode: 'REPLAY', written: 1 });
    await done(ACTIVATE, { key: 'sample', version: 1 });
  });

  it('tells what is wrong with a manifest as data, with line and column', async () => {
    const { registerSource } = await register({ key: 'wrong', indicator: 'NOBODY', extra: 'licens: x' });
    expect(registerSource).toEqual({
      source: null,
      problems: [
        { path: 'licens', line: 9, column: 1, code: 'unknown_key', message: expect.stringContaining('licens') },
        {
          path: 'streams[0].mapping.figures[0].indicator',
          ...{ line: 20, column: 22, code: 'indicator', message: expect.stringContaining('NOBODY') },
        },
      ],
    });
    expect((await done(SOURCE, { key: 'wrong' })).source).toBeNull();
    const { manifestProblems } = await done(PROBLEMS, {
      manifest: sampleManifest({ key: 'wrong', indicator: 'NOBODY', extra: 'licens: x' }),
    });
    expect(manifestProblems).toEqual(registerSource.problems);
  });

  it('says before a registration what would be wrong with it, and writes nothing', async () => {
    const { manifestProblems: none } = await done(PROBLEMS, { manifest: sampleManifest({ key: 'unwritten' }) });
    expect(none).toEqual([]);
    expect((await done(SOURCE, { key: 'unwritten' })).source).toBeNull();
    const { manifestProblems } = await done(PROBLEMS, { manifest: sampleManifest({ extra: '# another text' }) });
    expect(manifestProblems).toEqual([
      {
        ...{ path: 'version', line: 2, column: 10, code: 'version' },
        message: expect.stringMatching(
          /"sample" is that of "Sample" of .*, registered by local:the integrator\. Raise version to \d .* another key\.$/,
        ),
      },
    ]);
    const { manifestProblems: reserved } = await done(PROBLEMS, { manifest: sampleManifest({ key: 'self-report' }) });
    expect(reserved).toMatchObject([{ path: 'key' }]);
  });

  it('a check that fails says why, and leaves a draft a draft', async () => {
    await register({ key: 'elsewhere' }, { ...place(), secrets: [{ name: 'token', value: 'wrong-token-value' }] });
    const { checkSource } = await done(CHECK, { key: 'elsewhere' });
    expect(checkSource).toMatchObject({ ok: false, source: { status: 'DRAFT' } });
    expect(checkSource.message).toContain('SYNC_AUTH');
    expect(checkSource.message).not.toContain('wrong-token-value');
    expect((await done(one('retire'), { key: 'elsewhere' })).retireSource.source.status).toBe('RETIRED');
    const { errors } = await ask(SYNC, { key: 'elsewhere' });
    expect(errors?.[0]?.message).toMatch(/RETIRED; it is not read any more\. .*another key\.$/);
    for (const verb of ['pause', 'retire', 'check', 'activate']) {
      expect(await refused(one(verb), { key: 'elsewhere' }), verb).toBe('SOURCE_STATE');
    }
  });

  it('goes back to a version whose newest check failed, once a check of it passes', async () => {
    const key = 'returning';
    await register({ key }, place());
    await done(CHECK, { key });
    await done(ACTIVATE, { key });
    await done(SETTINGS, { key, settings: { secrets: [{ name: 'token', value: 'wrong-token-value' }] } });
    expect((await done(CHECK, { key })).checkSource).toMatchObject({ version: 1, ok: false });
    await register({ key, version: 2 });
    await done(SETTINGS, { key, settings: place() });
    expect((await done(CHECK, { key })).checkSource).toMatchObject({
      ...{ version: 2, ok: true },
      source: { status: 'ACTIVE', version: 1, waitingVersion: { version: 2, status: 'CHECKED' } },
    });
    await done(ACTIVATE, { key });
    const { errors } = await ask(ACTIVATE, { key, version: 1 });
    expect(errors?.[0]?.message).toMatch(/^Version 1 .* failed its newest check: .* "check --version 1"\.$/);
    expect((await done(CHECK, { key, version: 1 })).checkSource).toMatchObject({ version: 1, ok: true });
    expect((await done(ACTIVATE, { key, version: 1 })).activateSource.source).toMatchObject({ version: 1 });
    expect(await refused(CHECK, { key, version: 9 })).toBe('NOT_FOUND');
  });

  it('a paused source whose version has failed since goes on once a check passes', async () => {
    await register({ key: 'paused' }, place());
    await done(CHECK, { key: 'paused' });
    await done(ACTIVATE, { key: 'paused' });
    source.isBroken = true;
    await done(CHECK, { key: 'paused' });
    source.isBroken = false;
    await done(one('pause'), { key: 'paused' });
    const { errors } = await ask(ACTIVATE, { key: 'paused' });
    expect(errors?.[0]?.message).toMatch(/failed its newest check: .*[^.]\. It can be activated once a check passes/);
    await done(CHECK, { key: 'paused' });
    expect((await done(ACTIVATE, { key: 'paused' })).activateSource.source.status).toBe('ACTIVE');
  });

  it('answers the same key and input like the first time, and refuses another input', async () => {
    const input = { manifest: sampleManifest({ key: 'once' }), idempotencyKey: 'a-1', ...place() };
    const first = await done(REGISTER, { input });
    const head = await readHead(desk.database.database.fork());
    expect(await done(REGISTER, { input })).toEqual(first);
    expect(await readHead(desk.database.database.fork())).toBe(head);
    const other = { ...input, secrets: [{ name: 'token', value: 'another' }] };
    expect(await refused(REGISTER, { input: other })).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await refused(ACTIVATE, { key: 'once', idempotencyKey: 'a-1' })).toBe('IDEMPOTENCY_KEY_REUSED');
    const admin = await ask(REGISTER, { input: other }, await desk.tokenOf('admin'));
    expect(admin.errors).toBeUndefined();
    const runs = await Promise.all([1, 2, 3].map(() => done(SYNC, { key: 'sample', idempotencyKey: 'run-1' })));
    expect(new Set(runs.map(({ syncSource }) => syncSource.run.id)).size).toBe(1);
  });

  it('previews a manifest that is not registered, and writes nothing', async () => {
    const before = await countRows();
    const input = { manifest: sampleManifest({ key: 'unregistered' }), ...place() };
    const { previewSource } = await done(PREVIEW, { input });
    expect(previewSource).toMatchObject({ problems: [], failure: null });
    const [page] = previewSource.pages;
    expect(page).toMatchObject({
      ...{ stream: 'rows', request: 'GET /rows', status: 200, skipped: 0 },
      rejects: [{ row: 2, rule: 'entity', raw: expect.stringContaining('"00"') }],
    });
    expect(page.observations).toEqual([
      {
        ...{ row: 0, entity: 'GSO-2025:01', framework: 'PDTI-922', indicator: 'GOV_ACTIVITY.07', period: '2026' },
        ...{ value: null, numerator: '1', denominator: '2', obsStatus: 'A', deleted: false },
      },
      expect.objectContaining({ row: 1, entity: 'GSO-2025:04' }),
    ]);
    expect(page.body).toContain('"echo":"Bearer [secret]"');
    const broken = { manifest: sampleManifest({ key: 'unregistered', framework: 'NOBODY' }) };
    expect((await done(PREVIEW, { input: broken })).previewSource).toMatchObject({
      ...{ problems: [{ code: 'framework' }], pages: [] },
    });
    expect((await done(PREVIEW, { key: 'sample' })).previewSource.pages).toHaveLength(1);
    expect(await countRows()).toEqual(before);
    expect(await refused(PREVIEW, {})).toBe('BAD_USER_INPUT');
  });

  it('gives a check and a preview up once nobody waits any longer', async () => {
    const key = 'silent';
    await register({ key }, place());
    const impatient = deskOn(desk.platform, { trialMs: 300 });
    server = await impatient.start();
    const bearer = await impatient.tokenOf('integrator');
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    source.gate = gate;
    onTestFinished(() => {
      source.gate = null;
      open();
    });
    const [check, preview] = await Promise.all([CHECK, PREVIEW].map((document) => ask(document, { key }, bearer)));
    expect(check?.data.checkSource).toMatchObject({ ok: false, message: expect.stringMatching(/^SYNC_BOUND: /) });
    expect(preview?.data.previewSource).toMatchObject({ pages: [], failure: { code: 'SYNC_BOUND' } });
  });

  it('does not send stored secrets to an address that a preview or another setting names', async () => {
    const thief = await startRowServer();
    const { previewSource } = await done(PREVIEW, { input: { key: 'sample', baseUrl: thief.baseUrl } });
    expect(previewSource).toMatchObject({ pages: [], failure: { code: 'SYNC_CONFIG' } });
    const move = { key: 'sample', settings: { baseUrl: thief.baseUrl } };
    expect(await refused(SETTINGS, move)).toBe('BAD_USER_INPUT');
    const settings = { baseUrl: thief.baseUrl, secrets: [{ name: 'token', value: TOKEN }] };
    await done(SETTINGS, { key: 'sample', settings });
    await done(SETTINGS, { key: 'sample', settings: place() });
    await thief.close();
  });

  it('does not send stored secrets to an address that a later version names', async () => {
    const elsewhere = await startRowServer();
    const asked: string[] = [];
    const versionAt = (version: number, baseUrl: string) =>
      sampleManifest({ key: 'moving', version, extra: `http: { baseUrl: '${baseUrl}' }` });
    const secrets = [{ name: 'token', value: TOKEN }];
    await done(REGISTER, { input: { manifest: versionAt(1, source.baseUrl), secrets } });
    expect((await done(CHECK, { key: 'moving' })).checkSource.ok).toBe(true);
    await done(ACTIVATE, { key: 'moving' });
    await done(REGISTER, { input: { manifest: versionAt(2, elsewhere.baseUrl) } });
    for (const document of [CHECK, PREVIEW]) asked.push(JSON.stringify(await ask(document, { key: 'moving' })));
    expect(asked[0]).toContain('given for another host');
    expect(asked[1]).toContain('SYNC_CONFIG');
    // Whoever knows the secret may move it; the version before cannot have it then.
    await done(REGISTER, { input: { manifest: versionAt(2, elsewhere.baseUrl), secrets } });
    expect((await done(CHECK, { key: 'moving' })).checkSource.ok).toBe(true);
    expect(await refused(SYNC, { key: 'moving' })).toBe('SYNC_CONFIG');
    await elsewhere.close();
  });

  it('does not send stored secrets to an endpoint of tokens that a later version names', async () => {
    const elsewhere = await startRowServer();
    const versionAt = (version: number, tokenUrl: string) =>
      sampleManifest({
        ...{ key: 'tokened', version },
        extra: `http: { baseUrl: '${source.baseUrl}', allowedHosts: ['${new URL(elsewhere.baseUrl).host}'] }`,
      }).replace('bearer, token: token', `oauth2ClientCredentials, clientId: token, clientSecret: token, ${tokenUrl}`);
    const secrets = [{ name: 'token', value: TOKEN }];
    await done(REGISTER, { input: { manifest: versionAt(1, 'tokenPath: /token'), secrets } });
    await done(REGISTER, { input: { manifest: versionAt(2, `tokenUrl: '${elsewhere.baseUrl}/token'`) } });
    expect(await refused(CHECK, { key: 'tokened' })).toBe('SYNC_CONFIG');
    await elsewhere.close();
  });

  it('refuses to read what is no period', async () => {
    const document = 'mutation ($period: String) { syncSource(key: "sample", period: $period) { run { id } } }';
    for (const period of ['', 'last year', '2024-13']) {
      expect(await refused(document, { period }), period).toBe('BAD_USER_INPUT');
    }
  });

  it('changes a schedule, and refuses one that is none', async () => {
    const { setSourceSettings } = await done(SETTINGS, { key: 'sample', settings: { schedule: '0 3 * * *' } });
    expect(setSourceSettings.source.settings).toEqual({
      ...{ baseUrl: source.baseUrl, schedule: '0 3 * * *' },
      ...{ secretNames: ['token'], secrets: [{ name: 'token' }] },
    });
    expect((await desk.stage.library.open('sample')).schedule).toBe('0 3 * * *');
    const anybody = await postGraphql(server.url, '{ source(key: "sample") { schedule lastGoodRunAt } }');
    expect(anybody.data?.source).toEqual({ schedule: '0 3 * * *', lastGoodRunAt: expect.stringContaining('T') });
    expect(await refused(SETTINGS, { key: 'sample', settings: { schedule: 'daily' } })).toBe('BAD_USER_INPUT');
    await done(SETTINGS, { key: 'sample', settings: { schedule: null } });
    expect((await desk.stage.library.open('sample')).schedule).toBeNull();
  });

  it('is for integrators and admins alone', async () => {
    for (const role of ['reviewer', 'officer'] as const) {
      const bearer = await desk.tokenOf(role);
      const { errors } = await ask(CHECK, { key: 'sample' }, bearer);
      expect(errors?.[0]?.extensions.code, role).toBe('AUTH_FORBIDDEN');
    }
    const anybody = await postGraphql(server.url, '{ source(key: "sample") { key settings { secretNames } } }');
    expect(anybody.errors?.[0]?.extensions.code).toBe('AUTH_REQUIRED');
  });

  it('GET stays for queries', async () => {
    const url = `${server.url}/graphql?query=${encodeURIComponent('mutation { pauseSource(key: "sample") { source { status } } }')}`;
    const headers = { authorization: `Bearer ${token}`, 'apollo-require-preflight': '1' };
    const response = await fetch(url, { headers });
    expect(response.status).toBe(405);
    expect((await done(SOURCE, { key: 'sample' })).source.status).toBe('ACTIVE');
  });
});

describe('secrets', () => {
  it('come out nowhere: in no answer, no log and no table, in no spelling', async () => {
    source.isBroken = true;
    const { syncSource } = await done(SYNC, { key: 'sample' });
    expect(syncSource.run.status).toBe('FAILED');
    await done(CHECK, { key: 'sample' });
    await done(PREVIEW, { key: 'sample' });
    source.isBroken = false;
    const tables = await rowsOf<{ name: string }>(
      desk.database.database,
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    expect(tables.map(({ name }) => name)).toContain('public.source_secret');
    const places = new Map<string, string>([
      ['answers', answers.join('\n')],
      ['logs', [...server.log, ...desk.logged].join('\n')],
    ]);
    for (const { name } of tables) {
      const rows = await rowsOf<{ text: string }>(desk.database.database, `select t::text as text from ${name} t`);
      places.set(name, rows.map(({ text }) => text).join('\n'));
    }
    const pages = await rowsOf<{ body: Buffer }>(desk.database.database, 'select body_gzip as body from page');
    places.set('pages', pages.map(({ body }) => gunzipSync(body).toString()).join('\n'));
    expect(places.get('pages')).toContain('[secret]');
    const found = [...places].flatMap(([name, text]) =>
      [...spellingsOf(TOKEN), ...spellingsOf(SECRET)].filter((form) => text.includes(form)).map((form) => [name, form]),
    );
    expect(found).toEqual([]);
  });
});

describe('the documents of the contract', () => {
  it('register and sync answer as they are written', async () => {
    const contract = (name: string) => readFileSync(`test/graph/contract/${name}.graphql`, 'utf8');
    const { baseUrl, secrets } = place();
    const registered = await done(contract('register-source'), {
      ...{ manifest: sampleManifest({ key: 'contract', extra: `http: { baseUrl: '${baseUrl}' }` }), secrets },
    });
    expect(registered.registerSource).toEqual({
      source: { key: 'contract', status: 'DRAFT', version: 1 },
      problems: [],
    });
    await done(CHECK, { key: 'contract' });
    await done(ACTIVATE, { key: 'contract' });
    const { syncSource } = await done(contract('sync-source'), { key: 'contract' });
    expect(syncSource.run).toMatchObject({ status: 'SUCCEEDED_WITH_REJECTS', written: 2, rejected: 1, error: null });
  });
});

/** Rows of every table but that of the audit's reader. */
async function countRows(): Promise<unknown> {
  const { database } = desk.database;
  const tables = await rowsOf<{ name: string }>(
    database,
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const counts = tables.map(async ({ name }) => [name, await rowsOf(database, `select count(*) from ${name}`)]);
  return Object.fromEntries(await Promise.all(counts));
}
