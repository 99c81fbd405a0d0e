import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTimeZone, openTimeZone } from '../../../src/source/map/timeZone.js';

describe('a time zone', () => {
  it('is known by its IANA name', () => {
    expect(['Asia/Ho_Chi_Minh', 'UTC', 'Europe/Berlin'].every(isTimeZone)).toBe(true);
    expect(['', 'Asia/Hanoi', 'GMT+7 Hanoi'].some(isTimeZone)).toBe(false);
  });

  it.each([
    ['Asia/Ho_Chi_Minh', '2024-12-31T16:30:00.250Z', '2024-12-31T23:30:00.250Z'],
    ['Asia/Ho_Chi_Minh', '2024-12-31T17:00:00.000Z', '2025-01-01T00:00:00.000Z'],
    ['America/New_York', '2024-07-01T03:59:59.000Z', '2024-06-30T23:59:59.000Z'],
    ['UTC', '1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ])('in %s shows %s as %s', (name, instant, wall) => {
    const zone = openTimeZone(name);
    expect(new Date(zone.localOf(Date.parse(instant))).toISOString()).toBe(wall);
    expect(new Date(zone.instantOf(Date.parse(wall))).toISOString()).toBe(instant);
  });

  it.each([
    ['before the change', '2024-03-31T01:59:00Z', '2024-03-31T00:59:00.000Z'],
    ['left out by spring', '2024-03-31T02:30:00Z', '2024-03-31T01:30:00.000Z'],
    ['after the change', '2024-03-31T03:00:00Z', '2024-03-31T01:00:00.000Z'],
    ['later that day', '2024-03-31T20:00:00Z', '2024-03-31T18:00:00.000Z'],
    ['twice in autumn', '2024-10-27T02:30:00Z', '2024-10-27T00:30:00.000Z'],
    ['after autumn', '2024-10-27T03:00:00Z', '2024-10-27T02:00:00.000Z'],
  ])('finds the instant of a wall time %s', (_what, wall, instant) => {
    expect(new Date(openTimeZone('Europe/Berlin').instantOf(Date.parse(wall))).toISOString()).toBe(instant);
  });

  it('shows what the runtime shows, also on days with a change', () => {
    const names = fc.constantFrom('Asia/Ho_Chi_Minh', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Monrovia');
    const aroundChanges = fc
      .tuple(
        fc.constantFrom('2024-03-31T01:00Z', '2024-10-27T01:00Z', '2024-04-06T15:00Z', '1972-01-07T00:44Z'),
        fc.integer({ min: -1e8, max: 1e8 }),
      )
      .map(([change, ms]) => Date.parse(change) + ms);
    fc.assert(
      fc.property(
        names,
        fc.oneof(aroundChanges, fc.integer({ min: Date.UTC(1945), max: Date.UTC(2199) })),
        (name, instant) => {
          const shown = new Date(instant).toLocaleString('sv-SE', { timeZone: name });
          const wall = new Date(openTimeZone(name).localOf(instant)).toISOString();
          expect(wall.replace('T', ' ').slice(0, 19)).toBe(shown);
        },
      ),
    );
  });

  it('leads back to every wall time that it shows', () => {
    const zone = openTimeZone('America/Sao_Paulo');
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1950), max: Date.UTC(2100) }), (instant) => {
        expect(zone.localOf(zone.instantOf(zone.localOf(instant)))).toBe(zone.localOf(instant));
      }),
    );
  });
});
