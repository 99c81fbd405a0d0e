import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium as engine, type Page } from 'playwright-core';
import { afterAll, expect, inject, onTestFinished } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where screenshots go; none are taken without it. */
const SCREENSHOTS = process.env.SCREENSHOTS;

/** How long a page may take for anything on a busy machine. */
const PATIENCE_MS = 90_000;

/** How a page is looked at. */
export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly language?: 'vi' | 'en';
  readonly theme?: 'light' | 'dark';
  readonly reducedMotion?: boolean;
  /** Signs in before the page opens. */
  readonly token?: string;
}

/** A page that looks at the platform, with what it asked of other hosts and what went wrong in it. */
export interface LookedAt {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Requests to any other host; must stay empty. */
  readonly strangers: readonly string[];
  /** Errors in the console and exceptions; must stay empty. */
  readonly complaints: readonly string[];
}

let browser: Browser | null = null;

afterAll(async () => {
  await browser?.close();
});

/**
 * Opens a page of the platform in a fresh profile, until the test ends: an open page goes on following the figures, at the cost of the next one.
 * @param path from the root, such as `/map?round=PROVINCE-2022`
 * @param url of another platform than the one of all browser tests
 */
export async function lookAt(path: string, look: Look = {}, url = inject('platformUrl')): Promise<LookedAt> {
  browser ??= await engine.connect(inject('browserEndpoint'));
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: look.height ?? 900 },
    locale: look.language === 'vi' ? 'vi-VN' : 'en-GB',
    colorScheme: look.theme ?? 'light',
    reducedMotion: look.reducedMotion === true ? 'reduce' : 'no-preference',
    acceptDownloads: true,
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(PATIENCE_MS);
  const { token } = look;
  if (token !== undefined) await context.addInitScript(`sessionStorage.setItem('dti-token', ${JSON.stringify(token)})`);
  const page = await context.newPage();
  const strangers: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !/^(data|blob):/.test(address)) strangers.push(address);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(path === 'about:blank' ? path : `${url}${path}`, { waitUntil: 'domcontentloaded' });
  return { page, context, strangers, complaints };
}

/** Visible parts of a page that are still on their way: what says that it is loading, and charts that are not drawn for the width that they have now. */
const UNSETTLED = `[
  ...[...document.querySelectorAll('.state-waiting')].filter((state) => state.checkVisibility()),
  ...[...document.querySelectorAll('.chart-frame')].filter((frame) => {
    const drawn = frame.querySelector('svg')?.getAttribute('width');
    return frame.checkVisibility() && Number(drawn) !== Math.floor(frame.getBoundingClientRect().width);
  }),
]`;

/** Waits until a page stands as it stays: before, its layout is that of a moment, which a busy machine makes long. */
export async function waitUntilSettled(page: Page): Promise<void> {
  // Asked from here, since a page of the platform lets nobody put together code within it.
  await expect.poll(() => page.evaluate(`${UNSETTLED}.length`)).toBe(0);
}

/** What axe-core finds wrong on a page by WCAG 2.2 AA, as `rule: element`; empty when all is well. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  await waitUntilSettled(page);
  // Rows that pass each other while ranks change lie over each other for a moment, which is no barrier of the page that stands.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate('Promise.allSettled(document.getAnimations().map((moving) => moving.finished))');
  await page.evaluate(AXE);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  // Only what is wrong is put together, which on long tables takes half of the time.
  const options = JSON.stringify({ runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
  // As text, since tests are compiled without the types of a browser.
  const { violations } = await page.evaluate<AxeAnswer>(`axe.run(document, ${options})`);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

interface AxeAnswer {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** Keeps a picture of the whole page when `SCREENSHOTS` names a folder. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** How far a page is wider than its window, in pixels; more than 0 means that one must scroll sideways. */
export async function overflowOf(page: Page): Promise<number> {
  await waitUntilSettled(page);
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/** Texts of charts that end beyond the chart, where nobody reads them, or that were shortened; empty when all is well. */
export async function findCut(page: Page): Promise<readonly string[]> {
  await waitUntilSettled(page);
  return page.evaluate(`[...document.querySelectorAll('.chart-frame svg')].flatMap((svg) => {
    const frame = svg.getBoundingClientRect();
    const isCut = (text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      const isBeyond = left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 1 || bottom > frame.bottom + 1;
      return text.textContent.includes('…') || (right > left && isBeyond);
    };
    return [...svg.querySelectorAll('text')].filter(isCut).map(({ textContent }) => textContent);
  })`);
}
