import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import chromium from '@sparticuz/chromium';
import { chromium as engine } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { makeFolder, type PlatformProcess, startPlatform } from './platform.js';
import { fillStarted } from './startedFolder.js';

const CLI = join(import.meta.dirname, '../../dist/src/cli.js');

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the platform with the demonstration answers, without a slash at the end. */
    platformUrl: string;
    /** Its `DATA_DIR`, whose key signs tokens for the command line. */
    platformFolder: string;
    /** Signs in an integrator. */
    integratorToken: string;
    /** A POST there starts the platform, unless it runs; answers when it is ready. */
    startUrl: string;
    /** Where the browser takes orders. */
    browserEndpoint: string;
  }
}

/**
 * One platform with the whole demonstration, not its first start, and one Chromium for all browser tests. The platform starts with the first of them (enterStage.ts), since what is set
 * up here runs beside the tests of all projects.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await makeFolder();
  const port = await findFreePort();
  const place = {
    DATA_DIR: folder.path,
    DEMO_TICK_MS: '1500',
    PORT: String(port),
    SOURCE_ALLOWED_HOSTS: '127.0.0.1',
  };
  const browser = await engine.launchServer({
    executablePath: await chromium.executablePath(),
    // Not the arguments that its package offers: they turn off what a browser of users does, such as its web security.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    headless: true,
    host: '127.0.0.1',
  });
  const environment = { ...process.env, DATA_DIR: folder.path };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'token', '--role', 'integrator'], {
    env: environment,
  });
  let platform: Promise<PlatformProcess> | null = null;
  const stage = createServer(async (_request, response) => {
    platform ??= fillStarted(folder.path).then(() => startPlatform(place));
    await platform.then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => stage.listen(0, '127.0.0.1', resolve));
  project.provide('startUrl', `http://127.0.0.1:${(stage.address() as AddressInfo).port}/`);
  project.provide('platformUrl', `http://127.0.0.1:${port}`);
  project.provide('platformFolder', folder.path);
  project.provide('integratorToken', stdout.trim());
  project.provide('browserEndpoint', browser.wsEndpoint());
  return async () => {
    stage.close();
    await browser.close();
    await (await platform)?.end('SIGTERM');
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
