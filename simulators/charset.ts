import iconv from 'iconv-lite';

/** Grave, acute, tilde, hook above, dot below: windows-1258 has them as characters of their own. */
const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;

/** Writes text in windows-1258: letters with their circumflex, breve or horn, and then the tone. */
export function encodeWindows1258(text: string): Buffer {
  const split = [...text.normalize('NFC')].map((character) => {
    // Some letters with a tone are in the charset as they are.
    if (iconv.decode(iconv.encode(character, 'windows-1258'), 'windows-1258') === character) return character;
    const parts = character.normalize('NFD');
    return parts.replace(TONES, '').normalize('NFC') + (parts.match(TONES)?.join('') ?? '');
  });
  return iconv.encode(split.join(''), 'windows-1258');
}

/** Writes text in UTF-16, little endian, with its byte order mark, as spreadsheets call "Unicode text". */
export function encodeUtf16(text: string): Buffer {
  return Buffer.from(`\uFEFF${text}`, 'utf16le');
}
