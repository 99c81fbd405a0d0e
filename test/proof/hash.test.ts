import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Bytes, sha256Hex, sha256HexOfLines } from '../../src/proof/hash.js';

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('sha256', () => {
  it('gives the digest of the standard for "abc", from text and bytes', () => {
    const bytes = new TextEncoder().encode('abc');
    expect(sha256Hex('abc')).toBe(ABC);
    expect(sha256Hex(bytes)).toBe(ABC);
    expect(Buffer.from(sha256Bytes(bytes)).toString('hex')).toBe(ABC);
  });

  it('reads text as UTF-8', () => {
    expect(sha256Hex('Thừa Thiên Huế')).toBe(sha256Hex(new TextEncoder().encode('Thừa Thiên Huế')));
  });

  it('hashes lines as their joined text, however long they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20_000 }), { maxLength: 8 }), (lines) => {
        expect(sha256HexOfLines(lines)).toBe(sha256Hex(lines.map((line) => `${line}\n`).join('')));
      }),
    );
  });
});
