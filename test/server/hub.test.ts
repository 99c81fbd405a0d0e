import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Numbers, openHub, operationOf, Span, type Subscriber } from './hubStage.js';

const eventually = <T>(read: () => T | Promise<T>, options: { timeout?: number; interval?: number } = {}) =>
  expect.poll(read, { timeout: 60_000, interval: 10, ...options });
const spans = ({ read }: Subscriber) => read.map(({ payload }) => `${payload?.data.from}-${payload?.data.to}`);
const crowd = <T>(size: number, make: (at: number) => T) => Array.from({ length: size }, (_, at) => make(at));

describe('equal subscriptions', () => {
  it('that come at once are told the state by one execution, and each change by one more', async () => {
    const { hub, feed, join } = await openHub();
    const field = new Span();
    const all = await Promise.all(
      crowd(50, (at) => join(operationOf(field), null, at % 2 === 0 ? '1' : `id-${at}-“ä”`)),
    );
    await eventually(() => all.every(({ read }) => read.length === 1)).toBe(true);
    expect(hub.state).toMatchObject({ members: 50, groups: 1, executions: 1, deliveries: 50 });
    await feed.announce();
    await eventually(() => all.every(({ read }) => read.length === 2)).toBe(true);
    expect(hub.state).toMatchObject({ executions: 2, deliveries: 100 });
    for (const [at, each] of all.entries()) {
      expect(spans(each)).toEqual(['null-1', '1-2']);
      expect(each.read[0]).toMatchObject({ id: at % 2 === 0 ? '1' : `id-${at}-“ä”`, type: 'next' });
    }
  });

  it('that come one after another between two revisions share what was told', async () => {
    const { hub, feed, join } = await openHub();
    const field = new Span();
    for (let at = 0; at < 5; at += 1) {
      const { read } = await join(operationOf(field));
      await eventually(() => read.length).toBe(1);
    }
    expect(hub.state.executions).toBe(1);
    await feed.announce(7);
    await eventually(() => hub.state.working).toBe(0);
    const late = await join(operationOf(field));
    await eventually(() => late.read.length).toBe(1);
    // A revision that does not concern them may still change what their selection shows.
    expect(hub.state.executions).toBe(2);
  });

  it('with the same revision are told the same, each revision once, and then go on together', async () => {
    const { hub, feed, join } = await openHub();
    for (let at = 0; at < 9; at += 1) await feed.announce();
    const field = new Span();
    const all = await Promise.all(crowd(30, (at) => join(operationOf(field), [null, 4, 7][at % 3])));
    await eventually(() => all.every(({ read }) => read.length === 1)).toBe(true);
    expect(hub.state.executions).toBe(3);
    expect(new Set(all.flatMap(spans))).toEqual(new Set(['null-10', '4-10', '7-10']));
    field.asked.length = 0;
    await feed.announce();
    await eventually(() => all.every(({ read }) => read.length === 2)).toBe(true);
    expect(field.asked).toEqual(['10-11']);
    expect(new Set(all.map((each) => spans(each)[1]))).toEqual(new Set(['10-11']));
  });

  it('who is up to date is told nothing, and who knows more than this process waits for it', async () => {
    const { feed, join } = await openHub();
    const [current, ahead] = [await join(operationOf(new Span(), 'a'), 1), await join(operationOf(new Span(), 'b'), 2)];
    await feed.announce();
    await eventually(() => spans(current)).toEqual(['1-2']);
    expect(spans(ahead)).toEqual([]);
    await feed.announce();
    await eventually(() => spans(ahead)).toEqual(['2-3']);
  });

  it('who has a revision of another history is told the whole state, however far the head has come', async () => {
    const { feed, join } = await openHub();
    for (let at = 0; at < 9; at += 1) await feed.announce();
    feed.lost.add(5);
    const field = new Span();
    const [kept, lost] = [await join(operationOf(field), 4), await join(operationOf(field), 5)];
    await eventually(() => [spans(kept), spans(lost)]).toEqual([['4-10'], ['null-10']]);
    await feed.announce();
    await eventually(() => [spans(kept), spans(lost)]).toEqual([
      ['4-10', '10-11'],
      ['null-10', '10-11'],
    ]);
  });

  it('with more invented revisions than anybody has are told the whole state together', async () => {
    const { hub, feed, join } = await openHub();
    for (let at = 0; at < 99; at += 1) await feed.announce();
    const all = await Promise.all(crowd(60, (at) => join(operationOf(new Span()), at + 1)));
    await eventually(() => all.every(({ read }) => read.length === 1)).toBe(true);
    expect(hub.state.executions).toBeLessThan(25);
  });

  it('that do not concern a revision are not woken', async () => {
    const { feed, join } = await openHub();
    const [one, other] = [new Span('', 1), new Span('', 2)];
    const [first, second] = [await join(operationOf(one, 'one')), await join(operationOf(other, 'other'))];
    await eventually(() => [first.read.length, second.read.length]).toEqual([1, 1]);
    await feed.announce(2);
    await eventually(() => spans(second)).toEqual(['null-1', '1-2']);
    expect(one.asked).toEqual(['null-1']);
    await feed.announce(1);
    await eventually(() => spans(first)).toEqual(['null-1', '1-3']);
  });

  it('leave no trace when the last one has left, also while it is being told', async () => {
    const { hub, feed, join } = await openHub();
    const field = new Span();
    let go: () => void = () => undefined;
    const [stays, leaves] = [await join(operationOf(field)), await join(operationOf(field))];
    await eventually(() => leaves.read.length).toBe(1);
    field.pause = new Promise((resolve) => (go = resolve));
    await feed.announce();
    await eventually(() => field.asked).toContain('1-2');
    leaves.leave();
    go();
    await eventually(() => stays.read.length).toBe(2);
    expect(leaves.read).toHaveLength(1);
    stays.socket.close();
    await eventually(() => hub.state).toMatchObject({ members: 0, groups: 0, working: 0 });
  });

  it('are told again what was missed while telling took its time', async () => {
    const { feed, join } = await openHub();
    const field = new Span();
    const one = await join(operationOf(field));
    await eventually(() => one.read.length).toBe(1);
    let go: () => void = () => undefined;
    field.pause = new Promise((resolve) => (go = resolve));
    await feed.announce();
    await eventually(() => field.asked).toContain('1-2');
    for (let at = 0; at < 3; at += 1) await feed.announce();
    field.pause = null;
    go();
    await eventually(() => spans(one)).toEqual(['null-1', '1-2', '2-5']);
  });

  it('end in order when the feed ends', async () => {
    const { hub, feed, join } = await openHub();
    const one = await join(operationOf(new Span()));
    await eventually(() => one.read.length).toBe(1);
    await feed.close();
    await eventually(() => one.ends).toEqual(['in order']);
    expect(hub.state.groups).toBe(0);
  });
});

