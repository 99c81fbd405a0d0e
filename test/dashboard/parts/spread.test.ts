import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spread } from '../../../src/dashboard/parts/spread.js';

/** What floating point may lose. */
const TINY = 1e-6;

describe('spread', () => {
  const labels = fc.array(
    fc.tuple(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.double({ min: 0, max: 50, noNaN: true })),
    {
      maxLength: 30,
    },
  );
  const inOrder = (places: readonly number[]) =>
    places.map((_place, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));

  it('lays no label on another and moves none before its place, in the order of the places', () => {
    fc.assert(
      fc.property(labels, (given) => {
        const places = given.map(([place]) => place);
        const rooms = given.map(([, room]) => room);
        const found = spread(places, rooms);
        expect(found).toHaveLength(places.length);
        let end = Number.NEGATIVE_INFINITY;
        for (const index of inOrder(places)) {
          const [place = 0, room = 0, belongs = 0] = [found[index], rooms[index], places[index]];
          expect(place).toBeGreaterThanOrEqual(belongs);
          expect(place - room / 2).toBeGreaterThanOrEqual(end - TINY);
          // Only who has to moves, and no further than just after the one before.
          expect(Math.abs(place - Math.max(belongs, end + room / 2))).toBeLessThan(TINY);
          end = place + room / 2;
        }
      }),
    );
  });

  it('leaves what has room where it is', () => {
    expect(spread([30, 10, 20], [10, 10, 10])).toEqual([30, 10, 20]);
    expect(spread([10, 10, 10], [4, 6, 2])).toEqual([10, 15, 19]);
    expect(spread([], [])).toEqual([]);
  });
});
