import { describe, expect, it } from 'vitest';
import { Allowance } from '../../src/server/allowance.js';

describe('an allowance', () => {
  it('is taken, given back once, and forgotten with the last', () => {
    const allowance = new Allowance(2, 9);
    const [one, two] = [allowance.take('192.0.2.1'), allowance.take('192.0.2.1')];
    expect(allowance.take('192.0.2.1')).toBeNull();
    expect(allowance.take('192.0.2.2')).not.toBeNull();
    one?.();
    one?.();
    expect(allowance.take('192.0.2.1')).not.toBeNull();
    expect(allowance.take('192.0.2.1')).toBeNull();
    two?.();
    expect(allowance.clients).toBe(2);
  });

  it('counts by subject where that is known', () => {
    const allowance = new Allowance(1, 9);
    expect(allowance.take('192.0.2.1', 'anna')).not.toBeNull();
    expect(allowance.take('192.0.2.2', 'anna')).toBeNull();
    expect(allowance.take('192.0.2.1', 'binh')).not.toBeNull();
  });

  it.each([
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
  ])('spares this machine unless somebody said a number: %s', (address) => {
    const byDefault = new Allowance(null, 1);
    expect([byDefault.take(address), byDefault.take(address)]).not.toContain(null);
    const said = new Allowance(1, 9);
    expect([said.take(address), said.take(address)].at(-1)).toBeNull();
  });

  it('is the default for everybody else', () => {
    const allowance = new Allowance(null, 1);
    expect([allowance.take('192.0.2.1'), allowance.take('192.0.2.1')].at(-1)).toBeNull();
  });
});
