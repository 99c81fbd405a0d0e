import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import chromium from '@sparticuz/chromium';
import { chromium as engine } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { makeFolder, startPlatform } from './platform.js';

const CLI = join(import.meta.dirname, '../../dist/src/cli.js');

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the platform with the demonstration answers, without a slash at the end. */
    platformUrl: string;
    /** Its `DATA_DIR`, whose key signs tokens for the command line. */
    platformFolder: string;
    /** Signs in an integrator. */
    integratorToken: string;
    /** A POST there kills the platform, as `kill -9` does, and starts it anew at the same address; answers when it is ready. */
    restartUrl: string;
    /** Where the browser takes orders. */
    browserEndpoint: string;
  }
}

/** Starts one platform with the whole demonstration and one Chromium for all browser tests. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await makeFolder();
  const place = {
    DATA_DIR: folder.path,
    DEMO_TICK_MS: '1500',
    PORT: String(await findFreePort()),
    SOURCE_ALLOWED_HOSTS: '127.0.0.1',
  };
  let [platform, browser] = await Promise.all([
    startPlatform(place),
    engine.launchServer({
      executablePath: await chromium.executablePath(),
      // Not the arguments that its package offers: they turn off what a browser of users does, such as its web security.
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
      headless: true,
      host: '127.0.0.1',
    }),
  ]);
  const environment = { ...process.env, DATA_DIR: folder.path };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'token', '--role', 'integrator'], {
    env: environment,
  });
  const restarter = createServer(async (_request, response) => {
    await platform.end('SIGKILL');
    platform = await startPlatform(place);
    response.end();
  });
  await new Promise<void>((resolve) => restarter.listen(0, '127.0.0.1', resolve));
  project.provide('restartUrl', `http://127.0.0.1:${(restarter.address() as AddressInfo).port}`);
  project.provide('platformUrl', platform.url);
  project.provide('platformFolder', folder.path);
  project.provide('integratorToken', stdout.trim());
  project.provide('browserEndpoint', browser.wsEndpoint());
  return async () => {
    restarter.close();
    await browser.close();
    await platform.end('SIGTERM');
    await folder.remove();
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
