import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What `npm start` runs. */
export const MAIN = join(import.meta.dirname, '../../dist/src/main.js');

/** A platform in a process of its own, as `npm start` runs it. */
export interface PlatformProcess {
  readonly child: ChildProcess;
  /** Standard output and error so far. */
  said(): string;
  /** Where it answers; known once it listens. */
  readonly url: string;
  query<T>(document: string, variables?: Record<string, unknown>): Promise<T>;
  /** Resolves when it has ended, with the exit code; null after a signal that kills. */
  readonly ended: Promise<number | null>;
  /** Ends it and waits; resolves with the exit code, null after a signal that kills. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A folder for the data of one test. */
export async function makeFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'dti-platform-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}

/** Starts the process without waiting for anything. */
export function launch(environment: Record<string, string>): {
  child: ChildProcess;
  said(): string;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, said: () => output, ended };
}

/** Starts the platform and waits for the word `ready`. */
export async function startPlatform(environment: Record<string, string>): Promise<PlatformProcess> {
  const { child, said, ended } = launch(environment);
  let exited = false;
  void ended.then(() => {
    exited = true;
  });
  for (let waited = 0; !/^ready$|"msg":"ready"/m.test(said()); waited += 50) {
    if (exited || waited > 120_000) {
      child.kill('SIGKILL');
      throw new Error(`the platform did not get ready:\n${said()}`);
    }
    await sleep(50);
  }
  const url = /GraphQL\s+(http:\S+)\/graphql/.exec(said())?.[1] ?? '';
  return {
    child,
    said,
    url,
    ended,
    async query(document, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document, variables }),
      });
      const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
