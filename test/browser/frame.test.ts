import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { findBarriers, lookAt, overflowOf, takePicture } from '../helpers/page.js';

it('asks nobody but the platform, says that figures are simulated, and has no barriers', async () => {
  const { page, strangers, complaints } = await lookAt('/', { language: 'en' });
  await page.getByRole('table').first().waitFor();
  await page.getByText('Simulated data').first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await findBarriers(page)).toEqual([]);
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);
});

it('speaks Vietnamese to Vietnamese browsers, and changes on request', async () => {
  const { page } = await lookAt('/', { language: 'vi' });
  await page.getByText('Dữ liệu mô phỏng').first().waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('vi');
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await page.getByText('Simulated data').first().waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('en');
});

it('goes on as the public’s when a sign-in is not good any more, and says so', async () => {
  const { page } = await lookAt('/', { language: 'en', token: 'not.a.token' });
  await page.getByText('Your sign-in has expired.').waitFor();
  await page.getByRole('table').first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await findBarriers(page)).toEqual([]);
});

it('says that it is offline, and live again when it is not', async () => {
  const { page, context } = await lookAt('/', { language: 'en' });
  await page.getByText('Live', { exact: true }).waitFor();
  await context.setOffline(true);
  await page.getByText(/^Offline · Figures as of /).waitFor();
  expect(await page.getByText('Watching for live changes.').count()).toBe(0);
  await context.setOffline(false);
  await page.getByText('Live', { exact: true }).waitFor();
});

it('waits for code while offline', async () => {
  const { page, context } = await lookAt('/', { language: 'en', width: 800 });
  await page.getByRole('table').first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await context.setOffline(true);
  await page.getByText('Offline').waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Compare' }).click();
  // The view that was left stays in the page, hidden: by its role only what can be seen is found.
  await page.getByRole('status').filter({ hasText: 'Loading…' }).first().waitFor();
  await context.setOffline(false);
  await page.getByRole('heading', { level: 1 }).waitFor();
});

// In a tab of its own, since a page that had to be loaded again just before is not loaded over and over.
it('loads the page again for code that did not come', async () => {
  const { page, context } = await lookAt('/compare', { language: 'en', width: 800 });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await context.route('**/regionsView*.js', (route) => route.abort(), { times: 1 });
  await page.getByRole('navigation').getByRole('link', { name: 'Regions' }).click();
  await page.getByRole('heading', { level: 1, name: 'Scores by group' }).waitFor();
});

it('keeps what went wrong in a part of the page to that part', async () => {
  const { page, context } = await lookAt('/', { language: 'en', width: 800 });
  await page.getByText('Live', { exact: true }).waitFor();
  await context.route('**/compareView*', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: 'export default () => { throw new Error("for the test") }' }),
  );
  await page.getByRole('navigation').getByRole('link', { name: 'Compare' }).click();
  await page.getByText('This part of the page cannot be shown.').waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Ranking' }).click();
  await page.getByRole('table').first().waitFor();
});

it('fits windows from 360 to 2560 pixels in both themes', async () => {
  for (const [width, theme, language] of [
    [360, 'dark', 'vi'],
    [1280, 'light', 'en'],
    [2560, 'dark', 'vi'],
  ] as const) {
    const { page, context } = await lookAt('/', { width, theme, language });
    await page.locator('.ranking tbody tr').nth(33).waitFor();
    expect(await overflowOf(page), `${width} ${theme}`).toBe(0);
    // What one comes for is on the first screen of a phone.
    const first = await page.locator('.ranking tbody .cell-value').first().boundingBox();
    expect((first?.y ?? 780) + (first?.height ?? 0), `${width} ${theme}`).toBeLessThanOrEqual(780);
    expect(await findBarriers(page), `${width} ${theme}`).toEqual([]);
    await takePicture(page, `frame-${width}-${theme}`);
    await context.close();
  }
});

it('sends no document that is not on its own list, so that it works where only trusted documents are answered', async () => {
  const listed = JSON.parse(readFileSync(join(import.meta.dirname, '../../dist/dashboardDocuments.json'), 'utf8'));
  const trusted = new Set<unknown>(Object.values(listed));
  const { page } = await lookAt('about:blank');
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') asked.push(JSON.parse(request.postData() ?? '{}').query);
  });
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const { type, payload: body } = JSON.parse(String(payload));
      if (type === 'subscribe') asked.push(body.query);
    }),
  );
  await page.goto(`${inject('platformUrl')}/`);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Access token').fill(inject('integratorToken'));
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Integrator', { exact: true }).waitFor();
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.filter((query) => !trusted.has(query))).toEqual([]);
});
