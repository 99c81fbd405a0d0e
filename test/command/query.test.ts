import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { RESUMABLE_FIELDS } from '../../src/command/resumable.js';
import { type Answer, type GraphFixture, openGraph } from '../graph/graphFixture.js';
import { startCuttable } from '../helpers/cuttable.js';
import { startTestServer, type TestServer } from '../server/testServer.js';
import { command } from './commandLine.js';

let graph: GraphFixture;
let server: TestServer;
let folder: string;
beforeAll(async () => {
  graph = await openGraph();
  folder = await mkdtemp(join(tmpdir(), 'dti-query-'));
});
afterAll(async () => {
  await graph.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  server = await startTestServer({ platform: () => graph.platform });
});

const RANKING = `query Ranking($round: String!) { ranking(round: $round, first: 2) { edges { node { rank entity { code } } } } }
  query Viewer { viewer { role } }`;

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const query = (words: readonly string[], input = '') =>
  command(['query', ...words], { environment: { DTI_URL: server.url }, input });

describe('dti query', () => {
  it('runs a file with variables, and tells cost and time when asked', async () => {
    const file = await write('ranking.graphql', RANKING);
    const variables = await write('variables.json', '{"round":"PROVINCE-2022"}');
    const done = await query([file, '--operation', 'Ranking', '--variables-file', variables, '--verbose']);
    const { data } = await graph.ask(RANKING.split('\n')[0] ?? '', { round: 'PROVINCE-2022' });
    expect([done.code, JSON.parse(done.output)]).toEqual([0, data]);
    expect(done.errors).toMatch(/^status 200, cost \d+, \d+ ms\n$/);
  });

  it('runs what comes from standard input, and prints one line with --json', async () => {
    const done = await query(['-', '--operation', 'Viewer', '--json'], RANKING);
    expect(done).toEqual({ code: 0, output: '{"data":{"viewer":{"role":"PUBLIC"}}}\n', errors: '' });
  });

  it('tells errors with their codes, and still prints what came', async () => {
    const document = '{ viewer { role } ranking(round: "NOWHERE-1", first: 1) { edges { cursor } } }';
    const done = await query(['-', '--json'], document);
    expect(done.code).toBe(1);
    expect(done.errors).toMatch(/^NOT_FOUND: .*NOWHERE-1.* \(ranking\)\n$/);
    expect(JSON.parse(done.output).errors[0].extensions.code).toBe('NOT_FOUND');
    const refused = await query(['-'], '{ auditTrail(first: 1) { edges { cursor } } }');
    expect(refused).toMatchObject({ code: 1, output: '', errors: expect.stringMatching(/^AUTH_REQUIRED: /) });
  });

  it.each([
    ['{ viewer { role }', [], 1, 'GRAPHQL_PARSE_FAILED: 1:18'],
    ['{ viewer { role } }', ['--variables', '[1]'], 2, 'not a JSON object'],
    ['{ viewer { role } }', ['--variables', '{}', '--variables-file', 'x'], 2, 'exclude each other'],
    ['{ viewer { role } }', ['--watch'], 2, 'goes with a subscription'],
    ['subscription { syncRunUpdates { id } }', [], 2, 'add --watch'],
    ['{ viewer { role } }', ['--nonsense'], 2, "unknown option '--nonsense'"],
    ['{ viewer { role } }', ['--variables-file', '/nowhere/x.json'], 1, /^NOT_FOUND: There is no folder \/nowhere/],
    ['{ viewer { role } }', ['--variables-file', 'nowhere.json'], 1, /^NOT_FOUND: There is no file nowhere\.json\.$/m],
    ['{ viewer { role } }', ['--variables-file', 'test'], 1, /^BAD_USER_INPUT: .* is a folder; name a file\.$/m],
  ])('says what is wrong with %s %j', async (document, words, code, message) => {
    expect(await query(['-', ...words], document)).toMatchObject({ code, errors: expect.stringMatching(message) });
  });

  it('tells its version, alone', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await command(['--version'])).toEqual({ code: 0, output: `${version}\n`, errors: '' });
  });

  it('says when nobody answers', async () => {
    const done = await command(['query', '-', '--url', 'http://127.0.0.1:1'], { input: '{ viewer { role } }' });
    expect(done).toMatchObject({ code: 1, errors: expect.stringContaining('UNREACHABLE: http://127.0.0.1:1') });
    const watched = await command(['query', '-', '--watch', '--url', 'http://127.0.0.1:1'], {
      input: 'subscription { syncRunUpdates { id } }',
    });
    expect(watched).toMatchObject({ code: 1, errors: expect.stringContaining('UNREACHABLE: http://127.0.0.1:1') });
  });
});

