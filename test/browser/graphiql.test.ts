import type { Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { readExamples } from '../../src/server/graphiql.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { lookAt, takePicture } from '../helpers/page.js';

const year = new Date(Date.now() + 7 * 3_600_000).getUTCFullYear();
const VARIABLES = {
  published: 'PROVINCE-2022',
  open: `PROVINCE-${year}`,
  moment: new Date().toISOString(),
  since: null,
};

const examples = await readExamples('examples/query');

describe('every example', () => {
  it.each(examples)('$name is answered by the running platform', async ({ text }) => {
    const url = inject('platformUrl');
    const asked = Object.entries(VARIABLES).filter(([name]) => text.includes(`$${name}:`));
    const variables = Object.fromEntries(asked);
    if (text.includes('subscription ')) {
      const socket = await GraphqlSocket.connect(url);
      const event = await socket.next({ id: socket.subscribe(text, variables) });
      expect([event.type, event.payload.errors]).toEqual(['next', undefined]);
      await socket.close();
    } else {
      const { data, errors } = await postGraphql(url, text, variables);
      expect(errors).toBeUndefined();
      expect(JSON.stringify(data).length).toBeGreaterThan(30);
    }
  });
});

it('the editor fills in a moment at which the published round had its result', async () => {
  const url = inject('platformUrl');
  const page = await (await fetch(`${url}/graphiql?example=data-team/asOf`)).text();
  const moment = /moment\\?": \\?"([^"\\]+)/.exec(page)?.[1];
  const example = examples.find(({ name }) => name === 'data-team/asOf');
  const { errors } = await postGraphql(url, example?.text ?? '', { ...VARIABLES, moment });
  expect([moment !== undefined, errors]).toEqual([true, undefined]);
});

it('GraphiQL runs an example and a subscription, and asks no other host', async () => {
  const { page, strangers, complaints } = await lookAt('/graphiql', { language: 'en' });
  await execute(page, 'totalCount');
  await takePicture(page, 'graphiql');
  await page.getByLabel('Examples').selectOption('dashboard/rankingLive');
  await page.waitForURL(/example=dashboard/);
  await execute(page, 'previousRank');
  await takePicture(page, 'graphiql-live');
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);
});

/** How long a press may wait for its button, which has another name while a subscription goes on, and then stops it. */
const PRESS = { timeout: 2_000 };

/** Presses the button until the answer is there: the editor takes no notice of it before it has read the schema. */
async function execute(page: Page, expected: string): Promise<void> {
  const button = page.getByRole('button', { name: /execute/i });
  const answer = async () => {
    const shown = await page.locator('.result-window').textContent();
    if (!shown?.includes(expected) && (await button.isVisible())) await button.click(PRESS).catch(() => undefined);
    return shown;
  };
  await expect.poll(answer, { interval: 500 }).toContain(expected);
}