describe('a flow', () => {
  it('is followed once for all who watch it, told in order, and completes all of them', async () => {
    const { hub, join } = await openHub();
    const numbers = new Numbers();
    const all = await Promise.all(crowd(20, (at) => join(operationOf(numbers, `selection ${at % 2}`))));
    numbers.add(1);
    await eventually(() => all.every(({ read }) => read.length === 1)).toBe(true);
    numbers.add(3);
    const late = await join(operationOf(numbers, 'selection 0'));
    await eventually(() => all.every(({ read }) => read.length === 4)).toBe(true);
    await eventually(() => spans(late)).toEqual(['null-4']);
    expect([hub.state.groups, numbers.followed]).toEqual([2, 1]);
    numbers.finish();
    await eventually(() => [...all, late].map(({ ends }) => ends.join())).toEqual(crowd(21, () => 'in order'));
    expect(new Set(all.map((each) => spans(each).join()))).toEqual(new Set(['null-1,null-2,null-3,null-4']));
    expect(hub.state).toMatchObject({ members: 0, groups: 0 });
  });

  it('that fails is followed again, and loses nothing', async () => {
    const { failures, join } = await openHub();
    const numbers = new Numbers();
    numbers.failures = 2;
    const one = await join(operationOf(numbers));
    numbers.add(2);
    await eventually(() => spans(one)).toEqual(['null-2']);
    expect([numbers.followed, failures.length]).toEqual([3, 2]);
  });

  it('is let go with the last who watches it', async () => {
    const { hub, join } = await openHub();
    const numbers = new Numbers();
    const [one, other] = [await join(operationOf(numbers, 'a')), await join(operationOf(numbers, 'b'))];
    one.leave();
    other.leave();
    expect(hub.state.groups).toBe(0);
    await join(operationOf(numbers, 'a'));
    await eventually(() => numbers.followed).toBe(2);
  });
});

