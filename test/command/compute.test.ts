import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../../src/access/viewer.js';
import { type GraphFixture, openGraph } from '../graph/graphFixture.js';
import { type Desk, deskOn } from '../server/sourceDesk.js';
import { command } from './commandLine.js';

let graph: GraphFixture;
let desk: Desk;
let url: string;
let folder: string;
beforeAll(async () => {
  graph = await openGraph();
  desk = deskOn(graph.platform);
  folder = await mkdtemp(join(tmpdir(), 'dti-compute-'));
});
afterAll(async () => {
  await graph.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  ({ url } = await desk.start());
});

async function run(words: string, role: Role = 'integrator') {
  return command(words.split(' '), { environment: { DTI_URL: url, DTI_TOKEN: await desk.tokenOf(role) } });
}

describe('dti compute', () => {
  it('proves the newest result, or writes another, and says in the audit who asked', async () => {
    await run('compute --open');
    const same = JSON.parse((await run('compute PROVINCE-2026 --json')).output);
    expect(same).toMatchObject([{ round: 'PROVINCE-2026', changed: false, problemCount: 0 }]);
    await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', 321, 1000);
    const [changed] = JSON.parse((await run('compute PROVINCE-2026 --json')).output);
    expect(changed).toMatchObject({ changed: true });
    expect(changed.resultHash).not.toBe(same[0].resultHash);
    const { ranking } = await graph.read(
      '{ ranking(round: "PROVINCE-2026", first: 1) { snapshot { id resultHash } } }',
    );
    expect(ranking.snapshot).toEqual({ id: changed.snapshot.id, resultHash: changed.resultHash });
    expect((await run('compute PROVINCE-2026')).output).toMatch(
      /^ROUND +RESULT .*\nPROVINCE-2026 {2}same {4}Snapshot:\d+ {2}\d+ +[0-9a-f]{16} {2}0\n$/,
    );
    const { rows } = await graph.database.transact((client) =>
      client.query(
        `select actor, target from audit where action = 'computeRound' and role = 'integrator' order by id desc limit 1`,
      ),
    );
    expect(rows).toEqual([{ actor: 'local:the integrator', target: 'AssessmentRound:PROVINCE-2026' }]);
  });

  it('takes its token from standard input for all that it asks', async () => {
    const input = await desk.tokenOf('integrator');
    const done = await command(['compute', '--open', '--token-file', '-'], { environment: { DTI_URL: url }, input });
    expect(done).toMatchObject({ code: 0, errors: '' });
  });

  it.each([
    ['compute PROVINCE-2022', 'integrator', 1, 'ROUND_STATE: '],
    ['compute NOWHERE-1', 'integrator', 1, 'NOT_FOUND: '],
    ['compute PROVINCE-2026', 'reviewer', 1, 'AUTH_FORBIDDEN: '],
    ['compute', 'integrator', 2, 'name rounds'],
    ['compute PROVINCE-2026 --open', 'integrator', 2, 'name rounds'],
  ] as const)('says why "%s" by the %s cannot be', async (words, role, code, message) => {
    expect(await run(words, role)).toMatchObject({ code, errors: expect.stringContaining(message) });
  });
});

describe('dti export', () => {
  it('writes what the platform sends, and nothing beside it', async () => {
    const file = join(folder, 'ranking.csv');
    const done = await run(`export ranking round=PROVINCE-2022 decimal=comma --lang vi --json --out ${file}`);
    expect(done).toMatchObject({ code: 0, errors: '' });
    const sent = await fetch(`${url}/export/ranking.csv?lang=vi&round=PROVINCE-2022&decimal=comma`);
    const text = await readFile(file, 'utf8');
    expect(text).toBe(await sent.text());
    expect(JSON.parse(done.output)).toEqual({ file, bytes: Buffer.byteLength(text), format: 'csv' });
    expect(text.split('\n').length).toBeGreaterThan(63);
    expect(await readdir(folder)).toEqual(['ranking.csv']);
  });

  it.each([
    ['export ranking round=NOWHERE-1 --out FOLDER/a.csv', 1, 'NOT_FOUND: '],
    ['export nothing --out FOLDER/a.csv', 2, 'Allowed choices are ranking'],
    ['export ranking round=PROVINCE-2022 --out FOLDER/a.doc', 2, 'the format must be one of csv'],
    ['export ranking PROVINCE-2022 --out FOLDER/a.csv', 2, 'not an argument'],
    ['export ranking round=PROVINCE-2022', 2, "required option '--out"],
    ['export ranking round=PROVINCE-2022 --out FOLDER/none/a.csv', 1, '/none/a.csv would be.\n'],
  ])('says what is wrong with "%s", and leaves no file', async (words, code, message) => {
    const before = await readdir(folder);
    const done = await run(words.replace('FOLDER', folder));
    expect(done).toMatchObject({ code, errors: expect.stringContaining(message) });
    expect(await readdir(folder)).toEqual(before);
  });
});
