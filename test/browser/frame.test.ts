import { expect, it } from 'vitest';
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

it('fits windows from 360 to 2560 pixels in both themes', async () => {
  for (const width of [360, 1280, 2560]) {
    for (const theme of ['light', 'dark'] as const) {
      const { page } = await lookAt('/', { width, theme, language: width === 1280 ? 'en' : 'vi' });
      await page.getByRole('table').first().waitFor();
      expect(await overflowOf(page), `${width} ${theme}`).toBe(0);
      expect(await findBarriers(page), `${width} ${theme}`).toEqual([]);
      await takePicture(page, `frame-${width}-${theme}`);
    }
  }
});
