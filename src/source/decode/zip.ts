import { crc32 } from 'node:zlib';
import iconv from 'iconv-lite';
import { syncFailure } from '../failure.js';
import { type DecodeBounds, requireBytes } from './bound.js';
import { describeBytes } from './charset.js';
import { inflate } from './inflate.js';
import { compilePatterns } from './pattern.js';

// Own code, for neither fflate nor the others compare checksums, stop at a bound before they allocate what the archive says, and leave the event loop
// free. Archives of several disks or of more than 65,534 entries and encrypted entries are refused.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const UNKNOWN_32 = 0xffff_ffff;
const MAX_ENTRIES = 10_000;

/** One file of an archive, as its directory has it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

/**
 * Reads the directory of a ZIP archive: files only, no folders.
 * @throws PlatformError SYNC_PROTOCOL when there is none, as in an archive that is cut off
 */
export function listZipEntries(archive: Uint8Array): readonly ZipEntry[] {
  const view = viewOf(archive);
  const end = findEnd(view);
  if (end < 0) {
    throw zipFailure(
      `received ${describeBytes(archive)} without a directory at its end: it is cut off or not a ZIP archive`,
    );
  }
  const count = view.getUint16(end + 10, true);
  if (count > MAX_ENTRIES) throw zipFailure(`received one with ${count} entries; at most ${MAX_ENTRIES} are read`);
  const entries: ZipEntry[] = [];
  let position = view.getUint32(end + 16, true);
  for (let at = 0; at < count; at += 1) {
    if (position + 46 > end || view.getUint32(position, true) !== ENTRY)
      throw zipFailure('received one with a damaged directory');
    const lengths = [28, 30, 32].map((offset) => view.getUint16(position + offset, true));
    const [nameLength = 0, extraLength = 0, commentLength = 0] = lengths;
    const next = position + 46 + nameLength + extraLength + commentLength;
    if (next > end) throw zipFailure('received one with a damaged directory');
    const entry = readEntry(archive, view, position, nameLength, extraLength);
    if (!entry.name.endsWith('/')) entries.push(entry);
    position = next;
  }
  return entries;
}

function readEntry(
  archive: Uint8Array,
  view: DataView,
  position: number,
  nameLength: number,
  extraLength: number,
): ZipEntry {
  const flags = view.getUint16(position + 8, true);
  const nameBytes = archive.subarray(position + 46, position + 46 + nameLength);
  // Bit 11 says UTF-8. Names are compared with a pattern and shown; nothing is ever written under them.
  const name = (flags & 0x800) !== 0 ? new TextDecoder().decode(nameBytes) : iconv.decode(nameBytes, 'cp437');
  const extra = viewOf(archive.subarray(position + 46 + nameLength, position + 46 + nameLength + extraLength));
  const small = [24, 20, 42].map((offset) => view.getUint32(position + offset, true));
  const [bytes = 0, packedBytes = 0, offset = 0] = withLongNumbers(small, extra);
  return {
    name,
    method: view.getUint16(position + 10, true),
    isEncrypted: (flags & 1) !== 0,
    crc: view.getUint32(position + 16, true),
    packedBytes,
    bytes,
    offset,
  };
}

/** ZIP64 keeps the numbers that do not fit (or that a streaming writer did not dare to fit) in extra field 1, in their order. */
function withLongNumbers(small: readonly number[], extra: DataView): readonly number[] {
  if (!small.includes(UNKNOWN_32)) return small;
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    let position = at + 4;
    return small.map((number) => {
      if (number !== UNKNOWN_32 || position + 8 > extra.byteLength) return number;
      position += 8;
      return Number(extra.getBigUint64(position - 8, true));
    });
  }
  return small;
}

/** Position of the record at the end of the archive, behind which only a comment may stand; -1 when there is none. */
function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT_BYTES; at -= 1) {
    if (view.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return -1;
}

/**
 * Reads one entry within the bounds.
 * @throws PlatformError SYNC_BOUND when it is larger than allowed; SYNC_PROTOCOL when it is damaged, encrypted or packed in an unknown way
 */
export async function extractZipEntry(archive: Uint8Array, entry: ZipEntry, bounds: DecodeBounds): Promise<Uint8Array> {
  requireBytes(entry.bytes, bounds);
  const view = viewOf(archive);
  const { offset, name, method } = entry;
  if (entry.isEncrypted) throw zipFailure(`the entry "${name}" is encrypted`);
  if (offset + 30 > archive.length || view.getUint32(offset, true) !== LOCAL)
    throw zipFailure(`the entry "${name}" is not where the directory says`);
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + entry.packedBytes > archive.length) throw zipFailure(`the entry "${name}" is cut off`);
  const packed = archive.subarray(start, start + entry.packedBytes);
  if (method !== 0 && method !== 8)
    throw zipFailure(`the entry "${name}" is packed by method ${method}; only deflate and none are read`);
  const plain = method === 0 ? packed : await inflate(packed, bounds);
  if (plain.length !== entry.bytes || crc32(plain) !== entry.crc)
    throw zipFailure(`the entry "${name}" does not have the length and checksum of the directory`);
  return plain;
}

/**
 * Reads the one entry whose name fits.
 * @param pattern of the name; without it the archive must have one file
 * @throws PlatformError SYNC_PROTOCOL when none or several fit: which one is meant is never guessed
 */
export async function readZipEntry(
  archive: Uint8Array,
  pattern: string | undefined,
  bounds: DecodeBounds,
): Promise<Uint8Array> {
  const entries = listZipEntries(archive);
  const fits = pattern === undefined ? () => true : compilePatterns(pattern);
  const [entry, second] = entries.filter(({ name }) => fits(name));
  if (entry === undefined || second !== undefined) {
    const names = entries.slice(0, 10).map(({ name }) => `"${name.slice(0, 80)}"`);
    const wanted =
      pattern === undefined
        ? 'exactly one file (or a zipEntry that names one)'
        : `exactly one entry that fits "${pattern}"`;
    throw zipFailure(`expected ${wanted} among ${entries.length}: ${names.join(', ')}`);
  }
  return extractZipEntry(archive, entry, bounds);
}

function zipFailure(what: string): Error {
  return syncFailure('SYNC_PROTOCOL', `Expected a ZIP archive that can be read: ${what}.`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
