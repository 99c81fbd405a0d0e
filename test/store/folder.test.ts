import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/store/folder.js';

let dataDir: string;
let file: string;
const processes: ChildProcess[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dti-folder-'));
  file = join(dataDir, 'platform.lock');
});
afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

/** Another living process, and what its lock would say. */
async function another(): Promise<{ pid: number; start: string; end(): Promise<void> }> {
  const child = spawn('sleep', ['60']);
  processes.push(child);
  await once(child, 'spawn');
  const { pid = 0 } = child;
  const [, rest = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(/\) (.*)/s);
  return {
    pid,
    start: rest.split(' ')[19] ?? '',
    async end() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('the lock of the data folder', () => {
  it('makes the folder, is private and names its process', async () => {
    dataDir = join(dataDir, 'deep', 'er');
    const lock = await lockFolder(dataDir);
    file = join(dataDir, 'platform.lock');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+$`));
    await lock.release();
  });

  it('refuses the second while the first lives, and lets it in when the first has let go', async () => {
    const lock = await lockFolder(dataDir);
    await expect(lockFolder(dataDir)).rejects.toMatchObject({
      code: 'DATA_FOLDER_IN_USE',
      message: expect.stringContaining(String(process.pid)),
    });
    await lock.release();
    await (await lockFolder(dataDir)).release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is refused while another process holds it, whose lock stays as it is', async () => {
    const { pid, start } = await another();
    await writeFile(file, `${pid} ${start}`);
    await expect(lockFolder(dataDir)).rejects.toMatchObject({
      code: 'DATA_FOLDER_IN_USE',
      message: expect.stringMatching(new RegExp(`process ${pid}\\b.*DATA_DIR`)),
    });
    expect(await readFile(file, 'utf8')).toBe(`${pid} ${start}`);
    expect(await readdir(dataDir)).toEqual(['platform.lock']);
  });

  it('is taken over from a process that was killed', async () => {
    const { pid, start, end } = await another();
    await writeFile(file, `${pid} ${start}`);
    await end();
    const lock = await lockFolder(dataDir);
    expect(await readFile(file, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    await lock.release();
  });

  it('is taken over when the number of a dead process belongs to another one by now', async () => {
    const { pid, start } = await another();
    await writeFile(file, `${pid} ${Number(start) - 1}`);
    const lock = await lockFolder(dataDir);
    expect(await readFile(file, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    await lock.release();
  });

  it.each(['', 'nonsense', '12 ', '\0\0\0\0'])('is taken over when it says %j', async (content) => {
    await writeFile(file, content);
    await (await lockFolder(dataDir)).release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it.each(['no lock', 'the lock of a dead process'])('goes to one of many that start at once on %s', async (before) => {
    for (let turn = 0; turn < 5; turn += 1) {
      if (before !== 'no lock') await writeFile(file, '999999999 1');
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(dataDir)));
      const locks = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const codes = tries.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
      expect(locks).toHaveLength(1);
      expect(new Set(codes)).toEqual(new Set(['DATA_FOLDER_IN_USE']));
      for (const lock of locks) await lock.release();
      expect(await readdir(dataDir)).toEqual([]);
    }
  });

  it('says what to do when the folder cannot be used', async () => {
    await writeFile(file, '');
    await expect(lockFolder(file)).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining('DATA_DIR'),
    });
  });
});
