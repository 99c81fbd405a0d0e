import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { readProcess } from '../../src/store/process.js';

it('tells the start of a process, that one has ended which nobody collects, and that there is none', async () => {
  const own = await readProcess(process.pid);
  expect(own).toEqual({ start: expect.stringMatching(/^\d+$/), hasEnded: false });
  // The shell becomes a program that does not collect what the shell began.
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60']);
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(line);
  await expect.poll(async () => (await readProcess(pid))?.hasEnded).toBe(true);
  parent.kill('SIGKILL');
  // Above what the system numbers.
  expect(await readProcess(2 ** 30)).toBe(null);
});