describe('viewers', () => {
  it('of different scope are never in one group, whatever the key says', async () => {
    const { hub, join } = await openHub();
    const field = new Span();
    await join(operationOf(field, 'same', 'public'));
    await expect(join(operationOf(field, 'same', 'admin'))).rejects.toThrow('different viewers');
    expect(hub.state).toMatchObject({ members: 1, groups: 1 });
  });
});

describe('a subscription that fails', () => {
  it('is tried again without loss, and nobody else notices', async () => {
    const { feed, failures, join } = await openHub({ retryMs: 1_000 });
    const [broken, sound] = [new Span(), new Span()];
    const [one, other] = [await join(operationOf(broken, 'broken')), await join(operationOf(sound, 'sound'))];
    await eventually(() => [one.read.length, other.read.length]).toEqual([1, 1]);
    broken.failure = new Error('the database restarts');
    await feed.announce();
    await eventually(() => failures.length).toBeGreaterThan(0);
    broken.failure = null;
    await eventually(() => [spans(one), spans(other)]).toEqual([
      ['null-1', '1-2'],
      ['null-1', '1-2'],
    ]);
  });

  it('for good ends with an error of its own; the socket and its other subscriptions stay', async () => {
    const { hub, feed, join } = await openHub();
    const [broken, sound] = [new Span(), new Span()];
    broken.failure = new Error('always');
    const [one, other] = [
      await join(operationOf(broken, 'broken'), null, 'a'),
      await join(operationOf(sound, 'sound')),
    ];
    await eventually(() => one.ends).toEqual(['silently']);
    await eventually(() => one.read).toEqual([{ id: 'a', type: 'error', payload: [{ message: 'Error: always' }] }]);
    expect(one.socket.readyState).toBe(one.socket.OPEN);
    expect(hub.state).toMatchObject({ members: 1, groups: 1 });
    await feed.announce();
    await eventually(() => spans(other)).toEqual(['null-1', '1-2']);
  });

  it('because its execution or its filter throws touches nobody else', async () => {
    const { feed, join } = await openHub();
    const field = new Span();
    field.concerns = () => {
      throw new Error('no filter');
    };
    const throwing = { ...operationOf(field, 'filter') };
    const failing = { ...operationOf(new Span(), 'execution'), execute: () => Promise.reject(new Error('no answer')) };
    const [one, two, three] = [await join(throwing), await join(failing), await join(operationOf(new Span(), 'sound'))];
    await eventually(() => two.read[0]?.type).toBe('error');
    await feed.announce();
    await eventually(() => [spans(one), spans(three)]).toEqual([
      ['null-1', '1-2'],
      ['null-1', '1-2'],
    ]);
  });

  it('because its socket breaks touches nobody else', async () => {
    const { hub, feed, join } = await openHub();
    const field = new Span();
    const [broken, sound] = [await join(operationOf(field)), await join(operationOf(field))];
    await eventually(() => [broken.read.length, sound.read.length]).toEqual([1, 1]);
    broken.peer.raw.write = () => {
      throw new Error('broken');
    };
    await feed.announce();
    await eventually(() => spans(sound)).toEqual(['null-1', '1-2']);
    await eventually(() => hub.state.members).toBe(1);
  });
});

