import { type DecodeBounds, requireBytes } from './bound.js';
import { isGzip, isZip } from './charset.js';
import { gunzip } from './inflate.js';
import { readZipEntry } from './zip.js';

/** How a body is compressed, as {@link formatSchema} says it. */
export interface CompressionSpec {
  readonly type: string;
  readonly compression: 'auto' | 'none' | 'gzip' | 'zip';
  readonly zipEntry?: string | undefined;
}

/**
 * Decompresses a body within its bounds: what is beyond them is never in memory.
 * @throws PlatformError SYNC_BOUND when it is larger; SYNC_PROTOCOL when it is cut off, damaged or not compressed that way
 */
export async function decompress(bytes: Uint8Array, spec: CompressionSpec, bounds: DecodeBounds): Promise<Uint8Array> {
  const plain = await unpack(bytes, spec, bounds);
  requireBytes(plain.length, bounds);
  return plain;
}

async function unpack(bytes: Uint8Array, spec: CompressionSpec, bounds: DecodeBounds): Promise<Uint8Array> {
  const { compression } = spec;
  if (compression === 'gzip' || (compression === 'auto' && isGzip(bytes))) return gunzip(bytes, bounds);
  if (compression === 'zip' || (compression === 'auto' && isZip(bytes) && spec.type !== 'xlsx')) {
    return readZipEntry(bytes, spec.zipEntry, bounds);
  }
  return bytes;
}
