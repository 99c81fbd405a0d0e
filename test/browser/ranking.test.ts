import { execFile } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { findBarriers, lookAt, overflowOf, takePicture } from '../helpers/page.js';

// The story of an official who wants to know who stands where: by a table and by a map.

const FIRST_VIEW_BYTES = 300_000;

const namesOn = (page: Page): Promise<string[]> => page.locator('.ranking tbody th a').allTextContents();

it('shows the open ranking as it moves, says what moved, and stops on request', async () => {
  const { page, strangers, complaints } = await lookAt('/', { language: 'en' });
  await page.locator('.ranking tbody tr').nth(33).waitFor();
  await page.getByText('Provisional', { exact: true }).waitFor();
  await page.getByRole('heading', { level: 1, name: 'Ranking of 34 provinces and municipalities' }).waitFor();
  await page.locator('.map [role=option]').nth(33).waitFor();
  const bytes = await page.evaluate<number>(
    'performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0)',
  );
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(FIRST_VIEW_BYTES);

  await page.evaluate('window.isSamePage = true');
  await page
    .getByRole('status')
    .filter({ hasText: /\d+ entit(y|ies) changed rank; .+ (rises|falls) to \d+(st|nd|rd|th)\./ })
    .waitFor();
  await page.getByRole('button', { name: 'Pause live updates' }).click();
  const before = await page.locator('.ranking tbody').innerText();
  await page.getByText('Paused; there are new changes.').waitFor();
  expect(await page.locator('.ranking tbody').innerText()).toBe(before);
  await page.getByRole('button', { name: 'Resume live updates' }).click();
  await page.getByText('Paused; there are new changes.').waitFor({ state: 'detached' });
  expect(await page.evaluate('window.isSamePage')).toBe(true);
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);
});

it('says since when and why rows are not live any more when the platform refuses to go on, and asks again on request', async () => {
  const { page } = await lookAt('about:blank', { language: 'en' });
  let isRefusing = true;
  // Between page and platform: takes back a subscription once its rows have come, as a platform that stops allowing it does.
  await page.routeWebSocket(/graphql$/, (toPage) => {
    toPage.connectToServer().onMessage((message) => {
      toPage.send(message);
      const { id, type } = JSON.parse(String(message)) as { id?: string; type: string };
      const payload = [{ message: 'Not for you any more.', extensions: { code: 'FORBIDDEN' } }];
      if (isRefusing && type === 'next') toPage.send(JSON.stringify({ id, type: 'error', payload }));
    });
  });
  await page.goto(inject('platformUrl'));
  const stopped = page.getByRole('alert').filter({ hasText: 'Live updates have stopped: figures as of' });
  await stopped.getByText('FORBIDDEN Not for you any more.').waitFor();
  expect(await page.locator('.ranking tbody tr').count()).toBe(34);
  // The frame hears of it a moment after the view.
  await page.locator('.notice-connection.is-stopped', { hasText: /^Not live/ }).waitFor();
  expect(await findBarriers(page)).toEqual([]);
  isRefusing = false;
  await stopped.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.notice-connection.is-live').waitFor();
  await stopped.waitFor({ state: 'detached' });
});

