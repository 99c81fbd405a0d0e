import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GraphqlSocket } from '../helpers/graphqlClient.js';
import { type PlatformProcess, startPlatform } from '../helpers/platform.js';
import { copyStartedFolder } from '../helpers/startedFolder.js';

const DOCUMENT = join(import.meta.dirname, '../graph/contract/ranking-updates.graphql');

interface Row {
  readonly rank: number | null;
  readonly value: number | null;
  readonly previousValue: number | null;
  readonly entity: { readonly code: string };
}
interface Update {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
  readonly rows: readonly Row[];
}

let folder: { path: string; remove(): Promise<void> } | undefined;
let running: PlatformProcess | undefined;
afterAll(async () => {
  await running?.end('SIGKILL');
  await folder?.remove();
});

/** A client that keeps the ranking as the updates tell it, and checks the chain of revisions. */
class Follower {
  readonly values = new Map<string, number | null>();
  revision = '';
  updates = 0;

  take(update: Update): void {
    if (!update.complete) {
      expect(update.previousRevision).toBe(this.revision);
      expect(BigInt(update.revision) > BigInt(this.revision)).toBe(true);
      expect(update.rows.length).toBeGreaterThan(0);
      for (const row of update.rows) expect(row.previousValue).toBe(this.values.get(row.entity.code));
    } else this.values.clear();
    for (const row of update.rows) this.values.set(row.entity.code, row.value);
    this.revision = update.revision;
    this.updates += 1;
  }
}

async function follow(
  platform: PlatformProcess,
  follower: Follower,
  variables: Record<string, unknown>,
  count: number,
) {
  const query = await readFile(DOCUMENT, 'utf8');
  const socket = await GraphqlSocket.connect(platform.url);
  const id = socket.subscribe(query, variables);
  for (let taken = 0; taken < count; taken += 1) {
    const message = await socket.next({ id });
    expect(message.payload.errors).toBeUndefined();
    follower.take(message.payload.data.rankingUpdates as Update);
  }
  await socket.close();
}

describe('a dashboard on the live round', () => {
  it('gets the state, then every change, and resumes without a gap after the platform was killed', async () => {
    folder = await copyStartedFolder();
    const environment = { DATA_DIR: folder.path, DEMO_TICK_MS: '300' };
    running = await startPlatform(environment);
    const { rounds } = await running.query<{ rounds: { edges: { node: { code: string; status: string } }[] } }>(
      '{ rounds(first: 10) { edges { node { code status } } } }',
    );
    const round = rounds.edges.find(({ node }) => node.status === 'OPEN')?.node.code;
    const follower = new Follower();
    await follow(running, follower, { round }, 4);
    expect(follower.values.size).toBe(34);

    await running.end('SIGKILL');
    running = await startPlatform(environment);
    await follow(running, follower, { round, since: follower.revision }, 3);

    // What was put together from events is what a query says as of the same revision.
    const { ranking } = await running.query<{
      ranking: { edges: { node: { entity: { code: string }; score: { value: number } } }[] };
    }>(
      `query ($round: String!, $revision: String!) {
        ranking(round: $round, first: 100, at: { asOf: { revision: $revision } }) { edges { node { entity { code } score { value } } } }
      }`,
      { round, revision: follower.revision },
    );
    const asked = ranking.edges.map(({ node }) => [node.entity.code, node.score.value] as const);
    expect(new Map(asked)).toEqual(follower.values);
    expect(follower.updates).toBe(7);
    expect(await running.end('SIGTERM')).toBe(0);
  });
});
