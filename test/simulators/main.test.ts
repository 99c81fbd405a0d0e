import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CREDENTIALS } from './client.js';
import { makeFiguresFolder, makeFolder } from './figureFolder.js';

const PROGRAM = 'dist/simulators/main.js';
const figuresDir = makeFiguresFolder();

function args(dataDir: string): string[] {
  return ['--port', '0', '--data-dir', dataDir, '--figures-dir', figuresDir, '--tick-ms', '0', '--anchor', '2026-03'];
}

async function forkProgram(dataDir: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(PROGRAM, args(dataDir), { env: {}, silent: true });
  child.send(CREDENTIALS);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [message] = await once(child, 'message');
  return { child, port: message.port };
}

async function control(port: number, method: string, name: string): Promise<Record<string, unknown>> {
  const headers = { 'x-control-token': CREDENTIALS.controlToken };
  const response = await fetch(`http://127.0.0.1:${port}/_control/${name}`, { method, headers });
  return JSON.parse(await response.text());
}

/** Needs the compiled program; `npm test` builds first. */
describe('the simulators process', () => {
  it('keeps its tick over kill -9', async () => {
    const dataDir = makeFolder();
    const first = await forkProgram(dataDir);
    for (let tick = 0; tick < 3; tick += 1) await control(first.port, 'POST', 'tick');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await forkProgram(dataDir);
    expect(await control(second.port, 'GET', 'state')).toMatchObject({ tick: 3 });
  });

  it('ends when its parent is gone', async () => {
    const { child } = await forkProgram(makeFolder());
    const exit = once(child, 'exit');
    child.disconnect();
    expect((await exit)[0]).toBe(0);
  });

  it('ends with SIGTERM', async () => {
    const { child } = await forkProgram(makeFolder());
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect((await exit)[0]).toBe(0);
  });

  it('makes up credentials that only its user can read, and prints none of them', async () => {
    const dataDir = makeFolder();
    const child = spawn(process.execPath, [PROGRAM, ...args(dataDir)], { env: {} });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += String(data);
    });
    const [line] = await once(child.stdout, 'data');
    expect(JSON.parse(String(line))).toEqual({ ready: true, port: expect.any(Number) });
    const path = join(dataDir, 'simulator-credentials.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const credentials = JSON.parse(readFileSync(path, 'utf8'));
    expect(errors).toContain(path);
    for (const secret of [credentials.einvoice.password, credentials.controlToken]) {
      expect(String(line) + errors).not.toContain(secret);
    }
  });

  it('says what is wrong with its arguments', async () => {
    const child = spawn(process.execPath, [PROGRAM, '--port', 'many']);
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += String(data);
    });
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(errors).toContain('--port must be a whole number');
  });
});