describe('a client that does not read', () => {
  const FILLER = 'x'.repeat(200_000);

  it('is left out, holds up nobody, and is told the whole state when it has read', async () => {
    const { hub, feed, join } = await openHub({ lagBytes: 400_000 });
    const field = new Span(FILLER);
    const [slow, quick] = [await join(operationOf(field)), await join(operationOf(field))];
    await eventually(() => [slow.read.length, quick.read.length]).toEqual([1, 1]);
    slow.socket.pause();
    const sentBefore = hub.state.deliveries;
    for (let at = 0; at < 100; at += 1) {
      await feed.announce();
      await eventually(() => quick.read.length, { interval: 1 }).toBe(at + 2);
    }
    expect(hub.state).toMatchObject({ members: 2, lagging: 1, lags: 1 });
    expect(hub.state.deliveries - sentBefore).toBeLessThan(200);
    expect(slow.peer.unreadBytes).toBeLessThan(1_000_000);
    slow.socket.resume();
    await eventually(() => spans(slow).at(-1)).toBe('null-101');
    expect(hub.state).toMatchObject({ lagging: 0, members: 2 });
    expect(spans(quick)).toEqual(['null-1', ...crowd(100, (at) => `${at + 1}-${at + 2}`)]);
    await feed.announce();
    await eventually(() => [spans(slow).at(-1), spans(quick).at(-1)]).toEqual(['101-102', '101-102']);
    expect(slow.read.length).toBeLessThan(102);
  });

  it('is cut when it leaves too much unread', async () => {
    const { hub, feed, join } = await openHub({ lagBytes: 100_000, cutBytes: 300_000 });
    const field = new Span('x'.repeat(20_000_000));
    const [slow, quick] = [await join(operationOf(new Span(), 'small')), await join(operationOf(new Span(), 'small'))];
    const large = await join(operationOf(field, 'large'), 1);
    large.socket.pause();
    await feed.announce();
    await eventually(() => large.peer.unreadBytes).toBeGreaterThan(300_000);
    await feed.announce();
    expect(await once(large.peer.socket, 'close')).toBeTruthy();
    await eventually(() => hub.state).toMatchObject({ cuts: 1, members: 2, groups: 1, lagging: 0 });
    await eventually(() => [spans(slow).at(-1), spans(quick).at(-1)]).toEqual(['2-3', '2-3']);
  });

  it('among many, in a flood, leaves everything as it was', async () => {
    const { hub, feed, join } = await openHub({ lagBytes: 400_000 });
    const fields = crowd(4, () => new Span(FILLER));
    const all = await Promise.all(crowd(24, (at) => join(operationOf(fields[at % 4] ?? new Span(), `k${at % 4}`))));
    await eventually(() => all.every(({ read }) => read.length === 1)).toBe(true);
    const slow = all.filter((_, at) => at % 3 === 0);
    for (const { socket } of slow) socket.pause();
    for (let at = 0; at < 120; at += 1) {
      await feed.announce();
      if (at % 10 === 0) await eventually(() => hub.state.working, { interval: 1 }).toBe(0);
    }
    await eventually(() => hub.state.lagging, { timeout: 60_000 }).toBe(slow.length);
    for (const { socket } of slow) socket.resume();
    await expect
      .poll(() => all.every((each) => each.read.at(-1)?.payload?.data.to === 121), { timeout: 60_000 })
      .toBe(true);
    expect(hub.state).toMatchObject({ members: 24, lagging: 0, groups: 4, cuts: 0 });
    for (const { read } of all) {
      for (const [at, { payload }] of read.entries()) {
        const before = read[at - 1]?.payload?.data.to ?? null;
        expect([null, before]).toContain(payload?.data.from);
        expect(payload?.data.to).toBeGreaterThan(before ?? 0);
      }
    }
    for (const { socket } of all) socket.close();
    await eventually(() => hub.state).toMatchObject({ members: 0, groups: 0, lagging: 0, working: 0 });
  });
});
