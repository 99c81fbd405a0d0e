import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SnapshotColumns } from '../../src/domain/snapshot.js';
import { decodeColumns, decodeSteps, encodeColumns } from '../../src/snapshot/encode.js';
import { makeColumns, snapshots } from './columnsFixture.js';

const columns = makeColumns(
  [
    { id: 70, values: [0.1], ranks: [2] },
    { id: 74, group: 2, values: [null], ranks: [0] },
  ],
  1,
);

/** The same columns in layout 1. */
const FIRST_LAYOUT =
  'RFRJUwEAAAACAAAAAQAAAEYAAABKAAAAAQAAAAIAAABlAAAAAAAAAAAAJECamZmZmZm5PwAAAAAAAPh/AAAAAAAA8D8AAAAAAAD4fwAAAAAAAPA/' +
  'AAAAAAAAAAAAAAAAAAD4fwAAAAAAAOA/AAAAAAAAcEIAAAAAAAAAAAIAAAAAAAAAM3jaTO8xC2h0lXVNAy1v3gP50xH+0buIG6kZvd130Ek=';

describe('encodeColumns', () => {
  it('writes magic, layout and counts first, little-endian', () => {
    expect([...encodeColumns(columns).subarray(0, 24)]).toEqual([
      0x44, 0x54, 0x49, 0x53, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 70, 0, 0, 0, 74, 0, 0, 0,
    ]);
  });

  it('takes 44 bytes per cell and little more', () => {
    const rows = Array.from({ length: 63 }, (_, id) => ({ id, values: [], ranks: [] }));
    expect(encodeColumns(makeColumns(rows, 111)).length).toBe(63 * 111 * 44 + 63 * 8 + 111 * 12 + 48);
  });

  it('gives equal columns equal bytes, whatever NaN they hold', () => {
    const other = new Float64Array(columns.value);
    new DataView(other.buffer).setBigUint64(8, 0xfff8000000000001n, true);
    expect(other).toEqual(columns.value);
    expect(encodeColumns({ ...columns, value: other })).toEqual(encodeColumns(columns));
  });
});

describe('decodeColumns', () => {
  it('gives back what was packed, for any columns', () => {
    fc.assert(
      fc.property(snapshots, (any) => {
        expect(decodeColumns(encodeColumns(any))).toEqual(any);
      }),
    );
  });

  it('reads a slice that begins at an odd byte, as drivers give it', () => {
    const bytes = encodeColumns(columns);
    const padded = Buffer.alloc(bytes.length + 10, 7);
    padded.set(bytes, 3);
    expect(decodeColumns(padded.subarray(3, 3 + bytes.length))).toEqual(columns);
  });

  it('reads what the first layout packed', () => {
    const packed = Buffer.from(FIRST_LAYOUT, 'base64');
    expect(decodeColumns(packed)).toEqual(columns);
  });

  it('takes a step for each large column, and one for small snapshots', () => {
    const stepsOf = (bytes: Uint8Array): { count: number; decoded: SnapshotColumns } => {
      const steps = decodeSteps(bytes);
      for (let count = 1, step = steps.next(); ; count += 1, step = steps.next()) {
        if (step.done) return { count, decoded: step.value };
      }
    };
    expect(stepsOf(encodeColumns(columns))).toEqual({ count: 1, decoded: columns });
    const cells = 400_000;
    const names = ['value', 'points', 'coverage', 'automaticShare', 'observationId'] as const;
    const large: SnapshotColumns = {
      entityIds: Int32Array.of(1),
      groupOf: Int32Array.of(1),
      measureIds: new Int32Array(cells),
      maxPoints: new Float64Array(cells),
      ...(Object.fromEntries(names.map((name) => [name, new Float64Array(cells).fill(0.5)])) as Record<
        (typeof names)[number],
        Float64Array
      >),
      rank: new Int32Array(cells).fill(7),
    };
    const { count, decoded } = stepsOf(encodeColumns(large));
    expect(decoded).toEqual(large);
    // Eight columns of more than a megabyte; the digest is over 22.
    expect(count).toBe(1 + 8 + 5);
  });

  it('does not share memory with the bytes', () => {
    const bytes = encodeColumns(columns);
    const decoded = decodeColumns(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(columns);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['another kind of file', () => new TextEncoder().encode('{"entityIds":[1,2,3],"groupOf":[1,1,1]}')],
    ['another layout', (bytes) => bytes.with(4, 3)],
    ['a byte too few', (bytes) => bytes.slice(0, -1)],
    ['a byte too many', (bytes) => Uint8Array.of(...bytes, 0)],
    ['counts that do not fit the length', (bytes) => bytes.with(8, 3)],
    ['counts beyond all memory', (bytes) => bytes.with(11, 255).with(15, 255)],
  ])('refuses %s', (_, damage) => {
    const damaged = damage(encodeColumns(columns));
    expect(() => decodeColumns(damaged)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_CORRUPT' }));
  });

  it('notices any single changed bit', () => {
    const bytes = encodeColumns(columns);
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const at = bit >> 3;
        const damaged = bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)));
        expect(() => decodeColumns(damaged)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_CORRUPT' }));
      }),
    );
  });
});
