import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** A file of at most this many bytes is made before it is sent: it has a length and a name of its bytes, and failures have a status. */
const WHOLE_BYTES = 2 * 1024 * 1024;
/** Bytes that are handed to the socket at a time. */
const PIECE_BYTES = 64 * 1024;

/** The beginning of a file, and the rest of it as it is made. */
export interface FileStart {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  /** There is no rest. */
  readonly isWhole: boolean;
}

/** Pieces of bytes that are large enough to be sent. */
export async function* toBytes(
  pieces: AsyncIterable<Uint8Array | string> | Iterable<string>,
): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    waiting.push(bytes);
    length += bytes.length;
    if (length >= PIECE_BYTES) {
      yield Buffer.concat(waiting);
      waiting = [];
      length = 0;
    }
  }
  yield Buffer.concat(waiting);
}

/** The same bytes in pieces of at most 64 kB, by which it is counted what a client has taken. */
export async function* inPieces(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += PIECE_BYTES) yield piece.subarray(at, at + PIECE_BYTES);
  }
}

/** The beginning of a file, or all of it when it is small. */
export async function takeStart(bytes: AsyncGenerator<Uint8Array>): Promise<FileStart> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length <= WHOLE_BYTES) {
    const { done, value } = await bytes.next();
    if (done === true) return { pieces, length, isWhole: true };
    pieces.push(value);
    length += value.length;
  }
  return { pieces, length, isWhole: false };
}

/** Names a file for `ETag`: by all of its bytes, or weakly by its beginning and the address of the state that the rest is read from. */
export function nameFile({ pieces, isWhole }: FileStart, address: string): string {
  const hash = createHash('sha256').update(isWhole ? '' : address);
  for (const piece of pieces) hash.update(piece);
  return `${isWhole ? '' : 'W/'}"${hash.digest('base64url').slice(0, 27)}"`;
}
