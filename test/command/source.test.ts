import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Role } from '../../src/access/viewer.js';
import { followRun } from '../../src/command/run.js';
import { Session } from '../../src/command/session.js';
import { type RowServer, spellingsOf, startRowServer, TOKEN } from '../pipeline/rowServer.js';
import { sampleManifest } from '../pipeline/sourceStage.js';
import { type DeskServing, openDesk } from '../server/sourceDesk.js';
import type { TestServer } from '../server/testServer.js';
import { command } from './commandLine.js';

let desk: DeskServing;
let source: RowServer;
let server: TestServer;
let folder: string;
let said = '';
beforeAll(async () => {
  desk = await openDesk();
  source = await startRowServer();
  folder = await mkdtemp(join(tmpdir(), 'dti-command-'));
});
afterAll(async () => {
  await source.close();
  await desk.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  server = await desk.start();
});

/** Does a command, about sources unless another noun is given. */
async function run(words: string, input = '', role: Role = 'integrator', noun = 'source') {
  const environment = {
    DTI_URL: server.url,
    DTI_TOKEN: await desk.tokenOf(role),
    DTI_SECRET_other: 'from the environment',
  };
  const done = await command([noun, ...words.split(' ')], { environment, input });
  said += done.output + done.errors;
  return done;
}

async function write(name: string, parts: Parameters<typeof sampleManifest>[0]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, sampleManifest(parts));
  return path;
}

