import { createGunzip, createInflateRaw } from 'node:zlib';
import { PlatformError } from '../../domain/errors.js';
import { syncFailure } from '../failure.js';
import { type DecodeBounds, requireBytes } from './bound.js';
import { describeBytes, isGzip } from './charset.js';

/**
 * Reads gzip data, all members of it.
 * @throws PlatformError SYNC_BOUND when it is larger than allowed; SYNC_PROTOCOL when it ends within a member (Node sees to that), is damaged, or has
 *   anything but zeros after the last member
 */
export async function gunzip(bytes: Uint8Array, bounds: DecodeBounds): Promise<Uint8Array> {
  if (!isGzip(bytes)) throw syncFailure('SYNC_PROTOCOL', `Expected gzip data, received ${describeBytes(bytes)}.`);
  return inflateStream(createGunzip(), bytes, bounds, 'gzip data');
}

/** Inflates one entry of a ZIP archive. */
export async function inflate(bytes: Uint8Array, bounds: DecodeBounds): Promise<Uint8Array> {
  return inflateStream(createInflateRaw(), bytes, bounds, 'an entry of a ZIP archive');
}

/** Stops at the bound: a body of 1 MB can hold 1 GB of zeros. */
async function inflateStream(
  stream: ReturnType<typeof createGunzip | typeof createInflateRaw>,
  bytes: Uint8Array,
  bounds: DecodeBounds,
  what: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  stream.end(bytes);
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) continue;
      size += chunk.length;
      requireBytes(size, bounds);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw syncFailure('SYNC_PROTOCOL', `Expected ${what}, received data that is cut off or damaged.`);
  }
  return Buffer.concat(chunks, size);
}
