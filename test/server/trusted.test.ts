import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PUBLIC_VIEWER, type Viewer } from '../../src/access/viewer.js';
import { readTrustedDocuments, TrustedDocuments } from '../../src/server/trusted.js';
import { GraphqlSocket } from '../helpers/graphqlClient.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

const ROUNDS = 'query Rounds { rounds { totalCount } }';
const FAILING = '{ ranking(round: "NONE") { totalCount } }';
const OTHER = '{ rounds { totalCount } }';
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const ADMIN: Viewer = { role: 'admin', subject: 'local:anna', entityKey: null };

describe('the list', () => {
  const only = new TrustedDocuments(new Map([[hash(ROUNDS), ROUNDS]]), true);
  const all = new TrustedDocuments(new Map([['rounds', ROUNDS]]), false);
  const codeOf = (resolve: () => unknown) => {
    try {
      return resolve();
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('finds a document by the id of either shape, with or without the kind of its hash', () => {
    for (const request of [
      { documentId: hash(ROUNDS) },
      { documentId: `sha256:${hash(ROUNDS)}` },
      { extensions: { persistedQuery: { version: 1, sha256Hash: hash(ROUNDS) } } },
      { query: '', documentId: hash(ROUNDS) },
    ]) {
      expect(only.resolve(request, PUBLIC_VIEWER)).toBe(ROUNDS);
    }
    expect(all.resolve({ documentId: 'rounds' }, PUBLIC_VIEWER)).toBe(ROUNDS);
  });

  it('refuses ids that it does not have, and what is no id', () => {
    expect(codeOf(() => all.resolve({ documentId: 'other' }, PUBLIC_VIEWER))).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(codeOf(() => all.resolve({ documentId: 7 }, PUBLIC_VIEWER))).toBe('BAD_REQUEST');
    expect(codeOf(() => all.resolve({ extensions: { persistedQuery: {} } }, PUBLIC_VIEWER))).toBe('BAD_REQUEST');
    expect(all.resolve({}, PUBLIC_VIEWER)).toBeNull();
  });

  it('when only listed documents are answered, refuses others, whatever id stands beside them, but not those of operators', () => {
    expect(only.resolve({ query: ROUNDS }, PUBLIC_VIEWER)).toBe(ROUNDS);
    const lie = { query: OTHER, documentId: hash(ROUNDS) };
    expect(codeOf(() => only.resolve(lie, PUBLIC_VIEWER))).toBe('DOCUMENT_NOT_TRUSTED');
    const officer: Viewer = { role: 'officer', subject: 'x', entityKey: 'GSO-2025:79' };
    expect(codeOf(() => only.resolve({ query: OTHER }, officer))).toBe('DOCUMENT_NOT_TRUSTED');
    expect(only.resolve({ query: OTHER }, ADMIN)).toBe(OTHER);
    expect(all.resolve({ query: OTHER }, PUBLIC_VIEWER)).toBe(OTHER);
  });
});

describe('reading them', () => {
  const folderOf = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trusted-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    return folder;
  };

  it('reads a list, or a folder of lists and documents', async () => {
    const folder = await folderOf();
    await writeFile(join(folder, 'list.json'), JSON.stringify({ [hash(ROUNDS)]: ROUNDS, relayId: OTHER }));
    await writeFile(join(folder, 'one.graphql'), '{ __typename }');
    await writeFile(join(folder, 'README.md'), 'not this one');
    const file = await readTrustedDocuments([join(folder, 'list.json')], false);
    expect(file.resolve({ documentId: 'relayId' }, PUBLIC_VIEWER)).toBe(OTHER);
    const all = await readTrustedDocuments([folder], true);
    expect(all.resolve({ documentId: hash('{ __typename }') }, PUBLIC_VIEWER)).toBe('{ __typename }');
    expect(all.resolve({ documentId: hash(ROUNDS) }, PUBLIC_VIEWER)).toBe(ROUNDS);
  });

  it.each([
    ['no JSON', '{'],
    ['a list of another kind', '[]'],
    ['what is no text', '{ "a": 1 }'],
    ['a hash of something else', JSON.stringify({ [hash(OTHER)]: ROUNDS })],
  ])('refuses %s', async (_name, text) => {
    const path = join(await folderOf(), 'list.json');
    await writeFile(path, text);
    await expect(readTrustedDocuments([path], false)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('the server', () => {
  let serving: TestServing;
  beforeAll(async () => {
    serving = await openTestServing();
  });
  afterAll(() => serving.close());
  const trusted = new TrustedDocuments(new Map([ROUNDS, FAILING].map((each) => [hash(each), each])), true);
  const start = () => startTestServer({ platform: () => serving.platform, trusted });

  it('answers ids by POST and GET, from memory too, and refuses other documents', async () => {
    const { url } = await start();
    const headers = { 'content-type': 'application/json' };
    const post = async (body: object) => {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, text: await response.text() };
    };
    const expected = await post({ query: ROUNDS });
    expect(expected).toMatchObject({ status: 200, text: expect.stringContaining('"totalCount"') });
    const persistedQuery = { version: 1, sha256Hash: hash(ROUNDS) };
    for (let time = 0; time < 2; time += 1) {
      expect(await post({ documentId: hash(ROUNDS) })).toEqual(expected);
      expect(await post({ extensions: { persistedQuery }, operationName: 'Rounds' })).toEqual(expected);
      const search = new URLSearchParams({ extensions: JSON.stringify({ persistedQuery }) });
      const got = await fetch(`${url}/graphql?${search}`, { headers });
      expect(await got.text()).toBe(expected.text);
    }
    // What is refused or fails, and mutations, are answered by Apollo, which gets the document instead.
    const failed = await post({ documentId: hash(FAILING) });
    expect(JSON.parse(failed.text).errors[0].extensions.code).toBe('NOT_FOUND');
    const refused = await post({ query: OTHER });
    expect([refused.status, JSON.parse(refused.text).errors[0].extensions.code]).toEqual([403, 'DOCUMENT_NOT_TRUSTED']);
    const unknown = await post({ documentId: 'none' });
    expect([unknown.status, JSON.parse(unknown.text).errors[0].extensions.code]).toEqual([
      400,
      'PERSISTED_QUERY_NOT_FOUND',
    ]);
  });

  it('has no editor, and says why', async () => {
    const page = await fetch(`${(await start()).url}/graphiql`);
    expect([page.status, await page.text()]).toEqual([404, expect.stringContaining('TRUSTED_DOCUMENTS_ONLY')]);
  });

  it('answers ids over WebSocket and refuses other documents', async () => {
    const { url } = await start();
    const client = await GraphqlSocket.connect(url);
    onTestFinished(async () => void (await client.close()));
    const listed = await client.next({ id: client.subscribe(ROUNDS) });
    expect(listed.payload.data.rounds.totalCount).toBeGreaterThan(0);
    const refused = await client.next({ id: client.subscribe(OTHER) });
    expect(refused).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }] });
  });
});
