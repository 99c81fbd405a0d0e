import { expect, inject, it } from 'vitest';
import { findBarriers, lookAt, overflowOf, takePicture, waitUntilSettled } from '../helpers/page.js';

const year = new Date(Date.now() + 7 * 3_600_000).getUTCFullYear();
const BINH_DUONG = '/entity/GSO-2004/74?round=PROVINCE-2022';

interface Answer {
  readonly data: {
    readonly entity: {
      readonly index: { readonly value: number; readonly contributions: readonly { readonly value: number }[] };
      readonly invoices: {
        readonly provenance: {
          readonly chosen: { readonly rowHash: string; readonly page: number; readonly row: number };
          readonly candidates: readonly { readonly reason: string }[];
        };
      };
    };
  };
}

async function askGraph(): Promise<Answer['data']['entity']> {
  const answer = await fetch(`${inject('platformUrl')}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `{ entity(codeSystem: "GSO-2004", code: "74") {
        index: score(round: "PROVINCE-2022") { value contributions { value } }
        invoices: score(round: "PROVINCE-2022", measure: "ECO_ACTIVITY.08") {
          provenance { chosen { rowHash page row } candidates { reason } }
        }
      } }`,
    }),
  });
  return ((await answer.json()) as Answer).data.entity;
}

it('leads from the score of Bình Dương down to the row of its source, losers and reasons included', async () => {
  const told = await askGraph();
  const { page, strangers, complaints } = await lookAt(BINH_DUONG, {
    language: 'en',
    token: inject('integratorToken'),
  });
  await page.getByRole('heading', { level: 1, name: 'Binh Duong' }).waitFor();
  await page.getByText('19 of 63', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Ho Chi Minh City' }).waitFor();
  const sum = await page.locator('.contributions tfoot strong').textContent();
  expect(Number(sum)).toBe(told.index.value);
  const parts = told.index.contributions.reduce((total, { value }) => total + Math.round(value * 1e12), 0);
  expect(parts).toBe(Math.round(told.index.value * 1e12));
  expect(await page.locator('.contributions tbody tr').count()).toBe(told.index.contributions.length);

  await page.locator('.contributions').getByRole('button', { name: 'Digital economy activities' }).click();
  const invoices = page
    .locator('.contributions')
    .getByRole('button', { name: 'Enterprises issuing electronic invoices' });
  await invoices.focus();
  await page.keyboard.press('Enter');
  const why = page.locator('#why');
  const { chosen, candidates } = told.invoices.provenance;
  await why.getByText(chosen.rowHash).first().waitFor();
  await why
    .getByText(`page ${chosen.page + 1}, row ${chosen.row + 1}`)
    .first()
    .waitFor();
  await why.getByText('HIGHEST_PRECEDENCE').waitFor();
  await why.getByText('LOWER_PRECEDENCE').waitFor();
  await why.getByText(`Figures that were not chosen (${candidates.length - 1})`).waitFor();
  expect(new URL(page.url()).searchParams.get('why')).toBe('ECO_ACTIVITY.08');

  await why.getByRole('button', { name: 'Show the raw page' }).first().click();
  await why.getByRole('region', { name: `Row ${chosen.row + 1}` }).waitFor();
  expect(new URL(page.url()).searchParams.get('page')).not.toBeNull();
  expect(await findBarriers(page)).toEqual([]);
  await page.goBack();
  await page.locator('.contributions').getByText('What Digital economy activities is made of').waitFor();
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);
});

it('fits windows from 360 to 2560 pixels, and two pages of paper', async () => {
  const looks = [
    { width: 360, theme: 'dark', language: 'vi' },
    { width: 1280, theme: 'light', language: 'en' },
    { width: 2560, theme: 'dark', language: 'vi' },
  ] as const;
  for (const look of looks) {
    const { page, context } = await lookAt(`${BINH_DUONG}&why=ECO_ACTIVITY.08`, look);
    await page.locator('.losers').waitFor();
    await page.locator('.profile-strips svg').first().waitFor();
    const counted = page
      .locator('#why')
      .getByText(
        look.language === 'vi'
          ? '(Số doanh nghiệp sử dụng hóa đơn điện tử ÷ Số doanh nghiệp đang hoạt động)'
          : '(Enterprises issuing e-invoices ÷ Active enterprises)',
      );
    expect(await counted.locator('[lang]').count()).toBe(look.language === 'vi' ? 0 : 2);
    expect(await overflowOf(page), String(look.width)).toBe(0);
    expect(await findBarriers(page), String(look.width)).toEqual([]);
    await takePicture(page, `profile-${look.width}-${look.theme}`);
    await context.close();
  }
  const { page } = await lookAt(BINH_DUONG, { language: 'vi' });
  await page.locator('.contributions').waitFor();
  await page.locator('.profile-strips svg').first().waitFor();
  await waitUntilSettled(page);
  const paper = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  expect(paper.match(/\/Type\s*\/Page\b/g)?.length).toBeLessThanOrEqual(2);
});

it('tells the change that the ranking tells, warns of a code with another meaning only, and knows an entity by its key', async () => {
  const { page } = await lookAt('/entity/GSO-2025:46', { language: 'en' });
  await page.getByRole('heading', { level: 1, name: 'Hue' }).waitFor();
  await page.getByText('Change since 2023*').waitFor();
  // The arrow is the sign: no other stands before the places.
  expect(await page.locator('.profile-headline').textContent()).toMatch(/[▲▼]\s\d+ places?|same rank/);
  await page.getByText('* Before the mergers: plain mean of the predecessor provinces').waitFor();
  expect(await page.getByText('Code 46 in GSO-2004').count()).toBe(0);
  await page.goto(`${inject('platformUrl')}/entity/GSO-2025/15`);
  await page.getByText('Code 15 in GSO-2004 means Yen Bai').waitFor();
  for (const [path, heading] of [
    ['/entity/GSO-2025:999', 'There is no entity GSO-2025:999.'],
    ['/?round=PROVINCE-9999', 'There is no round PROVINCE-9999.'],
  ] as const) {
    await page.goto(`${inject('platformUrl')}${path}`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await expect.poll(() => page.title()).toContain(heading);
  }
});

it('shows one state everywhere while scores move: the headline, the years and what the score is made of', async () => {
  const { page, complaints } = await lookAt(`/entity/GSO-2025/79?round=PROVINCE-${year}`, { language: 'en' });
  const years = page.getByRole('figure', { name: /over the years/ });
  await years.getByRole('button', { name: 'Show as a table' }).click();
  await years.locator('tbody tr').first().waitFor();
  // Every state that the page ever shows, not only those that a test happens to see.
  await page.evaluate(`{
    const textOf = (all, selector) => [...all.querySelectorAll(selector)].at(-1)?.textContent ?? '';
    const read = () => [
      textOf(document, '.profile-headline dl > div:nth-child(2) .profile-figure'),
      textOf([...document.querySelectorAll('.chart')].find((chart) => chart.querySelector('tbody td.number')), 'tbody tr:last-child td.number:nth-child(3)'),
      textOf(document, '.why-value'),
    ].join(' ');
    window.states = [read()];
    new MutationObserver(() => states.at(-1) === read() || states.push(read()))
      .observe(document.querySelector('.profile'), { subtree: true, childList: true, characterData: true });
  }`);
  const readStates = () => page.evaluate<readonly string[]>('states');
  await expect.poll(async () => (await readStates()).length).toBeGreaterThan(2);
  for (const state of await readStates()) expect(state).toMatch(/^(\d\.\d{4}) \1 \1 /);
  expect(complaints).toEqual([]);
});