it('leads from a rank that has fallen to its alert, from the row and from the profile', async () => {
  const admin = await promisify(execFile)(process.execPath, ['dist/src/cli.js', 'token', '--role', 'admin'], {
    env: { ...process.env, DATA_DIR: inject('platformFolder') },
  });
  const setThreshold = async (threshold: number): Promise<void> => {
    const query = `mutation { setAlertRule(kind: RANK_FALL, level: PROVINCE, threshold: ${threshold}) { threshold } }`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${admin.stdout.trim()}` };
    const url = `${inject('platformUrl')}/graphql`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(await answer.json()).toEqual({ data: { setAlertRule: { threshold } } });
  };
  await setThreshold(1);
  // All files look at one platform, so that it must be as before however this ends.
  onTestFinished(() => setThreshold(5));
  const { page, complaints } = await lookAt('/', { language: 'en' });
  const sign = page.locator('.alert-sign').getByRole('link', { name: /^Alert: fell from rank \d+ to \d+$/ });
  await sign.first().waitFor();
  await sign.first().click();
  await page.locator('.alert-list [aria-current=true]', { hasText: / fell \d+ places?, from rank / }).waitFor();
  // Whoever rises again has no open alert any more: then it is another one's turn.
  await vi.waitFor(
    async () => {
      await page.goto(inject('platformUrl'));
      const row = page.locator('.ranking tbody tr', { has: sign }).first();
      await page.goto(`${inject('platformUrl')}${await row.locator('th a').getAttribute('href')}`);
      await page
        .locator('.profile-headline')
        .getByRole('link', { name: /^Alert: fell from/ })
        .waitFor({ timeout: 5_000 });
    },
    { timeout: 60_000 },
  );
  expect(complaints).toEqual([]);
});

it('leads from a name to its profile, by mouse and by keyboard', async () => {
  const { page } = await lookAt('/?round=PROVINCE-2022', { language: 'en' });
  const link = page.locator('.ranking tbody').getByRole('link', { name: 'Binh Duong' });
  for (const go of [() => link.click(), () => link.press('Enter')]) {
    await go();
    await page.getByRole('heading', { level: 1, name: 'Binh Duong' }).waitFor();
    const { pathname, searchParams } = new URL(page.url());
    expect([pathname, searchParams.get('round'), searchParams.has('entity')]).toEqual([
      '/entity/GSO-2004/74',
      'PROVINCE-2022',
      false,
    ]);
    await expect.poll(() => page.title()).toBe('Binh Duong · Digital Transformation Index');
    await page.goBack();
  }
});

it('keeps every filter in the address, which shows the same to another reader', async () => {
  const { page } = await lookAt('/', { language: 'en' });
  await page.getByRole('button', { name: '2022', exact: true }).click();
  await page.getByText('Sealed on', { exact: false }).waitFor();
  await page.getByRole('columnheader', { name: 'Official' }).waitFor();
  await expect.poll(async () => (await namesOn(page)).length).toBe(63);
  await page.getByLabel('Measure').selectOption('CYBERSECURITY');
  await page.getByLabel('Region').selectOption('RRD');
  await page.getByLabel('Find by name').fill('hai');
  await page.getByText('3 of 63 entities').waitFor();
  // Without a pointer: the head of a column is a button.
  await page.getByRole('columnheader', { name: 'Entity' }).getByRole('button').press('Enter');
  await page.locator('th[aria-sort=ascending]', { hasText: 'Entity' }).waitFor();
  expect(await namesOn(page)).toEqual(['Hai Duong', 'Hai Phong', 'Thai Binh']);

  const { pathname, search } = new URL(page.url());
  const other = await lookAt(`${pathname}${search}`, { language: 'vi' });
  await other.page.getByRole('heading', { level: 1, name: 'An toàn thông tin mạng' }).waitFor();
  await other.page.getByText('3/63 đơn vị').waitFor();
  expect(await namesOn(other.page)).toEqual(['Hải Dương', 'Hải Phòng', 'Thái Bình']);
  const link = await other.page.getByRole('link', { name: 'CSV', exact: true }).getAttribute('href');
  expect(link).toContain('round=PROVINCE-2022');
  expect(link).toContain('measure=CYBERSECURITY');
  expect(link).toContain('lang=vi');
});

it('shows 34 or 63 provinces and both archipelagos on a map that is one with the table', async () => {
  const { page, complaints } = await lookAt('/map', { language: 'vi' });
  const units = page.locator('.map [role=option]');
  await units.nth(33).waitFor();
  expect(await units.count()).toBe(34);
  const insets = page.locator('.map-inset');
  expect(await insets.allTextContents()).toEqual(['Quần đảoHoàng Sa(Đà Nẵng)', 'Quần đảoTrường Sa(Khánh Hòa)']);

  const daNang = page.locator('[data-entity="Entity:GSO-2025:48"]');
  await daNang.locator('path').click();
  await page.locator('tr[aria-current=true]', { hasText: 'Đà Nẵng' }).waitFor();
  await page.locator('[data-entity="Entity:GSO-2025:48"][aria-selected=true]').waitFor();
  // By keyboard: one stop for the whole map, arrows go on to neighbours, Enter chooses.
  await daNang.press('ArrowUp');
  await page.locator('[data-entity="Entity:GSO-2025:46"]').press('Enter');
  await page.locator('tr[aria-current=true]', { hasText: 'Huế' }).waitFor();
  await page.locator('.ranking tbody tr', { hasText: 'Cà Mau' }).locator('.cell-rank').click();
  await page.locator('[data-entity="Entity:GSO-2025:96"][aria-selected=true]').waitFor();

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'SVG' }).click(),
  ]);
  const saved = await text(await download.createReadStream());
  expect(saved).toContain('Hoàng Sa');
  expect(saved).toContain('Trường Sa');
  expect(saved).toContain('Dữ liệu mô phỏng');

  await page.getByRole('button', { name: '2023', exact: true }).click();
  await units.nth(62).waitFor();
  expect(await units.count()).toBe(63);
  await page.getByRole('button', { name: 'Bộ, ngành' }).click();
  await page.getByText('Bộ, ngành không có bản đồ').waitFor();
  await page.getByText('Nhóm xếp hạng').waitFor();
  expect(complaints).toEqual([]);
});

it('has no barriers and fits, from small to large, in both languages and themes', async () => {
  // The first view is looked at in frame.test.ts.
  const published = '/?round=PROVINCE-2022&entity=Entity:GSO-2004:48';
  for (const [path, width, theme, language] of [
    ['/map', 360, 'light', 'vi'],
    ['/map', 1280, 'dark', 'en'],
    [published, 360, 'dark', 'en'],
    [published, 2560, 'light', 'vi'],
  ] as const) {
    const { page, context } = await lookAt(path, { width, theme, language });
    await page.locator('.ranking tbody tr').first().waitFor();
    if (path === '/map' || width > 1000) await page.locator('.map [role=option]').first().waitFor();
    const where = `${path} ${width} ${theme} ${language}`;
    // What is pressed is read while the pointer is on it too.
    if (width > 1000) await page.getByRole('button', { pressed: true }).first().hover();
    expect(await overflowOf(page), where).toBe(0);
    expect(await findBarriers(page), where).toEqual([]);
    await takePicture(page, `ranking${path.replace(/\W+/g, '-')}-${width}-${language}-${theme}`);
    await context.close();
  }
});
