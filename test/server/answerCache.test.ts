import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import type { Reading } from '../../src/graph/volatile.js';
import { Answer, AnswerCache } from '../../src/server/answerCache.js';
import type { RevisionFeed } from '../../src/store/feed.js';
import type { Revision, RevisionKind } from '../../src/store/revision.js';

/** A feed that shows what the test says, in the two steps of the real one: it asks its followers, then moves its head. */
class Feed {
  head = 1;
  #handle: ((revision: Revision) => void | Promise<void>) | null = null;

  onRevision(handle: (revision: Revision) => void | Promise<void>): void {
    this.#handle = handle;
  }

  announce(kind: RevisionKind): void {
    const committedAt = new Date(0);
    void this.#handle?.({ id: this.head + 1, kind, roundIds: [], sourceId: null, snapshotId: null, committedAt });
  }

  show(kind: RevisionKind): void {
    this.announce(kind);
    this.head += 1;
  }
}

function open(bytes = 100_000) {
  const feed = new Feed();
  const cache = new AnswerCache(bytes);
  const shown = feed as unknown as RevisionFeed;
  cache.headOf('RESULTS', shown);
  const make =
    (text: string, reading: Reading = 'RESULTS') =>
    async () =>
      new Answer(Buffer.from(text), cache.headOf(reading, shown), reading, '1');
  const ask = async (meaning: string, text: string, reading: Reading = 'RESULTS') =>
    cache.share(meaning, cache.headOf(reading, shown), make(text, reading));
  const recall = (meaning: string) => cache.byMeaning(meaning, shown)?.bytes.toString() ?? null;
  return { feed, cache, shown, ask, recall };
}

it('keeps what tells of results while observations come, and forgets it with a snapshot', async () => {
  const { feed, ask, recall } = open();
  await ask('q', 'old');
  await ask('all', 'old', 'EVERYTHING');
  feed.show('OBSERVATIONS');
  expect([recall('q'), recall('all')]).toEqual(['old', null]);
  feed.show('SOURCE');
  expect(recall('q')).toBe('old');
  for (const kind of ['SNAPSHOT', 'ROUND', 'REFERENCE'] as const) {
    feed.show(kind);
    expect(recall('q')).toBeNull();
    await ask('q', kind);
    expect(recall('q')).toBe(kind);
  }
});

it('knows the newest revision of results, however many came while nobody asked', async () => {
  const { feed, cache, shown } = open();
  for (let count = 0; count < 100; count += 1) feed.show(count === 60 ? 'SNAPSHOT' : 'OBSERVATIONS');
  expect(cache.headOf('RESULTS', shown)).toBe(62);
  expect(cache.headOf('EVERYTHING', shown)).toBe(101);
});

it('does not keep an answer of before a revision under a revision that is only announced', async () => {
  const { feed, ask, recall } = open();
  feed.announce('SNAPSHOT');
  await ask('q', 'old');
  expect(recall('q')).toBe('old');
  feed.head += 1;
  expect(recall('q')).toBeNull();
});

it('distrusts a revision that it was not asked about', async () => {
  const { feed, ask, recall } = open();
  await ask('q', 'old');
  feed.head += 1;
  expect(recall('q')).toBeNull();
});

it('lets equal questions wait for one answer, and does not give an older one to later questions', async () => {
  const { feed, cache, shown, ask, recall } = open();
  let finish: (answer: Answer) => void = () => undefined;
  const revision = cache.headOf('RESULTS', shown);
  const slow = cache.share('q', revision, () => new Promise<Answer>((resolve) => (finish = resolve)));
  const other = cache.share('q', revision, () => Promise.reject(new Error('made twice')));
  feed.show('SNAPSHOT');
  expect((await ask('q', 'new'))?.bytes.toString()).toBe('new');
  finish(new Answer(Buffer.from('old'), revision, 'RESULTS', '1'));
  expect((await slow)?.bytes.toString()).toBe('old');
  expect(await other).toBe(await slow);
  expect(recall('q')).toBe('new');
  expect(cache.lookups).toMatchObject({ shared: 1, misses: 2 });
});

it('keeps nothing of before it was cleared', async () => {
  const { cache, shown, recall } = open();
  let finish: (answer: Answer) => void = () => undefined;
  const slow = cache.share('q', 1, () => new Promise<Answer>((resolve) => (finish = resolve)));
  cache.clear();
  finish(new Answer(Buffer.from('old'), cache.headOf('RESULTS', shown), 'RESULTS', '1'));
  await slow;
  expect(recall('q')).toBeNull();
});

it('stays within its room, texts of requests included, and forgets what was not asked for longest', async () => {
  const { cache, ask, recall } = open();
  for (let at = 0; at < 200; at += 1) {
    await ask(`q${at}`, 'x'.repeat(1000));
    cache.learn(`text ${at} ${'y'.repeat(500)}`, `q${at}`);
    recall('q0');
    expect(cache.weight).toBeLessThanOrEqual(100_000);
  }
  expect([recall('q0') !== null, recall('q1'), recall('q199') !== null]).toEqual([true, null, true]);
  await ask('large', 'x'.repeat(200_000));
  expect(recall('large')).toBeNull();
});

it('keeps no answer without room', async () => {
  const { ask, recall } = open(0);
  await ask('q', 'x');
  expect(recall('q')).toBeNull();
});
