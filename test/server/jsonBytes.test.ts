import { describe, expect, it } from 'vitest';
import { JsonBytes } from '../../src/server/jsonBytes.js';

/** Numbers that are the same each time. */
function* randoms(count: number): Generator<number> {
  let state = 1;
  for (let at = 0; at < count; at += 1) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

describe('JsonBytes', () => {
  it('writes numbers as JavaScript does, digit by digit or not', () => {
    const out = new JsonBytes();
    const write = (value: number): string => {
      out.putNumber(value);
      return out.take(0).toString();
    };
    const odd = [0, -0, 1, -1, 0.1, -0.5, 1e-6, 9.99e-7, 1e-7, 1e-12, 5e-324, 1e9, 1e9 - 1, 1e9 - 0.5, 1e21];
    const long = [999.999999999999, 1000.000000000001, 0.1 + 0.2, 2 ** 31, -(2 ** 31), Number.MAX_VALUE, Math.PI];
    for (const value of [...odd, ...long]) expect(write(value)).toBe(String(value));
    for (const x of randoms(5000)) {
      const scales = [Math.round(x * 1e12) / 1e12, Math.round(x * 1e15) / 1e12, Math.round(x * 1e7) / 1e12];
      const others = [x, x * 1e-5, -Math.round(x * 1e6) / 1e4, Math.floor(x * 4e9) - 2e9];
      for (const value of [...scales, ...others]) if (write(value) !== String(value)) expect(write(value)).toBe(value);
    }
  });

  it('writes texts as JSON does, whatever is in them', () => {
    const out = new JsonBytes();
    const parts = [
      '',
      'a',
      'Đắk Lắk',
      '"',
      '\\',
      '\n',
      '\u0000',
      '\u007f',
      '\u2028',
      '😀',
      '\ud83d',
      '€',
      'x'.repeat(70),
    ];
    for (const one of parts) {
      for (const other of parts) {
        out.putString(one + other);
        expect(out.take(0).toString()).toBe(JSON.stringify(one + other));
      }
    }
  });

  it('has room for answers of any length, and keeps what was there before', () => {
    const out = new JsonBytes();
    out.putByte(0x5b);
    const from = out.length;
    for (let at = 0; at < 50_000; at += 1) {
      out.putString('đ'.repeat(60));
      out.putBytes(Buffer.from(','));
    }
    out.putText('ộ'.repeat(300_000));
    expect(out.take(from).toString()).toBe(`"${'đ'.repeat(60)}",`.repeat(50_000) + 'ộ'.repeat(300_000));
    out.putByte(0x5d);
    expect(out.take(0).toString()).toBe('[]');
  });
});