describe('the command line of sources', () => {
  it('brings a source from its manifest into use', async () => {
    const file = await write('first.yaml', { key: 'by_command', secrets: 'token, other' });
    const settings = `--base-url ${source.baseUrl} --secret token --secret other`;
    const before = await run(`preview ${file} ${settings}`, `${TOKEN}\n`);
    expect(before).toMatchObject({ code: 0, errors: '' });
    expect(before.output).toContain('rows: GET /rows -> 200');
    expect(before.output).toContain('row 0: GSO-2025:01 GOV_ACTIVITY.07 2026 = 1/2 (A)');
    expect(before.output).toContain('row 2 rejected by entity');
    expect(await run(`register ${file}`)).toMatchObject({ code: 0, output: 'by_command  version 1  DRAFT\n' });
    const set = await run(`settings by_command ${settings}`, `${TOKEN}\n`);
    expect(set.output).toContain(`base URL  ${source.baseUrl}\n`);
    expect(set.output).toContain('secrets   other, token\n');
    expect((await run('check by_command')).output).toMatch(/^ok: version 1: .*\nby_command {2}version 1 {2}CHECKED\n$/);
    expect((await run('activate by_command')).output).toBe('by_command  version 1  ACTIVE\n');
    const synced = await run('sync by_command --mode full_refresh');
    expect(synced).toMatchObject({ code: 0, output: expect.stringContaining('read 3, written 2') });
    source.isBroken = true;
    const failed = await run('sync by_command');
    source.isBroken = false;
    expect(failed).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^failed: SYNC_\w+ GET \/rows .*400/m),
    });
    const second = await write('second.yaml', { key: 'by_command', version: 2, secrets: 'token, other' });
    expect((await run(`register ${second}`)).output).toBe('by_command  version 1  ACTIVE; version 2 (DRAFT) waits\n');
    expect((await run('check by_command')).output).toMatch(
      /^ok: version 2: .*\nby_command {2}version 1 {2}ACTIVE; version 2 \(CHECKED\) waits\n$/,
    );
    expect((await run('list')).output).toMatch(/^by_command {2}1 {8}2 \(CHECKED\) {2}ACTIVE/m);
    expect((await run('list', '', 'reviewer')).output).toMatch(/^by_command {2}1 {8}- {8}ACTIVE/m);
    expect((await run('check by_command --version 1')).output).toMatch(/^ok: version 1: /);
    expect((await run('activate by_command --version 2')).output).toBe('by_command  version 2  ACTIVE\n');
    expect((await run('activate by_command --version 1')).output).toContain('by_command  version 1  ACTIVE');
    expect((await run('pause by_command')).output).toContain('by_command  version 1  PAUSED');
    expect((await run('list')).output).toMatch(/^by_command {2}1 {8}2 \(CHECKED\) {2}PAUSED {2}NATIONAL_DATABASE/m);
    const { output } = await run('list --json --lang vi');
    const listed = JSON.parse(output).find(({ key }: { key: string }) => key === 'by_command');
    expect(listed).toMatchObject({ version: 1, status: 'PAUSED', name: 'Mẫu' });
    expect((await run('retire by_command')).output).toBe('by_command  version 1  RETIRED\n');
  });

  it('shows the runs of the source, newest first, and follows one to its end', async () => {
    const runs = (words: string) => run(words, '', 'integrator', 'run');
    for (const verb of ['show', 'watch']) {
      expect(await runs(`${verb} 999999`)).toMatchObject({ code: 1, errors: 'NOT_FOUND: there is no run 999999\n' });
      expect(await runs(`${verb} x`)).toMatchObject({ code: 2, errors: expect.stringContaining('"x" is no run') });
    }
    const { output } = await runs('list --source by_command --json');
    const [failed, first] = JSON.parse(output);
    expect([failed.status, first.status, first.read]).toEqual(['FAILED', 'SUCCEEDED_WITH_REJECTS', 3]);
    expect((await runs('list --status FAILED')).output).toMatch(
      new RegExp(`^ID +SOURCE .*\\n${failed.id} +by_command +FAILED .* SYNC_\\w+\\n$`),
    );
    expect((await runs(`show ${first.id.split(':')[1]}`)).output).toMatch(
      /^SyncRun:\d+ {2}SUCCEEDED_WITH_REJECTS\nread 3, /,
    );
    expect(await runs(`show ${failed.id}`)).toMatchObject({
      code: 1,
      output: expect.stringContaining('failed: SYNC_'),
    });
    const watched = await runs(`watch ${failed.id} --json`);
    expect([watched.code, JSON.parse(watched.output)]).toMatchObject([1, { id: failed.id, status: 'FAILED' }]);
    expect(await runs('watch --source by_command --events 1')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^SyncRun:\d+ {2}by_command {2}FAILED {2}.*page \d/),
    });
  });

  it('waits for a run that takes longer than an answer does', async () => {
    const key = 'slowly';
    const file = await write('slow.yaml', { key, secrets: 'token' });
    await run(`register ${file} --base-url ${source.baseUrl} --secret token`, `${TOKEN}\n`);
    for (const step of ['check', 'activate']) await run(`${step} ${key}`);
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    const syncing = run(`sync ${key}`);
    const running = async () =>
      JSON.parse((await run(`list --status RUNNING --source ${key} --json`, '', 'integrator', 'run')).output);
    await expect.poll(running).toHaveLength(1);
    const [{ id }] = await running();
    const environment = { DTI_URL: server.url, DTI_TOKEN: await desk.tokenOf('integrator') };
    const { signal } = new AbortController();
    const ended = followRun(
      new Session(
        {
          environment,
          signal,
          input: Readable.from([]),
          isWatched: false,
          write: async () => undefined,
          tell: () => undefined,
        },
        {},
      ),
      id,
    );
    const first = await Promise.race([ended, syncing, sleep(300, 'both wait')]);
    source.gate = null;
    gate.resolve();
    expect(first).toBe('both wait');
    expect(await ended).toMatchObject({ id, status: 'SUCCEEDED_WITH_REJECTS' });
    expect(await syncing).toMatchObject({ code: 0, output: expect.stringContaining(`${id}  SUCCEEDED_WITH_REJECTS`) });
  });

  it('waits for an answer as long as it takes, where others have given up', async () => {
    const before = getGlobalDispatcher();
    setGlobalDispatcher(new Agent({ headersTimeout: 1 }));
    onTestFinished(() => setGlobalDispatcher(before));
    // Answers the command when one who began to ask after it has given up.
    const slow = createServer(async ({ method }, response) => {
      if (method !== 'POST') return;
      await expect(fetch(environment.DTI_URL)).rejects.toThrow();
      response.end('{"data":{"viewer":{"maySeeWaiting":false},"sources":{"edges":[]}}}');
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => slow.close(() => resolve())));
    const environment = { DTI_URL: `http://127.0.0.1:${(slow.address() as AddressInfo).port}`, DTI_TOKEN: 'a' };
    expect(await command(['source', 'list'], { environment })).toMatchObject({ code: 0, errors: '' });
  });

  it('names what is wrong with a manifest by file, line and column', async () => {
    const file = await write('wrong.yaml', { key: 'wrong', indicator: 'NOBODY', extra: 'licens: x' });
    const { code, output } = await run(`register ${file}`);
    expect(code).toBe(1);
    expect(output.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `${file}:9:1 unknown_key`,
      `${file}:20:22 indicator`,
      '',
    ]);
  });

  it.each([
    ['bake x', 2, "unknown command 'bake'"],
    ['check', 2, "missing required argument 'key'"],
    ['check nobody', 1, 'NOT_FOUND: '],
    ['pause nobody --version 1', 2, "unknown option '--version'"],
    ['sync nobody --mode sideways', 2, 'Allowed choices are incremental, full_refresh'],
    ['preview nobody --pages none', 2, 'It is a whole number from 1.'],
    ['settings nobody --secret token', 2, 'DTI_SECRET_token'],
  ])('says what is wrong with "source %s"', async (words, code, message) => {
    expect(await run(words)).toMatchObject({ code, output: '', errors: expect.stringContaining(message) });
  });

  it('says when the role may not, and never shows a secret', async () => {
    const refused = await run('check by_command --json', '', 'reviewer');
    expect(JSON.parse(refused.errors)).toMatchObject({ error: { code: 'AUTH_FORBIDDEN' } });
    expect(spellingsOf(TOKEN).filter((form) => said.includes(form))).toEqual([]);
  });
});

describe('the JSON Schema of manifests', () => {
  it('is printed as far as somebody reads, quietly', async () => {
    const cli = join(import.meta.dirname, '../../dist/src/cli.js');
    const pipeline = `'${process.execPath}' '${cli}' manifest-schema | head -n 1`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', pipeline]);
    expect([stdout.split('\n').length, stderr]).toEqual([2, '']);
  });

  it('is printed, and served to everybody', async () => {
    const cli = join(import.meta.dirname, '../../dist/src/cli.js');
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'manifest', 'schema'], { maxBuffer: 1e7 });
    expect(JSON.parse(stdout)).toMatchObject({
      title: 'Manifest of a source',
      required: expect.arrayContaining(['key']),
    });
    const response = await fetch(`${server.url}/manifest.schema.json`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('json')]);
    expect(await response.json()).toEqual({ type: 'object' });
  });
});
