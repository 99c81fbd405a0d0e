import iconv from 'iconv-lite';
import { syncFailure } from '../failure.js';

/** Charsets of texts. Those of one byte are in use in Vietnam, or in exports of old systems. */
export const CHARSETS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1258',
  'windows-1252',
  'iso-8859-1',
  'iso-8859-15',
  'tcvn',
] as const;

/** One of {@link CHARSETS}. */
export type Charset = (typeof CHARSETS)[number];

const MARKS: readonly { readonly charset: 'utf-8' | 'utf-16le' | 'utf-16be'; readonly bytes: readonly number[] }[] = [
  { charset: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { charset: 'utf-16le', bytes: [0xff, 0xfe] },
  { charset: 'utf-16be', bytes: [0xfe, 0xff] },
];

/**
 * Reads bytes as text, without the byte order mark. The text is not normalised: windows-1258 gives tones as characters of their own.
 * @param charset what the manifest says; a byte order mark wins, for nothing else begins like one
 * @throws PlatformError SYNC_PROTOCOL when a byte has no meaning in the charset, or the text has NUL characters, as binary data has
 */
export function decodeText(bytes: Uint8Array, charset: Charset): string {
  const marked = MARKS.find((mark) => mark.bytes.every((byte, at) => bytes[at] === byte))?.charset ?? charset;
  const text = decode(bytes, marked);
  if (text === null) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected text in ${marked}, received ${describeBytes(bytes)}. Set charset or compression of the format.`,
    );
  }
  if (text.includes('\0')) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected text in ${marked}, received text with NUL characters (${describeBytes(bytes)}). Is it binary, or UTF-16?`,
    );
  }
  return text;
}

function decode(bytes: Uint8Array, charset: Charset): string | null {
  if (charset === 'utf-8' || charset === 'utf-16le' || charset === 'utf-16be') {
    try {
      return new TextDecoder(charset, { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  }
  const text = iconv.decode(bytes, charset);
  // iconv-lite writes this character for bytes that the charset does not have, and none of these charsets has the character itself.
  return text.includes('\uFFFD') ? null : text;
}

/** Says what bytes look like, for messages: `gzip data`, `bytes c3 28 …`. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty body';
  if (isGzip(bytes)) return 'gzip data';
  if (isZip(bytes)) return 'a ZIP archive';
  return `bytes ${Buffer.from(bytes.subarray(0, 16))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ')}${bytes.length > 16 ? ' …' : ''}`;
}

/** True when the bytes begin like gzip with deflate. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/** True when the bytes begin like a ZIP archive with an entry, or an empty one. */
export function isZip(bytes: Uint8Array): boolean {
  return (
    bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6))
  );
}
