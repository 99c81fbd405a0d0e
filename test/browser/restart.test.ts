import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/store/embedded.js';
import { postGraphql } from '../helpers/graphqlClient.js';
import { lookAt, takePicture } from '../helpers/page.js';
import { startPlatform } from '../helpers/platform.js';
import { copyStartedFolder } from '../helpers/startedFolder.js';

const PATIENCE = { timeout: 90_000, interval: 250 };
const year = new Date(Date.now() + 7 * 3_600_000).getUTCFullYear();
const ROUND = `PROVINCE-${year}`;

interface Event {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
}

it('survives the end of its gateway: says that figures are old, comes back by itself, and has neither gap nor repeat', {
  timeout: 400_000,
}, async () => {
  // A platform of its own, since others look at that of all browser tests meanwhile.
  const folder = await copyStartedFolder();
  onTestFinished(folder.remove);
  const place = { DATA_DIR: folder.path, DEMO_TICK_MS: '1500', PORT: String(await freePort()) };
  let platform = await startPlatform(place);
  onTestFinished(async () => void (await platform.end('SIGTERM')));
  const { url } = platform;
  const { page } = await lookAt('about:blank', {}, url);
  const events: Event[] = [];
  const sinces: (string | null)[] = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const { type, payload: body } = JSON.parse(String(payload));
      if (type === 'subscribe') sinces.push(body.variables.since ?? null);
    });
    socket.on('framereceived', ({ payload }) => {
      const event = JSON.parse(String(payload)).payload?.data?.rankingUpdates;
      if (event) events.push(event);
    });
  });
  await page.goto(`${url}/?round=${ROUND}&lang=en`);
  await expect.poll(() => events.length, PATIENCE).toBeGreaterThan(1);
  const sincesBefore = sinces.length;

  await platform.end('SIGKILL');
  await page.getByText('Connection lost').waitFor();
  await page.getByText('Figures as of').waitFor();
  await takePicture(page, 'connection-lost');
  const before = events.length;
  platform = await startPlatform(place);
  await expect.poll(() => events.length, PATIENCE).toBeGreaterThan(before + 1);
  await page.getByText('Connection lost').waitFor({ state: 'detached' });

  expect(sinces.slice(sincesBefore)).toContain(events[before - 1]?.revision);
  for (const [index, event] of events.entries()) {
    if (index > 0 && !event.complete) expect(event.previousRevision).toBe(events[index - 1]?.revision);
    if (index > 0) expect(BigInt(event.revision)).toBeGreaterThan(BigInt(events[index - 1]?.revision ?? 0));
  }
  // What the table shows is what the graph says at the revision that it has.
  await expect
    .poll(async () => [await shown(), await asked(events.at(-1)?.revision)], PATIENCE)
    .toSatisfy(([table, graph]) => JSON.stringify(table) === JSON.stringify(graph) && table.length === 34);

  async function shown(): Promise<readonly string[]> {
    const text = (name: string) => page.locator(`tr[data-id] .${name}`).allInnerTexts();
    const [ranks, values] = await Promise.all([text('cell-rank'), text('cell-value')]);
    return ranks.map((rank, index) => `${rank.trim()} ${values[index]?.trim()}`);
  }
  async function asked(revision: string | undefined): Promise<readonly string[]> {
    const document = `query ($revision: String) { ranking(round: "${ROUND}", first: 100, at: { asOf: { revision: $revision } }) { edges { node { rank score { value } } } } }`;
    const { data } = await postGraphql(url, document, { revision });
    const four = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 4, maximumFractionDigits: 4 });
    return data.ranking.edges.map(
      ({ node }: { node: { rank: number; score: { value: number } } }) =>
        `${node.rank} ${four.format(node.score.value)}`,
    );
  }
});
