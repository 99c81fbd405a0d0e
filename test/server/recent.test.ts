import { expect, it } from 'vitest';
import { RecentMap } from '../../src/server/recent.js';

it('RecentMap forgets the entry that was not used for the longest time', () => {
  const map = new RecentMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
});

it('RecentMap never has more entries than its capacity, also when one key is set again and again', () => {
  const map = new RecentMap<number>(3);
  for (let at = 0; at < 100; at += 1) {
    map.set(String(at % 7), at);
    expect(map.size).toBeLessThanOrEqual(3);
  }
  map.set('again', 1);
  map.set('again', 2);
  expect([map.size, map.get('again')]).toEqual([3, 2]);
});

it('RecentMap keeps no more than its capacity by the weight of its entries, and nothing that is heavier than that', () => {
  const map = new RecentMap<string>(10, (value) => value.length);
  map.set('a', 'four');
  map.set('b', 'four');
  expect([map.size, map.weight]).toEqual([2, 8]);
  map.set('c', 'six ch');
  expect([map.get('a'), map.get('b'), map.get('c'), map.weight]).toEqual([undefined, 'four', 'six ch', 10]);
  map.set('b', 'longer than all');
  expect([map.size, map.weight, map.get('b')]).toEqual([1, 6, undefined]);
});