describe('dti query --watch', () => {
  it.each([
    [
      'selects neither since nor revision',
      'rankingUpdates(round: "PROVINCE-2026") { complete rows { rank entity { code } value } }',
    ],
    [
      'has an alias and its revision',
      'live: rankingUpdates(round: "PROVINCE-2026") { revision complete rows { rank entity { code } value } }',
    ],
  ])('loses nothing and tells nothing twice when the connection is cut and the document %s', async (_, field) => {
    const way = await startCuttable(Number(new URL(server.url).port));
    onTestFinished(() => way.close());
    const events: Answer[] = [];
    const ending = new AbortController();
    const watching = command(['query', '-', '--watch'], {
      environment: { DTI_URL: way.url },
      input: `subscription { ${field} }`,
      signal: ending.signal,
      onOutput: (line) => events.push(Object.values(JSON.parse(line).data)[0]),
    });
    const change = async (numerator: number) => {
      await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', numerator, 1000);
      await graph.compute('PROVINCE-2026');
    };
    await expect.poll(() => events.length).toBe(1);
    await change(events.length + 100);
    await expect.poll(() => events.length).toBe(2);
    way.cut();
    await change(700);
    await expect.poll(() => events.length).toBe(3);
    ending.abort();
    const { code, errors } = await watching;
    expect([code, errors]).toEqual([0, expect.stringMatching(/^the connection was lost.*; connecting again\n$/)]);
    expect(events.map(({ complete }) => complete)).toEqual([true, false, false]);
    expect(events[0].dtiRevision).toBeUndefined();
    const rows = new Map(events.flatMap((event) => event.rows).map((row: Answer) => [row.entity.code, row.value]));
    const now = await graph.read(
      '{ ranking(round: "PROVINCE-2026", first: 100) { edges { node { entity { code } score { value } } } } }',
    );
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(now.ranking.edges.map(({ node }: Answer) => [node.entity.code, node.score.value])),
    );
    await change(1);
  });

  it('ends after so many events, with --variables and since of the author', async () => {
    const document =
      'subscription ($from: String) { rankingUpdates(round: "PROVINCE-2026", since: $from) { revision complete } }';
    const first = await query(['-', '--watch', '--events', '1'], document);
    const { revision, complete } = JSON.parse(first.output).data.rankingUpdates;
    expect([first.code, complete]).toEqual([0, true]);
    await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', 555, 1000);
    await graph.compute('PROVINCE-2026');
    const variables = JSON.stringify({ from: revision });
    const later = await query(['-', '--watch', '--events', '1', '--variables', variables], document);
    expect(JSON.parse(later.output).data.rankingUpdates.complete).toBe(false);
  });

  it('ends with the code of what is refused', async () => {
    const done = await query(['-', '--watch'], 'subscription { rankingUpdates(round: "NOWHERE-1") { revision } }');
    expect(done).toMatchObject({ code: 1, errors: expect.stringMatching(/^NOT_FOUND: /) });
  });

  it('knows all fields that can go on after a revision', async () => {
    const schema = buildSchema(await readFile(join(import.meta.dirname, '../../schema.graphql'), 'utf8'));
    const fields = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
    const resumable = fields.filter(({ args }) => args.some(({ name }) => name === 'since')).map(({ name }) => name);
    expect(resumable.sort()).toEqual([...RESUMABLE_FIELDS].sort());
  });
});
