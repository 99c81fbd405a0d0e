import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { findBarriers, lookAt, overflowOf, takePicture } from '../helpers/page.js';

const SECRET = 'khoá-bí-mật-2026';
const ROWS = [
  { area: '48', month: '2026-10', households: { fibre: 61_234, all: 80_000 } },
  { area: '79', month: '2026-10', households: { fibre: 400_000, all: 1_000_000 } },
  { area: 'Atlantis', month: '2026-10', households: { fibre: 1, all: 2 } },
];
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const isLetIn = request.headers['x-api-key'] === encodeURIComponent(SECRET);
    response.writeHead(isLetIn ? 200 : 401, { 'content-type': 'application/json' });
    response.end(isLetIn ? JSON.stringify({ items: ROWS }) : '{"error":"key"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('an integrator signs in, registers a source, sees what it reads, and brings it into use', async () => {
  const { page, complaints, strangers } = await lookAt('/register', { language: 'en' });
  await page.getByText('This page is for integrators').waitFor();
  await page.getByRole('button', { name: 'Sign in' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Access token').fill(inject('integratorToken'));
  await dialog.getByRole('button', { name: 'Sign in' }).click();

  // A mistake is told while one types, and leads to its place.
  const editor = page.getByRole('textbox', { name: 'Manifest' });
  await page.getByText('No problems in the manifest').waitFor();
  const written = (await editor.inputValue())
    .replace(/^key: my_source.*$/m, 'key: broadband')
    .replace(/name: \{.*$/m, 'name: { vi: Băng rộng, en: Broadband }')
    .replace(
      /^streams:$/m,
      'secrets: [apiKey]\nauthentication: { type: apiKey, in: header, name: x-api-key, key: apiKey }\nstreams:',
    )
    .replace('INFRASTRUCTURE.02', 'INFRASTRUCTUR.02');
  await editor.fill(written);
  const problem = page.getByRole('button', { name: /^Line 24, column 22:/ });
  await problem.click();
  const chosen = '((area) => area.value.slice(area.selectionStart, area.selectionEnd))(document.activeElement)';
  expect(await page.evaluate(chosen)).toBe('INFRASTRUCTUR.02');
  await page.keyboard.type('INFRASTRUCTURE.02');
  await page.getByText('No problems in the manifest').waitFor();

  // A reload keeps the draft and forgets the secret.
  await page.getByLabel('Base address').fill(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await page.getByLabel('apiKey').fill('wrong');
  await page.reload();
  expect(await editor.inputValue()).toContain('key: broadband');
  const secret = page.getByLabel('apiKey');
  expect(await secret.inputValue()).toBe('');
  expect(await secret.getAttribute('type')).toBe('password');

  // Without its secret the source refuses, and the page says so.
  const look = page.getByRole('button', { name: 'Read two pages on trial' });
  await secret.fill('wrong');
  await look.click();
  await page.getByText('SYNC_AUTH').waitFor();
  await secret.fill(encodeURIComponent(SECRET));
  await look.click();
  await page.getByText('1 page: 2 figures, 1 rejected').waitFor();
  const preview = page.getByRole('region', { name: 'Preview' }).last();
  await preview.getByRole('cell', { name: '61234 / 80000' }).waitFor();
  await preview.getByText('"Atlantis"').first().waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await takePicture(page, 'register-preview');

  // A secret that turns out to be wrong is put right by registering again.
  await secret.fill('wrong');
  for (const step of ['Register', 'Check', 'Try again']) {
    await page.getByRole('button', { name: step, exact: true }).click();
  }
  await secret.fill(encodeURIComponent(SECRET));
  for (const step of ['Register', 'Check', 'Activate', 'Read now']) {
    await page.getByRole('button', { name: step, exact: true }).click();
  }
  await page.getByText('Written: 2. Rejected: 1.').waitFor();
  await page.getByRole('link', { name: 'To the page of the source broadband' }).click();

  // The run is seen to its end, its account adds up, and what was refused is there with its reason.
  await page.getByRole('heading', { name: 'Broadband', exact: true }).waitFor();
  const run = page.getByRole('region', { name: /^Run \d+$/ });
  await run.getByText('With rejects').waitFor();
  expect((await run.locator('.account-sum').innerText()).replace(/\s+/g, ' ')).toBe(
    'Read 3 Accepted = 2 Unchanged + 0 Withdrawn + 0 Rejected + 1 Skipped + 0',
  );
  await run.getByRole('cell', { name: '{"area":"Atlantis"' }).waitFor();
  await run.getByText('Pages read, as they came').click();
  await run.getByRole('button', { name: '1', exact: true }).click();
  await run.getByRole('region', { name: 'What the source sent' }).getByText('61234').waitFor();
  await page.getByRole('button', { name: 'Map again' }).click();
  await page.getByText(/Mapped again in run \d+/).waitFor();
  // It is still the last run that read the source, and says what came of it since.
  await run.getByText(/: 0 accepted, 1 still rejected, 0 skipped by a rule/).waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await takePicture(page, 'source-new');

  // Settings are checked where they are kept, and only what was changed is sent.
  await page.getByText('Change settings').click();
  const save = page.getByRole('button', { name: 'Save settings' });
  expect(await save.isDisabled()).toBe(true);
  await page.getByLabel('Schedule').fill('61 6 * * *');
  await save.click();
  await page.getByText('BAD_USER_INPUT').waitFor();
  await page.getByLabel('Schedule').fill('45 7 * * *');
  await save.click();
  await page.getByText('daily, 07:45').waitFor();
  expect(await findBarriers(page)).toEqual([]);

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('The source is paused.').waitFor();
  await page.getByRole('button', { name: 'Retire' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
  await page.getByText('The source is retired.').waitFor();
  expect(await page.content()).not.toContain(encodeURIComponent(SECRET));
  await page.getByRole('button', { name: 'Sign out' }).click();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);
});

it('shows everybody how fresh sources are and that their accounts add up, and offers nothing that one may not do', async () => {
  const { page, complaints } = await lookAt('/sources?q=bao+hiem', { language: 'vi' });
  const row = page.getByRole('row', { name: /Hệ thống thông tin bảo hiểm y tế/ });
  await row.getByText('Còn mới').waitFor();
  await page.getByText(/^2 trên \d+ nguồn$/).waitFor();
  await row.getByRole('link').click();
  await page.getByRole('heading', { name: /Lần đọc \d+/ }).waitFor();
  for (const name of ['Tạm dừng', 'Ngừng hẳn', 'Kiểm tra', 'Đọc lại toàn bộ']) {
    expect(await page.getByRole('button', { name }).count()).toBe(0);
  }
  await page.getByRole('heading', { name: 'Cấu hình' }).waitFor({ state: 'detached' });
  // One whose simulator moves is read faster than its schedule says, and the page says why.
  await page.goto(`${inject('platformUrl')}/sources/einvoice`);
  await page.getByText(/^Trong bản trình diễn này, cứ [\d,]+ giây nguồn được đọc một lần\.$/).waitFor();
  expect(complaints).toEqual([]);
});

it('says so when an address names a run that the source does not have, and shows no other one', async () => {
  const answer = await fetch(`${inject('platformUrl')}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ source(key: "banking") { lastRun { id } } }' }),
  });
  const { data } = (await answer.json()) as { data: { source: { lastRun: { id: string } } } };
  const { id } = data.source.lastRun;
  const { page } = await lookAt(`/sources/telecom?run=${id}`, { language: 'en' });
  await page.getByText(`${id} is not among the runs of this source.`).waitFor();
  expect(await page.getByRole('heading', { name: /^Run \d+/ }).count()).toBe(0);
  await page.getByRole('row').getByRole('button').first().click();
  await page.getByRole('heading', { name: /^Run \d+/ }).waitFor();
});

it('sums up how far databases are linked, body by body', async () => {
  const { page } = await lookAt('/sources/linkages?level=MINISTRY', { language: 'en' });
  const total = page.getByRole('row', { name: /^All \d+ bodies/ });
  await total.waitFor();
  // Both at once, since runs go on while one looks.
  const { title, text } = await total
    .locator('.matrix-cell')
    .last()
    .evaluate((cell: { title: string; innerText: string }) => ({ title: cell.title, text: cell.innerText }));
  const [matched = 0, records = 0] = title.split(' / ').map((count) => Number(count.replaceAll(',', '')));
  expect(matched).toBeGreaterThan(0);
  expect(text).toContain(`${Math.round((100 * matched) / records)}%`);
});

it('gives away the lists of sources and of linkages as files', async () => {
  for (const [path, column] of [
    ['/sources', 'key'],
    ['/sources/linkages', 'database'],
  ] as const) {
    const { page, context } = await lookAt(path, { language: 'en' });
    const links = page.locator('.downloads a');
    await links.first().waitFor();
    expect(await links.allInnerTexts()).toEqual(['CSV', 'XLSX', 'Parquet']);
    const file = await page.request.get(await links.first().evaluate((link: { href: string }) => link.href));
    expect(file.status()).toBe(200);
    const [header = '', ...rows] = (await file.text()).trim().split('\r\n');
    expect(header.split(',')).toEqual(expect.arrayContaining([column, 'citation']));
    expect(rows.length).toBeGreaterThan(5);
    await context.close();
  }
});

it('lists alerts with links to what they are about, by kind', async () => {
  const { page, complaints } = await lookAt('/alerts?kind=RANK_FALL', { language: 'en', width: 360 });
  const alerts = page.getByRole('main').getByRole('listitem');
  await alerts
    .filter({ hasText: / fell \d+ places?, from rank \d+ to \d+ \(.+(published|provisional)/ })
    .first()
    .waitFor();
  expect(await alerts.filter({ hasNotText: ' fell ' }).count()).toBe(0);
  expect(await alerts.getByRole('link').first().getAttribute('href')).toMatch(/^\/entity\/[\w-]+\/\w+\?round=/);
  expect(await overflowOf(page)).toBe(0);
  expect(await findBarriers(page)).toEqual([]);
  await page.getByLabel('State').selectOption('Open');
  await page.waitForURL((url) => url.searchParams.get('state') === 'open');
  expect(complaints).toEqual([]);
});

it('fits windows from 360 to 2560 pixels in both themes and languages', async () => {
  const looks = [
    ['/sources', 360, 'dark', 'vi'],
    ['/sources', 1280, 'light', 'en'],
    ['/sources/linkages', 360, 'light', 'en'],
    ['/sources/telecom', 360, 'light', 'vi'],
    ['/sources/telecom', 2560, 'dark', 'en'],
    ['/register', 360, 'dark', 'vi'],
    ['/register', 2560, 'dark', 'en'],
  ] as const;
  const token = inject('integratorToken');
  for (const [path, width, theme, language] of looks) {
    const { page, context } = await lookAt(path, { width, theme, language, token });
    await page.locator('.source-table, .matrix, .run-detail, .step-list').first().waitFor();
    expect(await overflowOf(page), `${path} ${width}`).toBe(0);
    expect(await findBarriers(page), `${path} ${width} ${theme}`).toEqual([]);
    await takePicture(page, `${path.replaceAll('/', '-').slice(1)}-${width}-${theme}`);
    await context.close();
  }
});
