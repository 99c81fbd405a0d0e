import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { launch, MAIN, makeFolder, startPlatform } from '../helpers/platform.js';
import { copyStartedFolder } from '../helpers/startedFolder.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function folder(): Promise<string> {
  const made = await makeFolder();
  cleanUp.push(made.remove);
  return made.path;
}

async function failToStart(environment: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const { ended, said } = launch(environment);
  const code = await ended;
  return { code, said: said().split('\n').map(readLine).join('\n') };
}

/** The message of a line of the log; other lines as they are. */
function readLine(line: string): string {
  return line.startsWith('{') ? (JSON.parse(line) as { msg: string }).msg : line;
}

describe('a platform that cannot start says in one message what to do and exits with 1', () => {
  it('when the environment is wrong: all problems at once, nothing made', async () => {
    const dataDir = join(await folder(), 'data');
    const { code, said } = await failToStart({
      DATA_DIR: dataDir,
      PORT: 'x',
      DEMO: 'yes',
      DATABASE_URL: 'mysql://u:geheim@h/d',
    });
    expect(code).toBe(1);
    for (const part of ['CONFIG_INVALID', 'PORT: "x"', 'DEMO: "yes"', 'DATABASE_URL: is not an address'])
      expect(said).toContain(part);
    expect(said).not.toContain('geheim');
    expect(existsSync(dataDir)).toBe(false);
  });

  it('in words where the log goes to the same file as what is for people', async () => {
    const path = join(await folder(), 'output');
    const file = await open(path, 'w');
    const environment = { PATH: process.env.PATH, HOME: process.env.HOME, PORT: 'x' };
    const child = spawn(process.execPath, [MAIN], { env: environment, stdio: ['ignore', file.fd, file.fd] });
    await once(child, 'exit');
    await file.close();
    expect(await readFile(path, 'utf8')).toMatch(/^\S+ error platform: CONFIG_INVALID: /);
  });

  it('when the port is taken: nothing made', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    cleanUp.push(async () => server.close());
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const dataDir = join(await folder(), 'data');
    const { code, said } = await failToStart({ DATA_DIR: dataDir, PORT: port });
    expect([code, said.includes('PORT_IN_USE'), said.includes(port)]).toEqual([1, true, true]);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('when the database is unreachable: without its password', async () => {
    const { code, said } = await failToStart({
      DATA_DIR: await folder(),
      DATABASE_URL: 'postgres://u:geheim@127.0.0.1:1/d',
    });
    expect([code, said.includes('DATABASE_UNREACHABLE'), said.includes('geheim')]).toEqual([1, true, false]);
  });

  it('when the data folder is a file', async () => {
    const dataDir = join(await folder(), 'data');
    await writeFile(dataDir, 'a file');
    const { code, said } = await failToStart({ DATA_DIR: dataDir });
    expect([code, said.includes('DATA_FOLDER_UNUSABLE')]).toEqual([1, true]);
    expect(await readFile(dataDir, 'utf8')).toBe('a file');
  });

  it.each([
    ['cannot be made, where the system says no such folder', '/proc/data'],
    ['lies below a file', '/proc/version/data'],
  ])('when the data folder %s', async (_, dataDir) => {
    const { code, said } = await failToStart({ DATA_DIR: dataDir });
    expect([code, said.includes(`DATA_FOLDER_UNUSABLE: The data folder ${dataDir} cannot be used`)]).toEqual([1, true]);
  });
});

describe('a second start', () => {
  it('reuses the data folder, publishes nothing anew and refuses to share it', async () => {
    const started = await copyStartedFolder();
    cleanUp.push(started.remove);
    const dataDir = started.path;
    const first = await startPlatform({ DATA_DIR: dataDir });
    cleanUp.push(() => first.end('SIGKILL'));
    const other = await failToStart({ DATA_DIR: dataDir });
    expect([other.code, other.said.includes('DATA_FOLDER_IN_USE')]).toEqual([1, true]);
    const ids = `{ rounds(first: 10) { edges { node { code published { id resultHash } } } } }`;
    const before = await first.query(ids);
    expect(await first.end('SIGTERM')).toBe(0);
    const second = await startPlatform({ DATA_DIR: dataDir, LOG_FORMAT: 'json', LOG_LEVEL: 'warn', DEMO: '1' });
    cleanUp.push(() => second.end('SIGKILL'));
    expect(await second.query(ids)).toEqual(before);
    expect(await second.end('SIGTERM')).toBe(0);
    // Who left DEMO out may not know that all figures are simulated; who set it does.
    const warning = 'DEMO is not set, so this is the demonstration';
    expect([first.said().includes(warning), second.said().includes(warning)]).toEqual([true, false]);
    // Whoever collects logs as JSON can read all of it, the progress of the start and the addresses too, however little else is logged.
    const lines = second
      .said()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { part: string; msg: string });
    const told = lines.filter(({ part }) => part === 'start').map(({ msg }) => msg);
    expect(told).toEqual(expect.arrayContaining(['Merge, score, rank, freeze', expect.stringContaining('/graphiql')]));
    expect(told.at(-1)).toBe('ready');

    // The same folder, as a newer version would have left it.
    const copy = join(await folder(), 'copy');
    await cp(dataDir, copy, { recursive: true });
    await writeFile(join(copy, 'postgres/PG_VERSION'), '19\n');
    const files = await readdir(join(copy, 'postgres'));
    const newer = await failToStart({ DATA_DIR: copy });
    expect([newer.code, newer.said.includes('DATA_NEWER')]).toEqual([1, true]);
    expect(await readdir(join(copy, 'postgres'))).toEqual(files);
  });
});
