import { describe, expect, it } from 'vitest';
import { clientOf, isLoopback, Throttle } from '../../src/access/throttle.js';

describe('a throttle', () => {
  it('lets a key do something so many times at once, and again as the minute goes by', () => {
    let now = 0;
    const throttle = new Throttle({ perMinute: 6, now: () => now });
    expect(Array.from({ length: 7 }, () => throttle.take('a'))).toEqual([0, 0, 0, 0, 0, 0, 10]);
    expect(throttle.take('b')).toBe(0);
    now = 9_000;
    expect(throttle.wait('a')).toBe(1);
    now = 10_000;
    expect([throttle.wait('a'), throttle.take('a'), throttle.take('a')]).toEqual([0, 0, 10]);
    now = 3_600_000;
    expect(Array.from({ length: 7 }, () => throttle.take('a')).filter((wait) => wait === 0)).toHaveLength(6);
  });

  it('keeps refusing who goes on asking, without adding to the wait', () => {
    let now = 0;
    const throttle = new Throttle({ perMinute: 60, now: () => now });
    for (let at = 0; at < 1000; at += 1) throttle.take('a');
    expect(throttle.wait('a')).toBe(1);
    now = 1000;
    expect(throttle.take('a')).toBe(0);
  });

  it('remembers a bounded number of keys, those that were used last', () => {
    const throttle = new Throttle({ perMinute: 1, capacity: 100, now: () => 0 });
    for (let at = 0; at < 10_000; at += 1) throttle.take(String(at));
    expect(throttle.size).toBe(100);
    expect([throttle.wait('9999'), throttle.wait('0')]).toEqual([60, 0]);
  });
});

describe('the client of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['unknown', 'unknown'],
  ])('of %s is %s', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});

it('isLoopback knows this machine, in every notation', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].map(isLoopback)).toEqual([true, true, true, true]);
  expect(['10.0.0.1', '0.0.0.0', '2001:db8::1', '', 'localhost'].map(isLoopback)).toEqual(Array(5).fill(false));
});
