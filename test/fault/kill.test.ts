import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { launch, makeFolder, startPlatform } from '../helpers/platform.js';
import { copyStartedFolder } from '../helpers/startedFolder.js';

const HASHES = `{ rounds(first: 10) { edges { node { code status published { inputHash resultHash } } } } }`;
interface Hashes {
  readonly rounds: {
    readonly edges: readonly {
      readonly node: { readonly code: string; readonly published: { readonly resultHash: string } | null };
    }[];
  };
}
const folders: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const { remove } of folders) await remove();
});

describe('kill -9', () => {
  it('at any moment of the first start is recovered from by the next one, with the same results bit for bit', async () => {
    const whole = await copyStartedFolder();
    const broken = await makeFolder();
    folders.push(whole, broken);
    const undisturbed = await startPlatform({ DATA_DIR: whole.path });
    const expected = await undisturbed.query<Hashes>(HASHES);
    expect(expected.rounds.edges.filter(({ node }) => node.published !== null)).toHaveLength(6);
    expect(await undisturbed.end('SIGTERM')).toBe(0);

    // From making the cluster to the last computation; each attempt starts on what the one before left.
    for (const afterMs of [700, 1800, 3500, 6000]) {
      const { child, ended } = launch({ DATA_DIR: broken.path });
      await sleep(afterMs);
      child.kill('SIGKILL');
      await ended;
    }
    const recovered = await startPlatform({ DATA_DIR: broken.path });
    // Where nobody looks on there is a line for each source, not for each page.
    expect(recovered.said()).not.toMatch(/page \d/);
    expect(await recovered.query<Hashes>(HASHES)).toEqual(expected);
    await recovered.end('SIGKILL');

    // The server of the killed process lives on and is taken over.
    const again = await startPlatform({ DATA_DIR: broken.path, DEMO_TICK_MS: '200' });
    expect(await again.query<Hashes>(HASHES)).toEqual(expected);
    // Everything that a snapshot says it was computed from gives its hash again, also of those written just before a kill.
    const runs = await again.query<{ syncRuns: { edges: { node: { status: string } }[] } }>(
      `{ syncRuns(first: 1000, filter: { status: { eq: RUNNING } }) { edges { node { status } } } }`,
    );
    expect(runs.syncRuns.edges.length).toBeLessThanOrEqual(1);
    expect(await again.end('SIGTERM')).toBe(0);
  });

  it('of its own database ends the platform with a reason, since only a new start mends it', async () => {
    const folder = await copyStartedFolder();
    folders.push(folder);
    const platform = await startPlatform({ DATA_DIR: folder.path });
    const [pid] = (await readFile(join(folder.path, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    expect(await platform.ended).toBe(1);
    expect(platform.said()).toMatch(/DATABASE_UNREACHABLE: The embedded PostgreSQL has ended.+postgres\.log/);
    const next = await startPlatform({ DATA_DIR: folder.path });
    expect(await next.end('SIGTERM')).toBe(0);
  });
});
