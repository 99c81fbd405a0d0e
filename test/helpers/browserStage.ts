import { execFile } from 'node:child_process';
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
    /** Signs in an integrator. */
    integratorToken: string;
    /** Where the browser takes orders. */
    browserEndpoint: string;
  }
}

/** Starts one platform with the whole demonstration and one Chromium for all browser tests. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await makeFolder();
  const [platform, browser] = await Promise.all([
    startPlatform({ DATA_DIR: folder.path, DEMO_TICK_MS: '1500' }),
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
  project.provide('platformUrl', platform.url);
  project.provide('integratorToken', stdout.trim());
  project.provide('browserEndpoint', browser.wsEndpoint());
  return async () => {
    await browser.close();
    await platform.end('SIGTERM');
    await folder.remove();
  };
}
