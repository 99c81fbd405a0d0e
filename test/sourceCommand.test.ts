import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runSourceCommand, type SourceArguments } from '../src/sourceCommand.js';
import { type RowServer, spellingsOf, startRowServer, TOKEN } from './pipeline/rowServer.js';
import { sampleManifest } from './pipeline/sourceStage.js';
import { type DeskServing, openDesk } from './server/sourceDesk.js';
import type { TestServer } from './server/testServer.js';

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

/** Does a command. @returns its output, and whether its result is good */
async function run(words: string, options: Omit<SourceArguments, 'words'> = {}, input = '', role = 'integrator') {
  let output = '';
  const isGood = await runSourceCommand(
    { words: words.split(' '), ...options },
    {
      url: server.url,
      token: await desk.tokenOf(role as 'integrator'),
      environment: { DTI_SECRET_other: 'from the environment' },
      input: Readable.from([input]),
      write: (text) => {
        output += text;
      },
    },
  );
  said += output;
  return { output, isGood };
}

async function write(name: string, parts: Parameters<typeof sampleManifest>[0]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, sampleManifest(parts));
  return path;
}

describe('the command line of sources', () => {
  it('brings a source from its manifest into use', async () => {
    const file = await write('first.yaml', { key: 'by_command', secrets: 'token, other' });
    const settings = { 'base-url': source.baseUrl, secret: ['token', 'other'] };
    const before = await run(`preview ${file}`, settings, `${TOKEN}\n`);
    expect(before.isGood).toBe(true);
    expect(before.output).toContain('rows: GET /rows -> 200');
    expect(before.output).toContain('row 0: GSO-2025:01 GOV_ACTIVITY.07 2026 = 1/2 (A)');
    expect(before.output).toContain('row 2 rejected by entity');
    expect(await run(`register ${file}`)).toEqual({ isGood: true, output: 'by_command  version 1  DRAFT\n' });
    const set = await run('settings by_command', settings, `${TOKEN}\n`);
    expect(set.output).toContain(`base URL  ${source.baseUrl}\n`);
    expect(set.output).toContain('secrets   other, token\n');
    expect((await run('check by_command')).output).toMatch(/^ok: .*\nby_command {2}version 1 {2}CHECKED\n$/);
    expect((await run('activate by_command')).output).toBe('by_command  version 1  ACTIVE\n');
    const synced = await run('sync by_command', { mode: 'full_refresh' });
    expect(synced).toMatchObject({ isGood: true, output: expect.stringContaining('read 3, written 2') });
    source.isBroken = true;
    const failed = await run('sync by_command');
    source.isBroken = false;
    expect(failed).toMatchObject({
      isGood: false,
      output: expect.stringMatching(/^failed: SYNC_\w+ GET \/rows .*400/m),
    });
    await run(`register ${await write('second.yaml', { key: 'by_command', version: 2, secrets: 'token, other' })}`);
    await run('check by_command');
    expect((await run('activate by_command', { version: '2' })).output).toBe('by_command  version 2  ACTIVE\n');
    expect((await run('activate by_command', { version: '1' })).output).toBe('by_command  version 1  ACTIVE\n');
    expect((await run('pause by_command')).output).toBe('by_command  version 1  PAUSED\n');
    expect((await run('list')).output).toMatch(/^by_command {2}1 {8}PAUSED {2}NATIONAL_DATABASE/m);
    expect((await run('retire by_command')).output).toBe('by_command  version 1  RETIRED\n');
  });

  it('names what is wrong with a manifest by file, line and column', async () => {
    const file = await write('wrong.yaml', { key: 'wrong', indicator: 'NOBODY', extra: 'licens: x' });
    const { isGood, output } = await run(`register ${file}`);
    expect(isGood).toBe(false);
    expect(output.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `${file}:9:1 unknown_key`,
      `${file}:20:22 indicator`,
      '',
    ]);
  });

  it.each([
    ['bake x', {}, 'there is no "source bake"'],
    ['check', {}, 'needs one KEY'],
    ['check nobody', {}, 'NOT_FOUND'],
    ['pause nobody', { version: '1' }, '--version goes with activate'],
    ['sync nobody', { mode: 'sideways' }, '--mode is full_refresh or incremental'],
    ['settings nobody', { secret: ['token'] }, 'DTI_SECRET_token'],
  ])('says what is wrong with "source %s"', async (words, options, message) => {
    await expect(run(words, options)).rejects.toThrow(message);
  });

  it('says when the role may not, and never shows a secret', async () => {
    await expect(run('check by_command', {}, '', 'reviewer')).rejects.toThrow('AUTH_FORBIDDEN');
    expect(spellingsOf(TOKEN).filter((form) => said.includes(form))).toEqual([]);
  });
});

describe('the JSON Schema of manifests', () => {
  it('is printed as far as somebody reads, quietly', async () => {
    const cli = join(import.meta.dirname, '../dist/src/cli.js');
    const pipeline = `'${process.execPath}' '${cli}' manifest-schema | head -n 1`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', pipeline]);
    expect([stdout.split('\n').length, stderr]).toEqual([2, '']);
  });

  it('is printed, and served to everybody', async () => {
    const cli = join(import.meta.dirname, '../dist/src/cli.js');
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'manifest-schema'], { maxBuffer: 1e7 });
    expect(JSON.parse(stdout)).toMatchObject({
      title: 'Manifest of a source',
      required: expect.arrayContaining(['key']),
    });
    const response = await fetch(`${server.url}/manifest.schema.json`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('json')]);
    expect(await response.json()).toEqual({ type: 'object' });
  });
});
