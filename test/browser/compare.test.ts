import { text } from 'node:stream/consumers';
import { expect, inject, it } from 'vitest';
import { findBarriers, findCut, lookAt, overflowOf, takePicture } from '../helpers/page.js';

const LOOKS = [
  { width: 360, theme: 'light', language: 'vi' },
  { width: 1280, theme: 'dark', language: 'en' },
  { width: 2560, theme: 'light', language: 'vi' },
] as const;

async function ask(query: string): Promise<unknown> {
  const answer = await fetch(`${inject('platformUrl')}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return ((await answer.json()) as { readonly data: unknown }).data;
}

it('compares three provinces and their years, chosen by keyboard without diacritics', async () => {
  const { page, strangers, complaints } = await lookAt('/compare?entities=GSO-2004:74&round=PROVINCE-2022', {
    language: 'en',
  });
  // The order of what is found depends on who takes part, which is known when the chosen are.
  await page.getByRole('button', { name: 'Remove Binh Duong' }).waitFor();
  const box = page.getByRole('combobox', { name: 'Add an entity' });
  for (const [typed, code] of [
    ['da nang', 'GSO-2004:48'],
    ['ho chi minh', 'GSO-2004:79'],
  ] as const) {
    await box.fill(typed);
    // Of two with the same name the one of the round that is shown comes first.
    await page.locator('[role=option]:first-child', { hasText: code }).waitFor();
    expect(await page.locator('[role=option][aria-selected=true]').count()).toBe(0);
    await box.press('ArrowDown');
    await box.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('entities')?.endsWith(code) === true);
  }
  const row = page.locator('.heat tbody tr', { hasText: 'Digital economy activities' });
  // Whoever was chosen last has a column before it has an answer.
  await expect
    .poll(async () => (await row.locator('td').allTextContents()).map((cell) => /rank \d+/.exec(cell)?.[0]))
    .toEqual(['rank 62', 'rank 3', 'rank 4']);
  const ranks = page.getByRole('figure', { name: /^Ranks over the years/ });
  await ranks.getByRole('button', { name: 'Show as a table' }).click();
  await expect
    .poll(async () => (await ranks.locator('tbody tr').allTextContents()).slice(0, 3))
    .toEqual(['20212213', '20221912', '2023712']);
  await page.getByRole('button', { name: 'Remove Binh Duong' }).click();
  await page.waitForURL((url) => url.searchParams.get('entities') === 'GSO-2004:48,GSO-2004:79');
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);
});

it('names what it shows when nobody that is asked for is known', async () => {
  const { page, complaints } = await lookAt('/compare?entities=GSO-2004:999&round=PROVINCE-2022', { language: 'en' });
  await page.getByText('Not among the provinces: GSO-2004:999.').waitFor();
  await page
    .getByLabel('Ranks by')
    .locator('option', { hasText: 'Digital economy activities' })
    .first()
    .waitFor({ state: 'attached' });
  const ranks = page.getByRole('figure', { name: /^Ranks over the years/ });
  const said = await ranks.locator('figcaption').textContent();
  expect(said).toContain('Rank 1 is at the top. Since 2025');
  expect(said).not.toContain('INDEX');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    ranks.getByRole('button', { name: 'SVG' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('dti-ranks-index.svg');
  expect(complaints).toEqual([]);
});

it('groups by region as the query does', async () => {
  const { scoreGroups } = (await ask(`{ scoreGroups(by: [REGION], rounds: ["PROVINCE-2022"], measures: ["ECO_ACTIVITY"],
    having: { count: { gte: 10 } }, orderBy: [{ aggregate: MEDIAN, direction: DESC }]) {
    edges { node { key { region { name } } count value { median } } }
  } }`)) as {
    scoreGroups: {
      edges: { node: { key: { region: { name: string } }; count: number; value: { median: number } } }[];
    };
  };
  const { page } = await lookAt('/regions?by=REGION&round=PROVINCE-2022&measure=ECO_ACTIVITY&min=10&order=MEDIAN', {
    language: 'en',
  });
  const rows = page.locator('.groups tbody tr');
  await rows.first().waitFor();
  const shown = [];
  for (const row of await rows.all())
    shown.push([await row.locator('th').textContent(), ...(await row.locator('td').allTextContents()).slice(0, 2)]);
  expect(shown).toEqual(
    scoreGroups.edges.map(({ node: { key, count, value } }) => [
      key.region.name,
      String(count),
      value.median.toFixed(4),
    ]),
  );
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV', exact: true }).click(),
  ]);
  const [head, ...lines] = (await text(await download.createReadStream())).trim().split(/\r?\n/);
  expect(head).toContain('key_region_name_en');
  expect(lines.length).toBe(shown.length);
});

it('fits windows from 360 to 2560 pixels', async () => {
  for (const path of ['/compare?entities=GSO-2004:74,GSO-2004:48', '/regions']) {
    for (const look of LOOKS) {
      const { page, context } = await lookAt(path, look);
      await page.locator('.chart-frame svg').first().waitFor();
      expect(await overflowOf(page), `${path} ${look.width}`).toBe(0);
      expect(await findCut(page), `${path} ${look.width}`).toEqual([]);
      expect(await findBarriers(page), `${path} ${look.width}`).toEqual([]);
      await takePicture(page, `${path.slice(1, 8)}-${look.width}-${look.theme}`);
      await context.close();
    }
  }
});
