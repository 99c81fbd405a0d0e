import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { CHARSETS, decodeText } from '../../../src/source/decode/charset.js';
import { failure, rowsOf } from './body.js';

const CSV = 'Mã tỉnh;Giá trị\n01;"Thành phố Hà Nội"\n';

/** As windows-1258 has them: a letter with its hat, then its tone. */
function withTonesApart(text: string): string {
  const tone = /[\u0300\u0301\u0303\u0309\u0323]/g;
  const apart = [...text.normalize('NFC')].map((letter) => {
    const parts = letter.normalize('NFD');
    return parts.replace(tone, '').normalize('NFC') + (parts.match(tone) ?? []).join('');
  });
  return apart.join('');
}

describe('decodeText', () => {
  it.each(['utf-8', 'utf-16le', 'utf-16be'] as const)('reads %s with and without its mark', (charset) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\0') && !text.startsWith('\uFEFF'));
        for (const addBOM of [true, false])
          expect(decodeText(iconv.encode(text, charset, { addBOM }), charset)).toBe(text);
      }),
    );
  });

  it('trusts the mark more than the manifest', () => {
    expect(decodeText(iconv.encode('Đà Nẵng', 'utf-16le', { addBOM: true }), 'utf-8')).toBe('Đà Nẵng');
    expect(decodeText(iconv.encode('Đà Nẵng', 'utf-8', { addBOM: true }), 'windows-1258')).toBe('Đà Nẵng');
  });

  it('reads Vietnamese in windows-1258, whose tones are characters of their own, and does not compose them', () => {
    const bytes = Uint8Array.of(0x48, 0xe0, 0x20, 0x4e, 0xf4, 0xf2, 0x69, 0x20, 0xd0, 0xe2, 0xec);
    const text = decodeText(bytes, 'windows-1258');
    expect(text).toBe('Hà Nô\u0323i Đâ\u0301');
    expect(text.normalize('NFC')).toBe('Hà Nội Đấ');
  });

  it.each([
    ['utf-8', Uint8Array.of(0x48, 0xc3, 0x28)],
    ['utf-8', Uint8Array.of(0xc3)],
    ['utf-16le', Uint8Array.of(0x48, 0x00, 0x49)],
    ['utf-16le', Uint8Array.of(0x00, 0xd8, 0x41, 0x00)],
    ['windows-1258', Uint8Array.of(0x48, 0x8a)],
    ['utf-8', Uint8Array.of(0x48, 0, 0x49, 0)],
  ] as const)('refuses what %s does not have: %j', (charset, bytes) => {
    expect(() => decodeText(bytes, charset)).toThrow(expect.objectContaining({ code: 'SYNC_PROTOCOL' }));
  });

  it('fails with a PlatformError or gives text, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(...CHARSETS), (bytes, charset) => {
        try {
          expect(decodeText(bytes, charset)).not.toContain('\0');
        } catch (error) {
          expect(error).toEqual(failure('SYNC_PROTOCOL'));
        }
      }),
    );
  });
});

describe('a table in windows-1258', () => {
  it('has names of columns as a manifest spells them, and cells as they came', async () => {
    const bytes = iconv.encode(withTonesApart(CSV), 'windows-1258');
    expect(bytes.includes('?')).toBe(false);
    const rows = await rowsOf({ type: 'csv', charset: 'windows-1258', delimiter: ';' }, bytes);
    expect(rows.map((row) => Object.keys(row))).toEqual([['Mã tỉnh', 'Giá trị']]);
    const name = String(rows[0]?.['Giá trị']);
    expect(name.normalize('NFC')).toBe('Thành phố Hà Nội');
    expect(name).not.toBe('Thành phố Hà Nội');
  });
});
